/* ir/print.c: nodes as a person reads them.
 *
 *     (ADD (CALL in (SUB x 1) y) (INT 3))     in(x - 1, y) + 3
 *     (FOR y parallel 0 h ...)                parallel y in [0, h):
 *
 * Expressions print with C's precedence and the fewest parentheses. Sharing does not show here, so
 * the text of an expression is cut at a limit; ir_write (write.c) is the complete form.
 */
#include "names.h"

#include <string.h>

enum { LONGEST_EXPR = 20000 };

typedef struct printer {
    text *t;
    ir_names *names; /* NULL: symbols by their own names */
    cb_context *ctx;
    size_t limit; /* of t->n for the expression being printed */
} printer;

/* Precedence, C's: the higher binds tighter. */
enum {
    P_ANY, P_OROR, P_ANDAND, P_OR, P_XOR, P_AND, P_EQ, P_REL, P_SHIFT, P_ADD, P_MUL, P_UNARY,
    P_LEAF
};

static const char *name_of(printer *P, ir_sym s)
{
    return P->names ? ir_name_for(P->names, s) : ir_sym_name(P->ctx, s);
}

static int precedence(ir_op op)
{
    switch ((int)op) {
    case IR_OR: return P_OROR;
    case IR_AND: return P_ANDAND;
    case IR_BIT_OR: return P_OR;
    case IR_BIT_XOR: return P_XOR;
    case IR_BIT_AND: return P_AND;
    case IR_EQ:
    case IR_NE: return P_EQ;
    case IR_LT:
    case IR_LE: return P_REL;
    case IR_SHL:
    case IR_SHR: return P_SHIFT;
    case IR_ADD:
    case IR_SUB: return P_ADD;
    case IR_MUL:
    case IR_DIV:
    case IR_MOD: return P_MUL;
    case IR_NOT:
    case IR_BIT_NOT: return P_UNARY;
    default: return P_LEAF; /* printed as a call */
    }
}

static void put_expr(printer *P, const ir *n, int outer);

static void put_list(printer *P, const ir *const *args, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            text_put(P->t, ", ");
        put_expr(P, args[i], P_ANY);
    }
}

static void put_call(printer *P, const char *name, const ir *n)
{
    text_printf(P->t, "%s(", name);
    put_list(P, n->arg, n->nargs);
    text_put(P->t, ")");
}

static bool is_negative_constant(const ir *n)
{
    return (n->op == IR_INT && n->type.code == CB_INT && n->u.i < 0 && n->u.i != INT64_MIN) ||
           (n->op == IR_FLOAT && n->u.f < 0);
}

static void put_constant(printer *P, const ir *n, int64_t i, double f)
{
    if (n->op == IR_FLOAT)
        ir_put_float(P->t, n->type, f);
    else if (type_is_bool(n->type))
        text_put(P->t, i ? "true" : "false");
    else
        ir_put_int(P->t, n->type, i);
}

/* The operand of - ! ~: two signs in a row would run together. */
static void put_signed(printer *P, const ir *n)
{
    bool twice = is_negative_constant(n);
    text_put(P->t, twice ? "(" : "");
    put_expr(P, n, P_UNARY);
    text_put(P->t, twice ? ")" : "");
}

static void put_infix(printer *P, const ir *n, int outer)
{
    int p = precedence((ir_op)n->op);
    const char *open = p < outer ? "(" : "", *close = p < outer ? ")" : "";
    text_put(P->t, open);
    if (p == P_UNARY) {
        text_put(P->t, ir_ops[n->op].spelling);
        put_signed(P, n->arg[0]);
    } else if (n->op == IR_SUB && n->arg[0]->op == IR_INT && n->arg[0]->u.i == 0) {
        text_put(P->t, "-");
        put_signed(P, n->arg[1]);
    } else if (n->op == IR_ADD && is_negative_constant(n->arg[1])) {
        put_expr(P, n->arg[0], P_ADD); /* x + -1 */
        text_put(P->t, " - ");
        const ir *k = n->arg[1];
        ir_value v = value_of(k);
        put_constant(P, k, k->op == IR_INT ? -v.i : 0, k->op == IR_FLOAT ? -v.f : 0);
    } else {
        put_expr(P, n->arg[0], p);
        text_printf(P->t, p == P_MUL ? "%s" : " %s ", ir_ops[n->op].spelling);
        put_expr(P, n->arg[1], p + 1);
    }
    text_put(P->t, close);
}

