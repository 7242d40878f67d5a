/* lower/trim.c: what has no effect goes.
 *
 *     let n = w*2                            (n unused: gone)
 *     allocate g[64]                         (g never loaded: gone, with its stores)
 *       for x in [0, w] store g[x] = 0       (empty then: gone)
 *     if (true) store out[0] = 1             store out[0] = 1
 *
 * Unused lets, allocations that are written but never read, loops and conditions without a body or
 * that never run, assertions that hold and expressions evaluated for nothing. What is dropped may
 * have been the only reader of something else, so the walk repeats until nothing more goes.
 */
#include "lower.h"

typedef struct trimmer {
    cb_context *c;
    map used;     /* symbols of VARs and LOADs in what was kept (in this round) */
    map seen;     /* expressions already looked at */
    map loaded;   /* buffers loaded anywhere (before this round) */
    map internal; /* buffers allocated around here */
} trimmer;

static bool note_load(void *env, const ir *n)
{
    trimmer *t = env;
    if (n->op == IR_LOAD && !(PLANTED(t->c, TRIM_LIVE) && !ir_is_true(n->arg[1])))
        map_put(t->c->a, &t->loaded, n->u.ref.sym, 1);
    if (n->op == IR_PREFETCH)
        map_put(t->c->a, &t->loaded, n->u.info->sym, 1);
    if (n->op == IR_PAR_CALL || n->op == IR_EXTERN_CALL) /* uses buffers by other ways than LOAD */
        for (uint32_t i = 0; i < n->nargs; i++)
            if (n->arg[i]->op == IR_VAR)
                map_put(t->c->a, &t->loaded, n->arg[i]->u.sym, 1);
    return true;
}

static const ir *mark_node(ir_mapper *m, const ir *n)
{
    trimmer *t = m->env;
    if (n->op == IR_VAR)
        map_put(t->c->a, &t->used, n->u.sym, 1);
    if (n->op == IR_LOAD)
        map_put(t->c->a, &t->used, n->u.ref.sym, 1);
    for (uint32_t i = 0; i < n->nargs; i++)
        ir_apply(m, n->arg[i]);
    return n;
}

static void mark(ir_mapper *m, const ir *e)
{
    trimmer *t = m->env;
    ir_mapper marker = {.ctx = t->c, .fn = mark_node, .env = t, .memo = t->seen, .depth = m->depth};
    ir_apply(&marker, e);
    t->seen = marker.memo;
}

static bool is_used(const trimmer *t, ir_sym s)
{
    uint64_t v;
    return map_get(&t->used, s, &v);
}

static const ir *trim_for(ir_mapper *m, const ir *n)
{
    int64_t extent;
    if (ir_as_int(for_extent(n), &extent) && extent < 1)
        return NULL;
    const ir *body = ir_apply(m, for_body(n));
    if (!body)
        return NULL;
    mark(m, for_min(n));
    mark(m, for_extent(n));
    return ir_with_args(m->ctx, n, (const ir *const[]){for_min(n), for_extent(n), body});
}

static const ir *trim_if(ir_mapper *m, const ir *n)
{
    cb_context *c = m->ctx;
    const ir *cond = n->arg[0];
    const ir *a = ir_is_false(cond) ? NULL : ir_apply(m, n->arg[1]);
    const ir *b = n->nargs < 3 || ir_is_true(cond) ? NULL : ir_apply(m, n->arg[2]);
    if (ir_is_true(cond))
        return a;
    if (ir_is_false(cond) || (!a && !b))
        return b;
    mark(m, cond);
    if (!a)
        return ir_if(c, ir_not(c, cond), b, NULL);
    const ir *arg[3] = {cond, a, b};
    if (!b && n->nargs == 3)
        return ir_if(c, cond, a, NULL);
    return ir_with_args(c, n, arg);
}

static const ir *trim_let(ir_mapper *m, const ir *n)
{
    const ir *body = ir_apply(m, n->arg[1]);
    trimmer *t = m->env;
    if (!ir_has_effect(m->ctx, n->arg[0])) {
        if (!body || !is_used(t, n->u.info->sym))
            return body;
    } else if (!body) {
        mark(m, n->arg[0]);
        return ir_stmt(m->ctx, IR_EVALUATE, &(ir_info){.loc = n->u.info->loc}, &n->arg[0], 1);
    }
    mark(m, n->arg[0]);
    return ir_with_args(m->ctx, n, (const ir *const[]){n->arg[0], body});
}

