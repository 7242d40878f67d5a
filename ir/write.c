/* ir/write.c: the complete textual form, as docs/ir.md describes it. read.c reads it back.
 *
 *     (sym x loop i32)
 *     (sym out buffer u16)
 *     $1 = (* x 2:i32)
 *     (for sym=x 0:i32 10:i32
 *       (store sym=out (cast i64 $1) (cast u16 (+ $1 $1)) 1:bool))
 *
 * Symbols are declared in order of appearance; an expression with operands that is used more than
 * once is written once, as $n; so are the pieces of a very deep one.
 */
#include "names.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct writer {
    cb_context *ctx;
    text *t;     /* what is being written */
    text syms;   /* declarations */
    ir_names names;
    map uses;    /* expression with operands -> how often it is an operand (or the root) */
    map number;  /* shared expression -> n of $n */
    vec(const ir *) shared; /* in order of definition */
    int depth;
} writer;

/* ---- symbols --------------------------------------------------------------------------------- */

static bool is_plain_name(const char *s)
{
    if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || *s == '_'))
        return false;
    for (; *s; s++)
        if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') ||
              *s == '_' || *s == '.'))
            return false;
    return true;
}

static void put_name(text *t, const char *name)
{
    if (is_plain_name(name)) {
        text_put(t, name);
    } else {
        text_put(t, "@");
        ir_put_quoted(t, name);
    }
}

static void declare(void *env, ir_sym s, const char *name)
{
    writer *W = env;
    ir_symbol *y = ir_symbol_of(W->ctx, s);
    char type[16];
    text_put(&W->syms, "(sym ");
    put_name(&W->syms, name);
    text_printf(&W->syms, " %s %s", ir_sym_kind_words[y->kind], type_name(y->type, type));
    if (strcmp(name, y->name) != 0) {
        text_put(&W->syms, " ");
        ir_put_quoted(&W->syms, y->name);
    }
    text_put(&W->syms, ")\n");
}

static void put_sym(writer *W, ir_sym s) { put_name(W->t, ir_name_for(&W->names, s)); }

static void put_type(writer *W, cb_type t)
{
    char type[16];
    text_put(W->t, type_name(t, type));
}

/* ---- expressions ----------------------------------------------------------------------------- */

static void put_node(writer *W, const ir *n, int level);

static void put_float(text *t, double v)
{
    if (isnan(v))
        text_put(t, "+nan");
    else if (isinf(v))
        text_put(t, v < 0 ? "-inf" : "+inf");
    else
        text_printf(t, "%.17g", v);
}

static void put_leaf(writer *W, const ir *n)
{
    text *t = W->t;
    switch ((int)n->op) {
    case IR_INT:
        ir_put_int(t, n->type, n->u.i);
        text_put(t, ":");
        put_type(W, n->type);
        return;
    case IR_FLOAT:
        put_float(t, n->u.f);
        text_put(t, ":");
        put_type(W, n->type);
        return;
    case IR_STRING: ir_put_quoted(t, n->u.s); return;
    case IR_VAR:
        put_sym(W, n->u.sym);
        if (!type_eq(n->type, ir_symbol_of(W->ctx, n->u.sym)->type)) {
            text_put(t, ":");
            put_type(W, n->type);
        }
        return;
    case IR_FIELD:
        text_put(t, "(field ");
        put_sym(W, n->u.ref.sym);
        text_printf(t, " %s %u)", ir_field_words[n->u.ref.index / 16], n->u.ref.index % 16);
        return;
    case IR_UNDEF:
        text_put(t, "(undef ");
        put_type(W, n->type);
        text_put(t, ")");
        return;
    case IR_POISON:
        text_put(t, "(poison");
        if (n->u.s) {
            text_put(t, " ");
            ir_put_quoted(t, n->u.s);
        }
        text_put(t, ")");
        return;
    default: return;
    }
}

/* What stands between the name of an operation and its operands. */
static void put_payload(writer *W, const ir *n)
{
    text *t = W->t;
    switch ((int)n->op) {
    case IR_CAST:
    case IR_REINTERPRET:
        text_put(t, " ");
        put_type(W, n->type);
        return;
    case IR_CALL:
    case IR_LOAD:
    case IR_IMPURE:
    case IR_C_CALL:
    case IR_QUERY:
        text_put(t, " ");
        put_type(W, n->type);
        text_put(t, " ");
        put_sym(W, n->u.ref.sym);
        text_printf(t, " %u", n->u.ref.index);
        return;
    case IR_RAMP:
    case IR_BROADCAST: text_printf(t, " %u", n->type.lanes / n->arg[0]->type.lanes); return;
    case IR_SHUFFLE:
        text_put(t, " [");
        for (unsigned i = 0; i < n->type.lanes; i++)
            text_printf(t, i ? " %d" : "%d", n->u.lanes[i]);
        text_put(t, "]");
        return;
    case IR_QUERY_DIM: text_printf(t, " %lld", (long long)n->u.i); return;
    case IR_REDUCE: text_printf(t, " %s %u", ir_ops[n->u.i].spelling, n->type.lanes); return;
    case IR_LET:
        text_put(t, " ");
        put_sym(W, n->u.sym);
        return;
    default: return;
    }
}

static bool is_leaf(const ir *n) { return ir_ops[n->op].cls == IRC_LEAF; }

static void put_expr_itself(writer *W, const ir *n)
{
    text_printf(W->t, "(%s", ir_ops[n->op].spelling);
    put_payload(W, n);
    for (uint32_t i = 0; i < n->nargs; i++) {
        text_put(W->t, " ");
        put_node(W, n->arg[i], 0);
    }
    text_put(W->t, ")");
}