static void put_field(printer *P, const ir *n)
{
    uint32_t f = n->u.ref.index / 16, d = n->u.ref.index % 16;
    text_printf(P->t, "%s.%s", name_of(P, n->u.ref.sym), f < FIELD_COUNT ? ir_field_words[f] : "?");
    if (f <= FIELD_STRIDE)
        text_printf(P->t, "(%u)", d);
}

static void put_load(printer *P, const ir *n)
{
    bool all = ir_is_true(n->arg[1]);
    text_printf(P->t, all ? "%s[" : "masked(%s[", name_of(P, n->u.ref.sym));
    put_expr(P, n->arg[0], P_ANY);
    text_put(P->t, "]");
    if (!all) {
        text_put(P->t, ", ");
        put_expr(P, n->arg[1], P_ANY);
        text_put(P->t, ")");
    }
}

static void put_vector(printer *P, const ir *n)
{
    text *t = P->t;
    if (n->op == IR_REDUCE) {
        text_printf(t, "reduce(%s, ", ir_ops[n->u.i].spelling);
        put_expr(P, n->arg[0], P_ANY);
        text_printf(t, ", %u)", n->type.lanes);
        return;
    }
    text_printf(t, "%s(", ir_ops[n->op].spelling);
    put_list(P, n->arg, n->nargs);
    if (n->op == IR_SHUFFLE) {
        text_put(t, ", [");
        for (unsigned i = 0; i < n->type.lanes; i++)
            text_printf(t, i ? ", %d" : "%d", n->u.lanes[i]);
        text_put(t, "])");
    } else {
        text_printf(t, ", %u)", n->type.lanes / n->arg[0]->type.lanes);
    }
}

