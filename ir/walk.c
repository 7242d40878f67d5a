/* ir/walk.c: the ways through a tree.
 *
 * Expressions are DAGs with much sharing, so every walk remembers what it has seen. The sum
 * ((a + a) + (a + a)) + ... of 30 levels is 31 nodes; a walk that forgets visits a billion.
 */
#include "ir.h"

/* ---- mapping --------------------------------------------------------------------------------- */

static _Noreturn void too_deep(cb_context *c)
{
    diag *d = diag_begin(&c->diags, DIAG_TOO_DEEP, (cb_loc){0},
                         "loops and expressions are nested more than %d levels deep",
                         c->depth_limit);
    diag_help(&c->diags, d, "compute some of the Funcs at root");
    diag_end(&c->diags, d);
    guard_fail(&c->esc);
}

const ir *ir_apply(ir_mapper *m, const ir *n)
{
    if (!n)
        return NULL;
    bool stmt = ir_is_stmt(n);
    const ir *r = stmt ? NULL : map_getp(&m->memo, n);
    if (r)
        return r;
    if (++m->depth > m->ctx->depth_limit)
        too_deep(m->ctx);
    r = m->fn(m, n);
    m->depth--;
    if (!stmt)
        map_putp(m->ctx->a, &m->memo, n, r);
    return r;
}

const ir *ir_map(ir_mapper *m, const ir *n)
{
    cb_context *c = m->ctx;
    if (!n->nargs)
        return n;
    /* New operands wait on a stack of the context's, so that frames stay small. */
    uint32_t base = c->args_scratch.n;
    for (uint32_t i = 0; i < n->nargs; i++) {
        const ir *r = ir_apply(m, n->arg[i]);
        vec_push(c->a, &c->args_scratch, r);
    }
    const ir *r = ir_with_args(c, n, c->args_scratch.at + base);
    c->args_scratch.n = base;
    return r;
}

/* ---- visiting -------------------------------------------------------------------------------- */

void ir_visit(cb_context *c, const ir *n, bool (*fn)(void *env, const ir *n), void *env)
{
    vec(const ir *) stack = {0};
    map seen = {0};
    if (n)
        vec_push(c->a, &stack, n);
    while (stack.n) {
        n = vec_pop(&stack);
        if (!ir_is_stmt(n)) {
            if (map_getp(&seen, n))
                continue;
            map_putp(c->a, &seen, n, n);
        }
        if (!fn(env, n))
            continue;
        for (uint32_t i = n->nargs; i-- > 0;)
            vec_push(c->a, &stack, n->arg[i]);
    }
}

/* ---- substitution ---------------------------------------------------------------------------- */

static const ir *substitute(ir_mapper *m, const ir *n)
{
    if (n->op == IR_VAR) {
        const ir *v;
        uint64_t w;
        if (!map_get(m->env, n->u.sym, &w))
            return n;
        v = (const ir *)(uintptr_t)w;
        return v ? v : n;
    }
    return ir_map(m, n);
}

const ir *ir_substitute(cb_context *c, const ir *n, const map *by_sym)
{
    if (!by_sym->n)
        return n;
    map table = *by_sym; /* read only */
    ir_mapper m = {.ctx = c, .fn = substitute, .env = &table};
    return ir_apply(&m, n);
}

const ir *ir_substitute1(cb_context *c, const ir *n, ir_sym s, const ir *value)
{
    map one = {0};
    map_put(c->a, &one, s, (uint64_t)(uintptr_t)value);
    return ir_substitute(c, n, &one);
}

static const ir *inline_let(ir_mapper *m, const ir *n)
{
    uint64_t w;
    if (n->op == IR_VAR && map_get(m->env, n->u.sym, &w))
        return (const ir *)(uintptr_t)w;
    if (n->op != IR_LET)
        return ir_map(m, n);
    const ir *value = ir_apply(m, n->arg[0]);
    map_put(m->ctx->a, m->env, n->u.sym, (uint64_t)(uintptr_t)value);
    return ir_apply(m, n->arg[1]);
}

const ir *ir_inline_lets(cb_context *c, const ir *n)
{
    map values = {0};
    ir_mapper m = {.ctx = c, .fn = inline_let, .env = &values};
    return ir_apply(&m, n);
}

/* ---- search ---------------------------------------------------------------------------------- */

typedef struct search {
    bool (*is)(const ir *n);
    bool statements, found;
} search;

static bool look_at(void *env, const ir *n)
{
    search *s = env;
    s->found = s->found || s->is(n);
    return !s->found && (!s->statements || ir_is_stmt(n));
}