static void put_expr(writer *W, const ir *n)
{
    uint64_t k;
    if (is_leaf(n))
        put_leaf(W, n);
    else if (map_get(&W->number, (uint64_t)(uintptr_t)n, &k))
        text_printf(W->t, "$%llu", (unsigned long long)k);
    else
        put_expr_itself(W, n);
}

/* ---- statements: every field of the payload that is set, by name ----------------------------- */

static void put_word(writer *W, const char *key, const char *const *words, int n)
{
    if (n)
        text_printf(W->t, " %s=%s", key, words[n]);
}

static void put_number(writer *W, const char *key, long long n)
{
    if (n)
        text_printf(W->t, " %s=%lld", key, n);
}

static void put_string(writer *W, const char *key, const char *s)
{
    if (!s)
        return;
    text_printf(W->t, " %s=", key);
    ir_put_quoted(W->t, s);
}

static void put_info(writer *W, const ir_info *info)
{
    if (info->sym) {
        text_put(W->t, " sym=");
        put_sym(W, info->sym);
    }
    put_word(W, "kind", ir_loop_words, (int)info->kind);
    put_word(W, "device", ir_device_words, (int)info->device);
    put_word(W, "partition", ir_partition_words, (int)info->partition);
    put_word(W, "memory", ir_memory_words, (int)info->memory);
    if (info->type.bits) {
        text_put(W->t, " type=");
        put_type(W, info->type);
    }
    put_number(W, "nvalues", info->nvalues);
    put_number(W, "rank", info->rank);
    put_number(W, "mem", info->mem);
    put_number(W, "index", info->index);
    put_number(W, "code", info->code);
    put_string(W, "text", info->text);
    put_string(W, "file", info->loc.file);
    put_number(W, "line", info->loc.line);
    put_number(W, "col", info->loc.col);
}

static void put_stmt(writer *W, const ir *n, int level)
{
    text_printf(W->t, "(%s", ir_ops[n->op].spelling);
    put_info(W, n->u.info);
    for (uint32_t i = 0; i < n->nargs; i++) {
        if (ir_is_stmt(n->arg[i])) {
            text_put(W->t, "\n");
            for (int k = 0; k <= level; k++)
                text_put(W->t, "  ");
        } else {
            text_put(W->t, " ");
        }
        put_node(W, n->arg[i], level + 1);
    }
    text_put(W->t, ")");
}

static void too_deep(writer *W)
{
    diag_error(&W->ctx->diags, DIAG_TOO_DEEP, (cb_loc){0},
               "loops and expressions are nested more than %d levels deep", W->ctx->depth_limit);
    guard_fail(&W->ctx->esc);
}

static void put_node(writer *W, const ir *n, int level)
{
    if (++W->depth > W->ctx->depth_limit)
        too_deep(W);
    if (ir_is_stmt(n))
        put_stmt(W, n, level);
    else
        put_expr(W, n);
    W->depth--;
}

/* ---- sharing --------------------------------------------------------------------------------- */

/* A step of the walk below: a node, and which of its operands comes next. */
typedef struct step {
    const ir *n;
    uint32_t next;
} step;

/* Is this the first time n is met? Counts its uses. */
static bool first_use(writer *W, const ir *n)
{
    uint64_t k = 0;
    if (ir_is_stmt(n))
        return true;
    if (is_leaf(n))
        return false;
    map_get(&W->uses, (uint64_t)(uintptr_t)n, &k);
    map_put(W->ctx->a, &W->uses, (uint64_t)(uintptr_t)n, k + 1);
    return k == 0;
}

/* Counts uses, and lists every expression with operands in W->shared, operands first. */
static void count_uses(writer *W, const ir *root)
{
    vec(step) stack = {0};
    if (first_use(W, root))
        vec_push(W->ctx->a, &stack, (step){root, 0});
    while (stack.n) {
        step *s = &stack.at[stack.n - 1];
        if (s->next < s->n->nargs) {
            const ir *arg = s->n->arg[s->next++];
            if (first_use(W, arg))
                vec_push(W->ctx->a, &stack, (step){arg, 0});
        } else {
            const ir *n = vec_pop(&stack).n;
            if (!ir_is_stmt(n))
                vec_push(W->ctx->a, &W->shared, n);
        }
    }
}

/* Keeps those used more than once, and numbers them. Long chains are cut into pieces the same way,
 * so that neither this file nor read.c descends far. */
static void number_shared(writer *W)
{
    enum { PIECE = 64 };
    uint32_t kept = 0;
    for (uint32_t i = 0; i < W->shared.n; i++) {
        const ir *n = W->shared.at[i];
        uint64_t k = 0;
        map_get(&W->uses, (uint64_t)(uintptr_t)n, &k);
        if (k < 2 && n->depth % PIECE != 0)
            continue;
        W->shared.at[kept++] = n;
        map_put(W->ctx->a, &W->number, (uint64_t)(uintptr_t)n, kept);
    }
    W->shared.n = kept;
}

void ir_write(cb_context *c, text *t, const ir *n)
{
    if (!n)
        return;
    writer W = {.ctx = c, .names = {.ctx = c, .fresh = declare}};
    text body;
    W.names.env = &W;
    text_init(&W.syms, c->a);
    text_init(&body, c->a);
    W.t = &body;
    count_uses(&W, n);
    number_shared(&W);
    for (uint32_t i = 0; i < W.shared.n; i++) {
        text_printf(&body, "$%u = ", i + 1);
        put_expr_itself(&W, W.shared.at[i]);
        text_put(&body, "\n");
    }
    put_node(&W, n, 0);
    text_put(&body, "\n");
    text_put(t, text_str(&W.syms));
    text_put(t, text_str(&body));
}