static void put_expr(printer *P, const ir *n, int outer)
{
    text *t = P->t;
    char type[16];
    if (t->n > P->limit) {
        if (t->n < 3 || memcmp(t->at + t->n - 3, "...", 3) != 0)
            text_put(t, "...");
        return;
    }
    switch ((ir_op)n->op) {
    case IR_POISON: text_put(t, "poison"); return;
    case IR_UNDEF: {
        char name[16];
        text_printf(t, "undef(%s)", type_name(n->type, name));
        return;
    }
    case IR_INT:
    case IR_FLOAT:
        put_constant(P, n, n->op == IR_INT ? n->u.i : 0, n->op == IR_FLOAT ? n->u.f : 0);
        return;
    case IR_STRING: ir_put_quoted(t, n->u.s); return;
    case IR_VAR: text_put(t, name_of(P, n->u.sym)); return;
    case IR_ADD: case IR_SUB: case IR_MUL: case IR_DIV: case IR_MOD:
    case IR_EQ: case IR_NE: case IR_LT: case IR_LE: case IR_AND: case IR_OR: case IR_NOT:
    case IR_BIT_AND: case IR_BIT_OR: case IR_BIT_XOR: case IR_BIT_NOT: case IR_SHL: case IR_SHR:
        put_infix(P, n, outer);
        return;
    case IR_DIV_TZ: case IR_MOD_TZ: case IR_MIN: case IR_MAX: case IR_ABS: case IR_SELECT:
    case IR_IS_NAN: case IR_LIKELY: case IR_PROMISE: case IR_PLACES:
    IR_MATH_CASES:
    IR_STRICT_CASES:
    IR_FIXED_CASES:
    case IR_FMA:
        put_call(P, ir_ops[n->op].spelling, n);
        return;
    case IR_CAST:
    case IR_REINTERPRET:
        text_printf(t, "%s(%s, ", ir_ops[n->op].spelling, type_name(n->type, type));
        put_expr(P, n->arg[0], P_ANY);
        text_put(t, ")");
        return;
    case IR_CALL:
        put_call(P, name_of(P, n->u.ref.sym), n);
        if (n->u.ref.index)
            text_printf(t, "[%u]", n->u.ref.index);
        return;
    case IR_C_CALL:
        text_printf(t, "%s(", name_of(P, n->u.ref.sym));
        put_list(P, n->arg, n->nargs - 1);
        text_put(t, ")");
        if (!ir_is_true(n->arg[n->nargs - 1])) {
            text_put(t, " if ");
            put_expr(P, n->arg[n->nargs - 1], P_ANY);
        }
        return;
    case IR_IMPURE: put_call(P, name_of(P, n->u.ref.sym), n); return;
    case IR_QUERY:
        text_put(t, "query ");
        put_call(P, name_of(P, n->u.ref.sym), n);
        return;
    case IR_QUERY_DIM:
        put_expr(P, n->arg[0], P_ANY);
        text_printf(t, ".%s[%lld]", n->u.i % 2 ? "extent" : "min", (long long)(n->u.i / 2));
        return;
    case IR_LOAD: put_load(P, n); return;
    case IR_FIELD: put_field(P, n); return;
    case IR_RAMP: case IR_BROADCAST: case IR_SHUFFLE: case IR_REDUCE: put_vector(P, n); return;
    case IR_LET:
        text_printf(t, "(let %s = ", name_of(P, n->u.sym));
        put_expr(P, n->arg[0], P_ANY);
        text_put(t, " in ");
        put_expr(P, n->arg[1], P_ANY);
        text_put(t, ")");
        return;
    case IR_LET_STMT: case IR_ASSERT: case IR_PRINT: case IR_PRODUCE: case IR_CONSUME: case IR_FOR:
    case IR_PROVIDE: case IR_STORE: case IR_REALIZE: case IR_ALLOCATE: case IR_FREE: case IR_BLOCK:
    case IR_IF: case IR_EVALUATE: case IR_PAR_CALL: case IR_FORK: case IR_ACQUIRE: case IR_ATOMIC:
    case IR_PREFETCH: case IR_SET_DIM: case IR_EXTERN_STAGE: case IR_EXTERN_CALL: case IR_OP_COUNT:
        return;
    }
}

static void put_whole(printer *P, const ir *n, int outer)
{
    P->limit = P->t->n + LONGEST_EXPR;
    put_expr(P, n, outer);
}

const char *ir_text(cb_context *c, const ir *n)
{
    text t;
    text_init(&t, c->a);
    printer P = {.t = &t, .ctx = c};
    if (ir_is_stmt(n))
        ir_print(c, &t, n);
    else
        put_whole(&P, n, P_ANY);
    return text_str(&t);
}

/* ---- statements ------------------------------------------------------------------------------ */

static void put_stmt(printer *P, const ir *n, int level);

static void put_indent(printer *P, int level)
{
    for (int i = 0; i < level; i++)
        text_put(P->t, "  ");
}

/* min and extent as an interval; the extents that passes write (last - min + 1, end - min) give the
 * last or the end as written. */
static void put_range(printer *P, const ir *min, const ir *extent)
{
    int64_t m, e, one;
    text_put(P->t, "[");
    put_whole(P, min, P_ANY);
    text_put(P->t, ", ");
    if (ir_as_int(min, &m) && ir_as_int(extent, &e)) {
        text_printf(P->t, "%lld)", (long long)(m + e));
    } else if (ir_is_int(min, 0)) {
        put_whole(P, extent, P_ANY);
        text_put(P->t, ")");
    } else if (extent->op == IR_SUB && extent->arg[1] == min) {
        put_whole(P, extent->arg[0], P_ANY);
        text_put(P->t, ")");
    } else if (extent->op == IR_ADD && ir_as_int(extent->arg[1], &one) && one == 1 &&
               extent->arg[0]->op == IR_SUB && extent->arg[0]->arg[1] == min) {
        put_whole(P, extent->arg[0]->arg[0], P_ANY);
        text_put(P->t, "]");
    } else {
        put_whole(P, min, P_ADD);
        text_put(P->t, " + ");
        put_whole(P, extent, P_ADD + 1);
        text_put(P->t, ")");
    }
}