bool ir_any(cb_context *c, const ir *n, bool (*is)(const ir *n))
{
    search s = {.is = is};
    ir_visit(c, n, look_at, &s);
    return s.found;
}

bool ir_any_stmt(cb_context *c, const ir *n, bool (*is)(const ir *n))
{
    search s = {.is = is, .statements = true};
    ir_visit(c, n, look_at, &s);
    return s.found;
}

static bool is_effect(const ir *n) { return n->op == IR_IMPURE || ir_is_impure_call(n); }

bool ir_has_effect(cb_context *c, const ir *n) { return ir_any(c, n, is_effect); }

static bool is_memory(const ir *n)
{
    return n->op == IR_LOAD || n->op == IR_CALL || n->op == IR_IMPURE || n->op == IR_C_CALL || n->op == IR_QUERY || n->op == IR_QUERY_DIM;
}

bool ir_reads_memory(cb_context *c, const ir *n) { return ir_any(c, n, is_memory); }

static bool count_node(void *env, const ir *n)
{
    (void)n;
    ++*(uint64_t *)env;
    return true;
}

uint64_t ir_size(cb_context *c, const ir *n)
{
    uint64_t size = 0;
    ir_visit(c, n, count_node, &size);
    return size;
}

/* ---- mention --------------------------------------------------------------------------------- */

/* The symbol a node speaks of, or 0. */
static ir_sym symbol_in(const ir *n)
{
    if (ir_is_stmt(n))
        return n->u.info->sym;
    switch ((int)n->op) {
    case IR_VAR:
    case IR_LET: return n->u.sym;
    case IR_CALL:
    case IR_LOAD:
    case IR_FIELD:
    case IR_C_CALL:
    case IR_IMPURE: return n->u.ref.sym;
    /* QUERY names a Func without reading it */
    default: return 0;
    }
}

typedef struct mention {
    const map *set;
    ir_sym one;
    bool values; /* only what has the symbol's value */
    bool found;
} mention;

static bool look_for(void *env, const ir *n)
{
    mention *M = env;
    ir_sym s = M->values && n->op == IR_FIELD ? 0 : symbol_in(n);
    if (s && (M->set ? map_get(M->set, s, NULL) : s == M->one))
        M->found = true;
    return !M->found;
}

bool ir_uses(cb_context *c, const ir *n, ir_sym s)
{
    mention M = {.one = s};
    if (n && !n->nargs && !ir_is_stmt(n))
        return symbol_in(n) == s;
    ir_visit(c, n, look_for, &M);
    return M.found;
}

bool ir_uses_any(cb_context *c, const ir *n, const map *set)
{
    mention M = {.set = set};
    if (set->n)
        ir_visit(c, n, look_for, &M);
    return M.found;
}

bool ir_reads_any(cb_context *c, const ir *n, const map *set)
{
    mention M = {.set = set, .values = true};
    if (set->n)
        ir_visit(c, n, look_for, &M);
    return M.found;
}

typedef struct free_vars {
    cb_context *ctx;
    map bound, *out;
} free_vars;

static bool note_bound(void *env, const ir *n)
{
    free_vars *F = env;
    if (n->op == IR_LET)
        map_put(F->ctx->a, &F->bound, n->u.sym, 1);
    else if (n->op == IR_FOR || n->op == IR_LET_STMT)
        map_put(F->ctx->a, &F->bound, n->u.info->sym, 1);
    return true;
}

static bool note_free(void *env, const ir *n)
{
    free_vars *F = env;
    if (n->op == IR_VAR && !map_get(&F->bound, n->u.sym, NULL) &&
        !map_get(F->out, n->u.sym, NULL))
        map_put(F->ctx->a, F->out, n->u.sym, 0);
    return true;
}

void ir_free_vars(cb_context *c, const ir *n, map *out)
{
    free_vars F = {.ctx = c, .out = out};
    ir_visit(c, n, note_bound, &F); /* a symbol bound inside is never free as well */
    ir_visit(c, n, note_free, &F);
}

/* ---- copies ---------------------------------------------------------------------------------- */

typedef struct copier {
    cb_context *dst, *src; /* src NULL: within dst, unmapped symbols stay */
    map syms;
} copier;

static ir_sym copy_sym(copier *C, ir_sym s)
{
    uint64_t v;
    if (s == 0)
        return 0;
    if (map_get(&C->syms, s, &v))
        return (ir_sym)v;
    if (C->src)
        diag_bug(&C->dst->diags, "ir_import", "symbol '%s' has no counterpart",
                 ir_sym_name(C->src, s));
    return s;
}