static const ir *trim_allocate(ir_mapper *m, const ir *n)
{
    trimmer *t = m->env;
    uint64_t v;
    map_put(t->c->a, &t->internal, n->u.info->sym, 1);
    const ir *body = ir_apply(m, n->arg[2]);
    if (!body || !map_get(&t->loaded, n->u.info->sym, &v))
        return body;
    mark(m, n->arg[0]);
    mark(m, n->arg[1]);
    return ir_with_args(m->ctx, n, (const ir *const[]){n->arg[0], n->arg[1], body});
}

static bool dead_buffer(const trimmer *t, ir_sym s)
{
    uint64_t v;
    return map_get(&t->internal, s, &v) && !map_get(&t->loaded, s, &v);
}

static const ir *trim_block(ir_mapper *m, const ir *n)
{
    const ir **part = NEW_ARRAY(m->ctx->a, const ir *, n->nargs);
    bool same = true;
    for (uint32_t i = n->nargs; i-- > 0;) {
        part[i] = ir_apply(m, n->arg[i]);
        same = same && part[i] == n->arg[i];
    }
    return same ? n : ir_block(m->ctx, part, n->nargs);
}

/* Statements whose operands are all kept; a body, always last, may go and takes the rest along. */
static const ir *trim_other(ir_mapper *m, const ir *n, bool has_body)
{
    const ir **arg = NEW_ARRAY(m->ctx->a, const ir *, n->nargs + 1);
    for (uint32_t i = n->nargs; i-- > 0;) {
        arg[i] = n->arg[i];
        if (!ir_is_stmt(n->arg[i])) {
            mark(m, n->arg[i]);
            continue;
        }
        arg[i] = ir_apply(m, n->arg[i]);
        if (has_body && !arg[i])
            return NULL;
    }
    return ir_with_args(m->ctx, n, arg);
}

static const ir *trim_fork(ir_mapper *m, const ir *n)
{
    vec(const ir *) parts = {0};
    for (uint32_t i = 0; i < n->nargs; i++) {
        const ir *p = ir_apply(m, n->arg[i]);
        if (p)
            vec_push(m->ctx->a, &parts, p);
    }
    if (parts.n < 2)
        return parts.n ? parts.at[0] : NULL;
    return ir_stmt(m->ctx, IR_FORK, n->u.info, parts.at, parts.n);
}

/* The statement without what has no effect; NULL when nothing is left. */
static const ir *trim_node(ir_mapper *m, const ir *n)
{
    trimmer *t = m->env;
    switch ((ir_op)n->op) {
    case IR_FOR: return trim_for(m, n);
    case IR_IF: return trim_if(m, n);
    case IR_LET_STMT: return trim_let(m, n);
    case IR_ALLOCATE: return trim_allocate(m, n);
    case IR_BLOCK: return trim_block(m, n);
    case IR_FORK: return trim_fork(m, n);
    case IR_PRODUCE:
    case IR_CONSUME:
    case IR_ATOMIC:
    case IR_REALIZE:
    case IR_ACQUIRE: return trim_other(m, n, true);
    case IR_STORE:
        if (!dead_buffer(t, n->u.info->sym) && !ir_is_false(n->arg[2]))
            return trim_other(m, n, false);
        return NULL;
    case IR_FREE: return dead_buffer(t, n->u.info->sym) ? NULL : n;
    case IR_EVALUATE: return ir_has_effect(m->ctx, n->arg[0]) ? trim_other(m, n, false) : NULL;
    case IR_ASSERT: return ir_is_true(n->arg[0]) ? NULL : trim_other(m, n, false);
    default: return trim_other(m, n, false); /* other statements are leaves of the nest */
    }
}

void low_trim(low *L)
{
    cb_context *c = L->ctx;
    for (const ir *before = NULL; L->body != before;) {
        before = L->body;
        trimmer t = {.c = c};
        ir_visit(c, L->body, note_load, &t);
        ir_mapper m = {.ctx = c, .fn = trim_node, .env = &t};
        L->body = ir_apply(&m, L->body);
    }
}