static void put_where(printer *P, const ir *pred)
{
    if (ir_is_true(pred))
        return;
    text_put(P->t, " where ");
    put_whole(P, pred, P_ANY);
}

static void put_body(printer *P, const ir *body, int level)
{
    text_put(P->t, ":\n");
    put_stmt(P, body, level + 1);
}

static void put_args(printer *P, const ir *const *args, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            text_put(P->t, ", ");
        put_whole(P, args[i], P_ANY);
    }
}

static void put_provide(printer *P, const ir *n)
{
    const ir_info *info = n->u.info;
    text_printf(P->t, "%s(", name_of(P, info->sym));
    put_args(P, n->arg, info->rank);
    text_put(P->t, info->nvalues == 1 ? ") = " : ") = (");
    put_args(P, provide_values(n), info->nvalues);
    text_put(P->t, info->nvalues == 1 ? "" : ")");
    put_where(P, provide_pred(n));
}

static void put_regions(printer *P, const ir *const *args, uint32_t rank)
{
    for (uint32_t d = 0; d < rank; d++) {
        text_put(P->t, d ? " x " : " over ");
        put_range(P, args[2 * d], args[2 * d + 1]);
    }
}

static void put_for(printer *P, const ir *n, int level)
{
    static const char *const words[] = {"for", "parallel", "vectorized", "unrolled",
                                        "gpu_block", "gpu_thread", "gpu_lane"};
    const ir_info *info = n->u.info;
    text_printf(P->t, "%s %s in ", words[info->kind], name_of(P, info->sym));
    put_range(P, for_min(n), for_extent(n));
    if (info->device != DEVICE_NONE)
        text_printf(P->t, " on %s", ir_device_words[info->device]);
    put_body(P, for_body(n), level);
}

static void put_if(printer *P, const ir *n, int level)
{
    text_put(P->t, "if ");
    put_whole(P, n->arg[0], P_ANY);
    put_body(P, n->arg[1], level);
    if (n->nargs > 2) {
        put_indent(P, level);
        text_put(P->t, "else");
        put_body(P, n->arg[2], level);
    }
}

static void put_allocate(printer *P, const ir *n, int level)
{
    const ir_info *info = n->u.info;
    char type[16];
    text_printf(P->t, "allocate %s: %s[", name_of(P, info->sym), type_name(info->type, type));
    put_whole(P, n->arg[0], P_ANY);
    text_put(P->t, "]");
    if (info->memory != MEM_AUTO)
        text_printf(P->t, " in %s", ir_memory_words[info->memory]);
    if (!ir_is_true(n->arg[1])) {
        text_put(P->t, " if ");
        put_whole(P, n->arg[1], P_ANY);
    }
    text_put(P->t, "\n");
    put_stmt(P, n->arg[2], level);
}

static void put_realize(printer *P, const ir *n, int level)
{
    const ir_info *info = n->u.info;
    text_printf(P->t, "realize %s", name_of(P, info->sym));
    put_regions(P, n->arg, info->rank);
    if (info->memory != MEM_AUTO)
        text_printf(P->t, " in %s", ir_memory_words[info->memory]);
    if (!ir_is_true(n->arg[n->nargs - 2])) {
        text_put(P->t, " if ");
        put_whole(P, n->arg[n->nargs - 2], P_ANY);
    }
    put_body(P, realize_body(n), level);
}

static void put_assert(printer *P, const ir *n)
{
    text_put(P->t, "assert ");
    put_whole(P, n->arg[0], P_ANY);
    text_put(P->t, ", ");
    ir_put_quoted(P->t, n->u.info->text);
    for (uint32_t i = 1; i < n->nargs; i++) {
        text_put(P->t, ", ");
        put_whole(P, n->arg[i], P_ANY);
    }
}