/* The node n, made of operands that are copies already, with symbols and texts copied too. */
static const ir *copy_node(copier *C, const ir *n, const ir *const *args)
{
    cb_context *c = C->dst;
    switch ((int)n->op) {
    case IR_POISON: return ir_poison(c, n->u.s);
    case IR_STRING: return ir_string(c, n->u.s);
    case IR_VAR: return ir_var_typed(c, copy_sym(C, n->u.sym), n->type);
    case IR_LET: return ir_let(c, copy_sym(C, n->u.sym), args[0], args[1]);
    case IR_SHUFFLE: return ir_shuffle(c, args, n->nargs, n->u.lanes, n->type.lanes);
    case IR_FIELD:
        return ir_field(c, copy_sym(C, n->u.ref.sym), (ir_buffer_field)(n->u.ref.index / 16),
                        n->u.ref.index % 16);
    case IR_CALL:
        return ir_call(c, copy_sym(C, n->u.ref.sym), n->u.ref.index, n->type, args, n->nargs);
    case IR_LOAD:
        return ir_load(c, n->type, copy_sym(C, n->u.ref.sym), n->u.ref.index, args[0], args[1]);
    case IR_IMPURE:
    case IR_C_CALL:
    case IR_QUERY: {
        ir k = *n;
        k.u.ref.sym = copy_sym(C, n->u.ref.sym);
        return ir_node(c, (ir_op)n->op, n->type, k.u.bits, args, n->nargs);
    }
    default: return ir_node(c, (ir_op)n->op, n->type, n->u.bits, args, n->nargs);
    }
}

static const ir *copy(ir_mapper *m, const ir *n)
{
    cb_context *c = m->ctx;
    uint32_t base = c->args_scratch.n;
    for (uint32_t i = 0; i < n->nargs; i++) {
        const ir *r = ir_apply(m, n->arg[i]);
        vec_push(c->a, &c->args_scratch, r);
    }
    const ir *r = copy_node(m->env, n, c->args_scratch.at + base);
    c->args_scratch.n = base;
    return r;
}

const ir *ir_import(cb_context *dst, cb_context *src, const ir *n, const map *syms)
{
    copier C = {.dst = dst, .src = src, .syms = *syms};
    ir_mapper m = {.ctx = dst, .fn = copy, .env = &C};
    return ir_apply(&m, n);
}

static void fresh_sym(copier *C, ir_sym s)
{
    ir_symbol old = *ir_symbol_of(C->dst, s);
    if (!map_get(&C->syms, s, NULL))
        map_put(C->dst->a, &C->syms, s,
                ir_sym_new(C->dst, old.name, old.kind, old.type, old.aux));
}

static bool note_binding(void *env, const ir *n)
{
    if (n->op == IR_LET)
        fresh_sym(env, n->u.sym);
    else if (n->op == IR_FOR || n->op == IR_LET_STMT || n->op == IR_ALLOCATE)
        fresh_sym(env, n->u.info->sym);
    return true;
}

static const ir *rename(ir_mapper *m, const ir *n)
{
    copier *C = m->env;
    if (!ir_is_stmt(n))
        return copy(m, n);
    ir_sym s = n->u.info->sym, to = copy_sym(C, s);
    const ir *r = ir_map(m, n);
    if (s == to || !r)
        return r;
    ir_info info = *n->u.info;
    info.sym = to;
    return ir_stmt(m->ctx, (ir_op)r->op, &info, r->arg, r->nargs);
}

const ir *ir_fresh_copy(cb_context *c, const ir *s)
{
    copier C = {.dst = c};
    ir_visit(c, s, note_binding, &C);
    if (!C.syms.n)
        return s;
    ir_mapper m = {.ctx = c, .fn = rename, .env = &C};
    return ir_apply(&m, s);
}

/* ---- strict ---------------------------------------------------------------------------------- */

static const ir *make_strict(ir_mapper *m, const ir *n)
{
    n = ir_map(m, n);
    ir_op op = ir_strict_op((ir_op)n->op, n->type);
    return op == (ir_op)n->op ? n : ir_bin(m->ctx, op, n->arg[0], n->arg[1]);
}

const ir *ir_strict(cb_context *c, const ir *n)
{
    ir_mapper m = {.ctx = c, .fn = make_strict};
    return ir_apply(&m, n);
}
