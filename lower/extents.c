/* lower/extents.c: vector and unrolled loops get a constant extent.
 *
 *     let n = min(w - x, 8)
 *     vector for v in [x, n]            vector for v in [x, 8]
 *       store ...                         if (likely(v < x + n)) store ...
 *
 * An extent that is not constant but has a constant upper bound runs to that bound under a guard.
 * Without one the directive cannot be honoured, which is an error at the directive.
 */
#include "lower.h"

enum { MAX_COPIES = 4096, MAX_ROUNDS = 64 };

typedef struct bounder {
    low *L;
    map lets;           /* symbol -> its value, for the integer lets in scope */
    const facts *known; /* what holds here */
} bounder;

/* Simplifies an extent, replacing names by their values as far as that helps. */
static const ir *resolve(bounder *w, const ir *e, const_range *best)
{
    cb_context *c = w->L->ctx;
    int64_t k;
    *best = (const_range){.modulus = 1};
    for (int round = 0; round < MAX_ROUNDS; round++) {
        e = simplify(c, e, w->known);
        if (ir_as_int(e, &k))
            return e;
        const_range r = range_of(c, e, w->known);
        if (r.has_hi && (!best->has_hi || r.hi < best->hi))
            *best = r;
        const ir *next = ir_substitute(c, e, &w->lets);
        if (next == e)
            break;
        e = next;
    }
    return e;
}

/* FOR with other kind, extent and body. */
static const ir *remake(cb_context *c, const ir *n, ir_loop_kind kind, const ir *extent,
                        const ir *body)
{
    ir_info info = *n->u.info;
    info.kind = kind;
    return ir_stmt(c, IR_FOR, &info, (const ir *const[]){for_min(n), extent, body}, 3);
}

static const ir *refuse(low *L, const ir *n, const ir *extent, const ir *body)
{
    cb_context *c = L->ctx;
    const ir_info *info = n->u.info;
    const char *what = info->kind == LOOP_VECTOR ? "vectorized" : "unrolled";
    int64_t k;
    bool large = ir_as_int(extent, &k);
    diag *d = low_error(L, large ? DIAG_LOOP_TOO_LONG : DIAG_NOT_CONSTANT, info->loc,
                        large ? "the %s loop '%s' has %s iterations, but at most %d are possible"
                              : "the %s loop '%s' has no constant extent: it is %s",
                        what, ir_sym_name(c, for_sym(n)), ir_text(c, extent), MAX_COPIES);
    if (info->text)
        diag_note(&c->diags, d, info->loc, "asked for by %s", info->text);
    diag_help(&c->diags, d,
              "split the loop by a constant first, as in %s(%s, 8), or promise a "
              "constant extent with bound()",
              info->kind == LOOP_VECTOR ? "vectorize" : "unroll", ir_sym_name(c, for_sym(n)));
    diag_end(&c->diags, d);
    return remake(c, n, LOOP_SERIAL, for_extent(n), body);
}

static const ir *bound_loop(bounder *w, const ir *n, const ir *body)
{
    cb_context *c = w->L->ctx;
    const_range r;
    int64_t k;
    const ir *extent = resolve(w, for_extent(n), &r);
    if (ir_as_int(extent, &k)) {
        if (k > MAX_COPIES)
            return refuse(w->L, n, extent, body);
        if (PLANTED(c, EXTENT_MULTIPLE) && k > 4)
            extent = ir_addi(c, extent, -(k % 4));
        return remake(c, n, k < 1 ? LOOP_SERIAL : n->u.info->kind, extent, body);
    }
    if (!r.has_hi || r.hi > MAX_COPIES)
        return refuse(w->L, n, extent, body);
    const ir *v = ir_var(c, for_sym(n));
    const ir *inside = ir_lt(c, v, ir_add(c, for_min(n), for_extent(n)));
    const ir *most = ir_int(c, v->type, r.hi < 1 ? 1 : r.hi);
    return remake(c, n, n->u.info->kind, most, ir_if(c, ir_likely(c, inside), body, NULL));
}

static const ir *visit_for(ir_mapper *m, const ir *n)
{
    bounder *w = m->env;
    cb_context *c = m->ctx;
    const facts *outer = w->known;
    facts *inner = facts_new(c, outer);
    const ir *last = ir_addi(c, ir_add(c, for_min(n), for_extent(n)), -1);
    facts_range(inner, for_sym(n), for_min(n), last);
    w->known = inner;
    const ir *body = ir_apply(m, for_body(n));
    w->known = outer;
    ir_loop_kind kind = n->u.info->kind;
    if (kind == LOOP_VECTOR || kind == LOOP_UNROLL)
        return bound_loop(w, n, body);
    return ir_with_args(c, n, (const ir *const[]){for_min(n), for_extent(n), body});
}

static const ir *visit_if(ir_mapper *m, const ir *n)
{
    bounder *w = m->env;
    cb_context *c = m->ctx;
    const facts *outer = w->known;
    const ir *arg[3] = {n->arg[0]};
    for (uint32_t i = 1; i < n->nargs; i++) {
        facts *inner = facts_new(c, outer);
        facts_assume(inner, i == 1 ? n->arg[0] : ir_not(c, n->arg[0]));
        w->known = inner;
        arg[i] = ir_apply(m, n->arg[i]);
    }
    w->known = outer;
    return ir_with_args(c, n, arg);
}

static const ir *visit(ir_mapper *m, const ir *n)
{
    bounder *w = m->env;
    if (!ir_is_stmt(n))
        return n;
    if (n->op == IR_FOR)
        return visit_for(m, n);
    if (n->op == IR_IF)
        return visit_if(m, n);
    if (n->op == IR_LET_STMT && n->arg[0]->type.lanes == 1 && type_is_integer(n->arg[0]->type))
        map_putp(m->ctx->a, &w->lets, (const void *)(uintptr_t)n->u.info->sym, n->arg[0]);
    return ir_map(m, n);
}

void low_const_extents(low *L)
{
    bounder w = {.L = L, .known = facts_new(L->ctx, NULL)};
    ir_mapper m = {.ctx = L->ctx, .fn = visit, .env = &w};
    L->body = ir_apply(&m, L->body);
}