/* One statement without its line end, or with its lines when it has a body (then true). */
static bool put_stmt_line(printer *P, const ir *n, int level)
{
    text *t = P->t;
    const ir_info *info = n->u.info;
    switch ((int)n->op) {
    case IR_PRODUCE:
    case IR_CONSUME:
    case IR_ATOMIC:
        text_printf(t, "%s %s", ir_ops[n->op].spelling, info->sym ? name_of(P, info->sym) : "");
        put_body(P, n->arg[0], level);
        return true;
    case IR_FOR: put_for(P, n, level); return true;
    case IR_IF: put_if(P, n, level); return true;
    case IR_REALIZE: put_realize(P, n, level); return true;
    case IR_ALLOCATE: put_allocate(P, n, level); return true;
    case IR_LET_STMT:
        text_printf(t, "let %s = ", name_of(P, info->sym));
        put_whole(P, n->arg[0], P_ANY);
        text_put(t, "\n");
        put_stmt(P, n->arg[1], level);
        return true;
    case IR_FORK:
        text_put(t, "fork:\n");
        for (uint32_t i = 0; i < n->nargs; i++)
            put_stmt(P, n->arg[i], level + 1);
        return true;
    case IR_ACQUIRE:
        text_put(t, "acquire ");
        put_args(P, n->arg, 2);
        put_body(P, n->arg[2], level);
        return true;
    case IR_ASSERT: put_assert(P, n); return false;
    case IR_PRINT:
        text_put(t, "print ");
        ir_put_quoted(t, info->text);
        for (uint32_t i = 0; i < n->nargs; i++) {
            text_put(t, ", ");
            put_whole(P, n->arg[i], P_ANY);
        }
        return false;
    case IR_PROVIDE: put_provide(P, n); return false;
    case IR_STORE:
        text_printf(t, "%s[", name_of(P, info->sym));
        put_whole(P, n->arg[0], P_ANY);
        text_put(t, "] = ");
        put_whole(P, n->arg[1], P_ANY);
        put_where(P, n->arg[2]);
        return false;
    case IR_FREE: text_printf(t, "free %s", name_of(P, info->sym)); return false;
    case IR_EVALUATE: put_whole(P, n->arg[0], P_ANY); return false;
    case IR_PREFETCH:
        text_printf(t, "prefetch %s", name_of(P, info->sym));
        text_put(t, "[");
        put_args(P, n->arg, n->nargs);
        text_put(t, "]");
        return false;
    case IR_SET_DIM:
        text_printf(t, "%s.dim[%u] = (", name_of(P, info->sym), info->index);
        put_args(P, n->arg, 3);
        text_put(t, ")");
        return false;
    case IR_EXTERN_STAGE:
    case IR_EXTERN_CALL:
        text_printf(t, "compute %s by its C function with (", name_of(P, info->sym));
        put_args(P, n->arg, n->nargs);
        text_put(t, ")");
        return false;
    case IR_PAR_CALL:
        text_printf(t, "parallel function %u over [", info->index);
        put_args(P, n->arg, 2);
        text_put(t, ") with (");
        put_args(P, n->arg + 2, n->nargs - 2);
        text_put(t, ")");
        return false;
    default: return false;
    }
}

static void put_stmt(printer *P, const ir *n, int level)
{
    if (level > P->ctx->depth_limit) {
        put_indent(P, 1);
        text_put(P->t, "...\n");
        return;
    }
    if (n->op == IR_BLOCK) {
        for (uint32_t i = 0; i < n->nargs; i++)
            put_stmt(P, n->arg[i], level);
        return;
    }
    put_indent(P, level);
    if (!put_stmt_line(P, n, level))
        text_put(P->t, "\n");
}

void ir_print(cb_context *c, text *t, const ir *n)
{
    ir_names names = {.ctx = c};
    printer P = {.t = t, .ctx = c, .names = &names};
    if (!n)
        return;
    if (ir_is_stmt(n))
        put_stmt(&P, n, 0);
    else
        put_whole(&P, n, P_ANY);
}
