/* lower/loops.c: pass `loops`: every schedule becomes a loop nest around its definition.
 *
 *     out  split(x, xo, xi, 8)             produce out
 *                                            for xo in [0, (w + 7)/8)
 *                                              for xi in [0, 8)
 *                                                let x = xo*8 + xi + x.min
 *                                                  if likely(x <= x.max)
 *                                                    out(x) = ...
 *
 * where w = x.max - x.min + 1 and x.min, x.max are region symbols, which bounds inference defines
 * later at every level of the nest. A let or a guard stands directly inside the innermost loop it
 * depends on. Funcs computed or stored at a loop are put inside the lets and guards of that loop:
 * there REALIZE declares storage, PRODUCE and CONSUME mark who is computed and then used.
 *
 * How a split reconstructs the old loop, E being its extent (all tails are right at every extent):
 *
 *   guard, predicate   old = outer*F + inner + min             if old <= max
 *   round_up           the same, no guard: the region computed grows to a multiple of F
 *   shift_inwards      old = min(outer*F, max(E - F, 0)) + inner + min    if inner < E
 *   predicate_loads    as round_up; loads are off where old > max, stores are not
 *   predicate_stores   as round_up; stores are off where old > max, loads are not
 *   ..._and_blend      as round_up or shift_inwards, but what is beyond the end or was done by the
 *                      tile before stores the value it has: f = select(new, e, f)
 */
#include "path.h"

static const ir *build_func(low *L, low_func *f);

/* ---- ranges and symbols of a stage's loops ---------------------------------------------------------- */

/* A constant extent that is promised, by bound() or a condition. A window may leave out a part of what bound()
 * promises: not where storage is further out than computation. */
static int64_t promised_extent(const low *L, const low_stage *s, uint32_t d)
{
    int64_t n, extent = plan_pure_extent(L->pipe, s->plan, d);
    for (uint32_t i = 0; i < s->f->plan->bounds.n && extent < 0 && !s->f->plan->store.from; i++) {
        const bound_plan *b = &s->f->plan->bounds.at[i];
        if (b->dim == d && b->extent && ir_as_int(b->extent, &n))
            extent = n;
    }
    return extent;
}

static void name_dims(low *L, low_stage *s)
{
    arena *a = L->ctx->a;
    const stage_plan *p = s->plan;
    s->dim_sym = NEW_ARRAY(a, ir_sym, p->dims_all.n);
    s->dim_min = NEW_ARRAY(a, const ir *, p->dims_all.n);
    s->dim_extent = NEW_ARRAY(a, const ir *, p->dims_all.n);
    for (uint32_t i = 0; i < p->dims_all.n; i++) {
        const loop_plan *l = &p->dims_all.at[i];
        if (l->pure_dim >= 0) {
            uint32_t d = (uint32_t)l->pure_dim;
            const ir *min = ir_var(L->ctx, s->f->region_min[d]);
            const ir *max = ir_var(L->ctx, s->f->region_max[d]);
            s->dim_sym[i] = s->args[d];
            s->dim_min[i] = min;
            s->dim_extent[i] = ir_addi(L->ctx, ir_sub(L->ctx, max, min), 1);
            int64_t extent = promised_extent(L, s, d);
            if (extent >= 0)
                s->dim_extent[i] = ir_i32(L->ctx, extent);
        } else if (l->rdom_dim >= 0) {
            s->dim_sym[i] = s->rvars[l->rdom_dim];
            s->dim_min[i] = s->rmin[l->rdom_dim];
            s->dim_extent[i] = s->rextent[l->rdom_dim];
        } else {
            s->dim_sym[i] = ir_sym_new(L->ctx, l->name, SYM_LOOP, T_I32, NULL);
        }
    }
}

static void range_split(low *L, low_stage *s, const split_plan *p)
{
    cb_context *c = L->ctx;
    const ir *extent = s->dim_extent[p->old];
    s->dim_min[p->outer] = s->dim_min[p->inner] = ir_i32(c, 0);
    int64_t up = PLANTED(c, LOOP_EXTENT) ? 0 : p->factor - 1;
    s->dim_extent[p->outer] =
        simplify(c, ir_div(c, ir_addi(c, extent, up), ir_i32(c, p->factor)), NULL);
    s->dim_extent[p->inner] = ir_i32(c, p->factor);
}

/* A split with another name for the same loop (as in vectorize(x, 8), whose outer loop is again called x) has its own entry
 * in dims_all, so ranges can be filled in order of application. */
static void range_dims(low *L, low_stage *s)
{
    for (uint32_t i = 0; i < s->plan->splits.n; i++) {
        const split_plan *p = &s->plan->splits.at[i];
        switch (p->kind) {
        case SPLIT_SPLIT:
            range_split(L, s, p);
            break;
        case SPLIT_FUSE:
            s->dim_min[p->old] = ir_i32(L->ctx, 0);
            s->dim_extent[p->old] = /* of two empty loops: none, whatever their extents are */
                ir_mul(L->ctx, ir_max(L->ctx, s->dim_extent[p->outer], ir_i32(L->ctx, 0)), s->dim_extent[p->inner]);
            break;
        case SPLIT_RENAME:
            s->dim_min[p->outer] = s->dim_min[p->old];
            s->dim_extent[p->outer] = s->dim_extent[p->old];
            break;
        }
    }
}

static void list_loops(low *L, low_stage *s)
{
    s->nloops = s->plan->loops.n;
    s->loops = NEW_ARRAY(L->ctx->a, low_loop, s->nloops);
    for (uint32_t k = 0; k < s->nloops; k++) {
        uint32_t dim = s->plan->loops.at[k];
        s->loops[k] = (low_loop){s->dim_sym[dim], s->plan->dims_all.at[dim].kind, dim};
    }
}

/* ---- lets and guards ---------------------------------------------------------------------------------- */

/* depth[d]: index of the innermost loop that dimension d of dims_all depends on. */
static uint32_t *dim_depths(low *L, const low_stage *s)
{
    uint32_t *depth = NEW_ARRAY(L->ctx->a, uint32_t, s->plan->dims_all.n);
    for (uint32_t k = 0; k < s->nloops; k++)
        depth[s->loops[k].dim] = k;
    for (uint32_t i = s->plan->splits.n; i-- > 0;) {
        const split_plan *p = &s->plan->splits.at[i];
        switch (p->kind) {
        case SPLIT_SPLIT:
            depth[p->old] = depth[p->outer] > depth[p->inner] ? depth[p->outer] : depth[p->inner];
            break;
        case SPLIT_FUSE:
            depth[p->outer] = depth[p->inner] = depth[p->old];
            break;
        case SPLIT_RENAME:
            depth[p->old] = depth[p->outer];
            break;
        }
    }
    return depth;
}

static const ir *dim_var(low *L, const low_stage *s, uint32_t dim)
{
    return ir_var(L->ctx, s->dim_sym[dim]);
}

const ir *dim_max(low *L, const low_stage *s, uint32_t dim)
{
    return ir_addi(L->ctx, ir_add(L->ctx, s->dim_min[dim], s->dim_extent[dim]), -1);
}

static bool divides(low *L, const ir *extent, int64_t factor)
{
    cb_context *c = L->ctx;
    return can_prove(c, ir_eq(c, ir_mod(c, extent, ir_i32(c, factor)), ir_i32(c, 0)), NULL);
}

const ir *split_value(low *L, const low_stage *s, const split_plan *p, const ir **inside)
{
    cb_context *c = L->ctx;
    const ir *extent = s->dim_extent[p->old];
    const ir *base = ir_muli(c, dim_var(L, s, p->outer), p->factor);
    *inside = NULL;
    switch (p->tail) {
    case TAIL_AUTO:
    case TAIL_COUNT:
    case TAIL_GUARD:
    case TAIL_PREDICATE:
    case TAIL_PREDICATE_LOADS:
        if (!divides(L, extent, p->factor))
            *inside = ir_le(c, dim_var(L, s, p->old), dim_max(L, s, p->old));
        break;
    case TAIL_ROUND_UP:
    case TAIL_PREDICATE_STORES:
    case TAIL_ROUND_UP_BLEND:
        break;
    case TAIL_SHIFT_INWARDS:
    case TAIL_SHIFT_BLEND:
        if (!divides(L, extent, p->factor)) {
            const ir *last = ir_max(c, ir_addi(c, extent, -p->factor), ir_i32(c, 0));
            base = ir_min(c, ir_likely(c, base), last);
            if (!PLANTED(c, SHIFT_GUARD))
                *inside = ir_lt(c, dim_var(L, s, p->inner), extent);
        }
        break;
    }
    return ir_add(c, ir_add(c, base, dim_var(L, s, p->inner)), s->dim_min[p->old]);
}

/* What tails ask of the innermost statement; NULL: nothing. */
typedef struct tail_masks {
    const ir *loads, *stores, *blend;
} tail_masks;

static void add_mask(low *L, const ir **mask, const ir *cond)
{
    *mask = *mask ? ir_and(L->ctx, *mask, cond) : cond;
}

static tail_masks find_masks(low *L, const low_stage *s)
{
    cb_context *c = L->ctx;
    tail_masks m = {NULL, NULL, NULL};
    for (uint32_t i = 0; i < s->plan->splits.n; i++) {
        const split_plan *p = &s->plan->splits.at[i];
        if (p->kind != SPLIT_SPLIT || divides(L, s->dim_extent[p->old], p->factor))
            continue;
        const ir *old = dim_var(L, s, p->old), *last = dim_max(L, s, p->old);
        if (p->tail == TAIL_PREDICATE_LOADS)
            add_mask(L, &m.loads, ir_le(c, old, last));
        else if (p->tail == TAIL_PREDICATE_STORES)
            add_mask(L, &m.stores, ir_le(c, old, last));
        else if (p->tail == TAIL_ROUND_UP_BLEND)
            add_mask(L, &m.blend, ir_le(c, old, last));
        else if (p->tail == TAIL_SHIFT_BLEND && !PLANTED(c, BLEND_ALL)) {
            const ir *first = ir_muli(c, dim_var(L, s, p->outer), p->factor);
            add_mask(L, &m.blend, ir_le(c, ir_add(c, first, s->dim_min[p->old]), old));
        }
    }
    return m;
}

/* What expressions print and require, for elements that are not beyond the end. */
static const ir *effects_inside(low *L, const ir *effects, const tail_masks *t)
{
    const ir *inside = NULL, *const each[] = {t->loads, t->stores, t->blend};
    for (int i = 0; i < 3; i++)
        if (each[i])
            add_mask(L, &inside, each[i]);
    return inside && effects ? ir_if(L->ctx, inside, effects, NULL) : effects;
}

static bool is_data(const ir *n) { return n->op == IR_CALL || n->op == IR_IMPURE; }

/* Conditions of a domain that do not depend on data bound it, like tails: loops are shortened by them (partition.c). */
static const ir *with_hints(low *L, const ir *cond)
{
    cb_context *c = L->ctx;
    if (cond->op == IR_AND)
        return ir_and(c, with_hints(L, cond->arg[0]), with_hints(L, cond->arg[1]));
    return ir_any(c, cond, is_data) || ir_is_true(cond) ? cond : ir_likely(c, cond);
}

static void make_core(low *L, low_stage *s)
{
    cb_context *c = L->ctx;
    const low_func *f = s->f;
    if (low_is_extern(f)) {
        s->core = low_extern_core(s);
        return;
    }
    tail_masks t = find_masks(L, s);
    const ir **values = NEW_ARRAY(c->a, const ir *, f->nvalues);
    for (uint32_t v = 0; v < f->nvalues; v++) {
        values[v] = s->values[v];
        if (t.blend)
            values[v] = ir_select(c, ir_likely(c, t.blend), values[v],
                                  ir_call(c, f->sym, v, f->types[v], s->lhs, f->rank));
    }
    const ir *n = ir_provide(c, f->sym, s->lhs, f->rank, values, f->nvalues,
                             t.stores ? ir_likely(c, t.stores) : ir_bool(c, true));
    ir_info info = *n->u.info;
    info.loc = s->plan->def->loc;
    info.mem = s->plan->stream ? IR_MEM_STREAM : 0;
    n = ir_stmt(c, IR_PROVIDE, &info, n->arg, n->nargs);
    if (s->plan->atomic_used) {
        ir_info whole = {.sym = f->sym, .index = s->plan->atomic_parallel, .loc = s->plan->atomic->loc};
        n = ir_stmt(c, IR_ATOMIC, &whole, &n, 1);
    }
    n = ir_block2(c, effects_inside(L, s->effects, &t), n);
    s->core = ir_is_true(s->where) ? n : ir_if(c, with_hints(L, s->where), n, NULL);
    if (t.loads) {
        ir_info masked = {.index = IR_IF_LOADS};
        s->core = ir_stmt(c, IR_IF, &masked, (const ir *[]){ir_likely(c, t.loads), s->core}, 2);
    }
    s->core = ir_block2(c, effects_inside(L, s->where_effects, &t), s->core);
}

enum { MOST_BEYOND = 1 << 20 };

/* By how many iterations, at most, tails of what a loop was split into go beyond its end; MOST_BEYOND: or more. A step of a part
 * is as many of the loop as its weight says; a guard lets nothing beyond. */
static int64_t beyond_end(low *L, const low_stage *s, uint32_t dim)
{
    int64_t *weight = NEW_ARRAY(L->ctx->a, int64_t, s->plan->dims_all.n + 1), more = 0;
    weight[dim] = 1;
    for (uint32_t i = 0; i < s->plan->splits.n && more < MOST_BEYOND; i++) {
        const split_plan *p = &s->plan->splits.at[i];
        int64_t w = weight[p->old];
        if (p->kind == SPLIT_FUSE) {
            w = weight[p->outer] > weight[p->inner] ? weight[p->outer] : weight[p->inner];
            weight[p->old] = w ? MOST_BEYOND : weight[p->old];
        } else if (p->kind == SPLIT_RENAME) {
            weight[p->outer] = w;
        } else if (w) {
            bool exact = divides(L, s->dim_extent[p->old], p->factor);
            bool beyond = tail_goes_beyond(p->tail);
            bool kept = !exact && (p->tail == TAIL_GUARD || p->tail == TAIL_PREDICATE);
            more += exact || !beyond ? 0 : p->factor < MOST_BEYOND && w < MOST_BEYOND ? (p->factor - 1) * w : MOST_BEYOND;
            weight[p->inner] = kept ? 0 : w;
            weight[p->outer] = kept ? 0 : p->factor < MOST_BEYOND && w < MOST_BEYOND ? p->factor * w : MOST_BEYOND;
        }
    }
    return more < MOST_BEYOND ? more : MOST_BEYOND;
}

/* One of the two loops that were fused, by the one they became. Where a schedule widens, what arguments are needed for is read
 * off the nest: then it is said which values there are, as the intervals of quotients by a symbol do not tell. */
static const ir *fused_part(low *L, const low_stage *s, const split_plan *p, bool outer)
{
    cb_context *c = L->ctx;
    const uint32_t dim = outer ? p->outer : p->inner;
    const ir *fused = dim_var(L, s, p->old), *n = s->dim_extent[PLANTED(c, FUSE_SWAP) ? p->outer : p->inner];
    const ir *part = outer ? ir_div(c, fused, n) : ir_mod(c, fused, n);
    int64_t k;
    if (!ir_as_int(n, &k) && low_widens(L)) {
        int64_t more = outer ? beyond_end(L, s, p->old) : 0;
        const ir *last = ir_addi(c, s->dim_extent[dim], -1);
        if (more)
            last = ir_div(c, ir_addi(c, s->dim_extent[p->old], more - 1), n);
        if (more < MOST_BEYOND)
            part = ir_promise(c, part, ir_i32(c, 0), last);
    }
    return ir_add(c, part, s->dim_min[dim]);
}

/* Wraps body in the lets and guards that belong directly inside loop k. Splits are undone last first,
 * so the first one's let, which may use the others', is innermost. */
static const ir *wrap_lets(low *L, low_stage *s, uint32_t k, const uint32_t *depth, const ir *body)
{
    cb_context *c = L->ctx;
    for (uint32_t i = 0; i < s->plan->splits.n; i++) {
        const split_plan *p = &s->plan->splits.at[i];
        if (depth[p->old] != k)
            continue;
        switch (p->kind) {
        case SPLIT_SPLIT: {
            const ir *inside;
            const ir *value = split_value(L, s, p, &inside);
            if (inside && p->tail != TAIL_PREDICATE_LOADS) /* that one masks loads: make_core */
                body = ir_if(c, ir_likely(c, inside), body, NULL);
            body = ir_let_stmt(c, s->dim_sym[p->old], value, body);
            break;
        }
        case SPLIT_FUSE:
            body = ir_let_stmt(c, s->dim_sym[p->inner], fused_part(L, s, p, false), body);
            body = ir_let_stmt(c, s->dim_sym[p->outer], fused_part(L, s, p, true), body);
            break;
        case SPLIT_RENAME:
            body = ir_let_stmt(c, s->dim_sym[p->old], dim_var(L, s, p->outer), body);
            break;
        }
    }
    return body;
}

/* ---- nests ------------------------------------------------------------------------------------------------ */

static const ir *marker(low *L, ir_op op, const low_func *f, const ir *body)
{
    ir_info info = {.sym = f->sym, .loc = f->src->loc};
    return ir_stmt(L->ctx, op, &info, &body, 1);
}

static const ir *realize(low *L, const low_func *f, const ir *body)
{
    cb_context *c = L->ctx;
    uint32_t n = 2 * f->rank + 2;
    const ir **args = NEW_ARRAY(c->a, const ir *, n);
    for (uint32_t d = 0; d < f->rank; d++) {
        const ir *min = ir_var(c, f->region_min[d]), *max = ir_var(c, f->region_max[d]);
        args[2 * d] = min;
        args[2 * d + 1] = ir_addi(c, ir_sub(c, max, min), 1);
    }
    args[n - 2] = ir_bool(c, true);
    args[n - 1] = body;
    ir_info info = {.sym = f->sym, .loc = f->src->loc, .rank = f->rank, .nvalues = f->nvalues,
                    .memory = f->plan->memory};
    return ir_stmt(c, IR_REALIZE, &info, args, n);
}

bool same_site(low_site a, low_site b)
{
    return a.stage == b.stage && (!a.stage || a.loop == b.loop);
}

/* Puts the Funcs computed or stored at this site around `inner`, producers outermost. */
static const ir *place_funcs(low *L, low_site here, const ir *inner)
{
    for (uint32_t i = L->funcs.n; i-- > 0;) {
        low_func *f = L->funcs.at[i];
        if (f->is_output ? here.stage != NULL : !computed_at(f, here))
            continue;
        const ir *use = inner ? marker(L, IR_CONSUME, f, inner) : NULL;
        inner = ir_block2(L->ctx, marker(L, IR_PRODUCE, f, build_func(L, f)), use);
        if (!f->is_output && stored_at(f, here))
            inner = realize(L, f, inner);
    }
    for (uint32_t i = L->funcs.n; i-- > 0;) {
        const low_func *f = L->funcs.at[i];
        if (!f->is_output && stored_at(f, here) && !computed_at(f, here))
            inner = realize(L, f, inner);
    }
    return inner;
}

static const ir *loop(low *L, const low_stage *s, uint32_t k, const ir *body)
{
    const low_loop *l = &s->loops[k];
    const loop_plan *p = &s->plan->dims_all.at[l->dim];
    const ir *args[] = {s->dim_min[l->dim], s->dim_extent[l->dim], body};
    ir_info info = {.sym = l->sym, .kind = l->kind, .device = DEVICE_HOST,
                    .loc = p->from ? p->from->loc : s->plan->def->loc, .text = p->name,
                    .partition = p->partition};
    if (p->partition == PARTITION_ALWAYS) {
        vec_push(L->ctx->a, &L->always, p->partition_from);
        info.index = L->always.n;
    }
    return ir_stmt(L->ctx, IR_FOR, &info, args, 3);
}

typedef struct inner_most {
    const low_stage *s;
    const uint32_t *depth;
    uint32_t loop; /* loops that are needed: 0 for none */
} inner_most;

static bool find_loop(void *env, const ir *n)
{
    inner_most *m = env;
    if (n->op == IR_CALL || n->op == IR_IMPURE) m->loop = UINT32_MAX;
    for (uint32_t i = 0; n->op == IR_VAR && i < m->s->plan->dims_all.n; i++)
        if (n->u.sym == m->s->dim_sym[i] && m->depth[i] + 1 > m->loop) m->loop = m->depth[i] + 1;
    return m->loop < UINT32_MAX;
}

/* Conjuncts of `cond` that the first `loops` loops decide, and no fewer do. */
static const ir *decided(low *L, const inner_most *at, const ir *cond, uint32_t loops)
{
    cb_context *c = L->ctx;
    if (cond->op == IR_AND)
        return ir_and(c, decided(L, at, cond->arg[0], loops), decided(L, at, cond->arg[1], loops));
    inner_most m = *at;
    ir_visit(c, cond, find_loop, &m);
    if (m.loop != loops || ir_is_true(cond)) return ir_bool(c, true);
    if (PLANTED(c, GUARD_EARLY) && (cond->op == IR_LE || cond->op == IR_LT) && cond->arg[0]->type.bits == 32)
        cond = ir_lt(c, cond->arg[0], ir_addi(c, cond->arg[1], -1));
    return ir_likely(c, cond);
}

/* Effects in the bounds of a domain are done outside of all loops, or inside those where what they read is computed: in so many. */
static uint32_t loops_around_effects(low *L, const low_stage *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < L->funcs.n && s->bound_effects; i++) {
        const low_func *f = L->funcs.at[i];
        for (uint32_t k = n; k < s->nloops; k++)
            if (!f->is_output && computed_at(f, (low_site){(low_stage *)s, k}) && ir_uses(L->ctx, s->bound_effects, f->sym))
                n = k + 1;
    }
    return n;
}

static low_func *fetched(low *L, const cb_func_s *src)
{
    for (uint32_t i = 0; i < L->inputs.n; i++)
        if (L->inputs.at[i]->src == src) return L->inputs.at[i];
    for (uint32_t i = 0; i < L->tables.n; i++)
        if (L->tables.at[i]->src == src) return L->tables.at[i];
    for (uint32_t i = 0; i < L->funcs.n; i++)
        if (L->funcs.at[i]->src == src) return L->funcs.at[i];
    return NULL;
}

/* In the innermost of the loops outside of all that are taken apart or replicated: where what later iterations read is fetched. */
static const ir *mark_fetches(low *L, const low_stage *s, uint32_t k, const ir *body)
{
    cb_context *c = L->ctx;
    uint32_t inner = 0;
    while (inner + 1 < s->nloops && s->loops[inner + 1].kind != LOOP_VECTOR && s->loops[inner + 1].kind != LOOP_UNROLL) inner++;
    for (uint32_t i = s->plan->prefetches.n; i-- > 0 && k == inner;) {
        const prefetch_plan *p = &s->plan->prefetches.at[i];
        low_prefetch_mark mark = {p, fetched(L, p->of)};
        ir_info info = {.sym = s->f->sym, .loc = p->from->loc};
        const ir *args[] = {NULL, ir_i32(c, p->ahead)};
        for (uint32_t n = 0; n < s->nloops; n++)
            if (s->loops[n].dim == p->loop) args[0] = ir_var(c, s->loops[n].sym);
        vec_push(c->a, &L->prefetches, mark);
        info.index = L->prefetches.n;
        body = ir_block2(c, ir_stmt(c, IR_PREFETCH, &info, args, 2), body);
    }
    return body;
}

/* What the loops so far decide of the conditions of a domain stands outside of the loops inside them, as long as
 * nothing is computed there: what slides along a loop must not miss an iteration. Nor may an effect that does not depend on them. */
static const ir *guard_early(low *L, const low_stage *s, uint32_t loops, const uint32_t *depth, const ir *body)
{
    bool before = loops < s->nloops && !s->where_effects && (!loops || loops > loops_around_effects(L, s));
    for (uint32_t k = 0; k < s->nloops && before; k++) {
        if (k < loops && s->loops[k].kind != LOOP_SERIAL && s->loops[k].kind != LOOP_PARALLEL) before = false;
        for (uint32_t i = 0; i < L->funcs.n && k >= loops; i++)
            if (!L->funcs.at[i]->is_output && computed_at(L->funcs.at[i], (low_site){(low_stage *)s, k})) before = false;
    }
    if (!before) return body;
    const ir *cond = decided(L, &(inner_most){s, depth, 0}, s->where, loops);
    return ir_is_true(cond) ? body : ir_if(L->ctx, cond, body, NULL);
}

static const ir *build_leaf(low *L, low_stage *s)
{
    const uint32_t *depth = dim_depths(L, s);
    const uint32_t effects = loops_around_effects(L, s);
    const ir *body = s->core;
    for (uint32_t k = s->nloops; k-- > 0;) {
        body = guard_early(L, s, k + 1, depth, body);
        if (k + 1 == effects)
            body = ir_block2(L->ctx, s->bound_effects, body);
        body = place_funcs(L, (low_site){s, k}, body);
        body = mark_fetches(L, s, k, body);
        body = wrap_lets(L, s, k, depth, body);
        body = loop(L, s, k, body);
    }
    body = guard_early(L, s, 0, depth, body);
    return effects ? body : ir_block2(L->ctx, s->bound_effects, body);
}

static const ir *fail(low *L, const low_stage *s, const directive *d)
{
    cb_context *c = L->ctx;
    const ir *args[] = {ir_string(c, s->f->name), ir_string(c, ctx_string(c, d->arg[0].name))};
    return ir_assert(c, ir_bool(c, false), CB_ERR_REQUIREMENT,
                     "'%s' is not specialised for these arguments: %s", args, 2);
}

/* if (first condition) its nest, else if (second) ..., else the nest of the plan itself */
static const ir *build_plan(low *L, low_stage *s, const stage_plan *p)
{
    cb_context *c = L->ctx;
    const ir *n = NULL;
    for (uint32_t i = 0; i < s->nleaves; i++)
        if (s->leaf[i]->plan == p)
            n = build_leaf(L, s->leaf[i]);
    if (p->fails)
        n = fail(L, s, p->fails);
    for (uint32_t i = p->branches.n; i-- > 0;) {
        const branch_plan *b = &p->branches.at[i];
        if (PLANTED(c, BRANCH_ELSE) && i == 0)
            n = NULL;
        n = ir_if(c, map_getp(&L->branch_cond, b), build_plan(L, s, b->plan), n);
    }
    return n;
}

static const ir *build_stage(low *L, low_stage *s) { return build_plan(L, s, s->plan); }

static const ir *build_func(low *L, low_func *f)
{
    const ir **nests = NEW_ARRAY(L->ctx->a, const ir *, f->nstages);
    for (uint32_t k = 0; k < f->nstages; k++)
        nests[k] = build_stage(L, &f->stages[k]);
    return ir_block(L->ctx, nests, f->nstages);
}

/* ---- sites -------------------------------------------------------------------------------------------------- */

static low_func *func_of_src(low *L, const cb_func_s *src)
{
    for (uint32_t i = 0; i < L->funcs.n; i++)
        if (L->funcs.at[i]->src == src)
            return L->funcs.at[i];
    diag_bug(&L->ctx->diags, "loops", "no Func '%s' is being lowered", src->name);
}

/* The place in each leaf of its stage. */
static low_site *find_sites(low *L, const loop_level *l, uint32_t *n)
{
    static const low_site root = {NULL, 0};
    *n = 1;
    if (l->kind != LEVEL_AT)
        return arena_copy(L->ctx->a, &root, sizeof root);
    low_stage *s = &func_of_src(L, l->func)->stages[l->stage];
    low_site *sites = NEW_ARRAY(L->ctx->a, low_site, s->nleaves);
    *n = s->nleaves;
    for (uint32_t i = 0; i < s->nleaves; i++) {
        for (uint32_t k = 0; k < s->leaf[i]->nloops; k++)
            if (s->leaf[i]->loops[k].dim == l->leaf_loop[i])
                sites[i] = (low_site){s->leaf[i], k};
        if (!sites[i].stage)
            diag_bug(&L->ctx->diags, "loops", "loop %u of '%s' is not in its nest", l->leaf_loop[i],
                     l->func->name);
    }
    return sites;
}

static bool among(const low_site *sites, uint32_t n, low_site here)
{
    for (uint32_t i = 0; i < n; i++)
        if (same_site(sites[i], here))
            return true;
    return false;
}
bool computed_at(const low_func *f, low_site here) { return among(f->computes, f->ncomputes, here); }
bool stored_at(const low_func *f, low_site here) { return among(f->stores, f->nstores, here); }

bool low_find_loop(low *L, ir_sym s, low_site *site)
{
    for (uint32_t i = 0; i < L->funcs.n; i++)
        for (uint32_t k = 0; k < L->funcs.at[i]->nstages; k++) {
            const low_stage *home = &L->funcs.at[i]->stages[k];
            for (uint32_t n = 0; n < home->nleaves; n++)
                for (uint32_t j = 0; j < home->leaf[n]->nloops; j++)
                    if (home->leaf[n]->loops[j].sym == s) {
                        *site = (low_site){home->leaf[n], j};
                        return true;
                    }
        }
    return false;
}

bool computed_inside(const low_func *f, low_site here)
{
    if (!here.stage)
        return true;
    for (; f->compute.stage; f = f->compute.stage->f)
        for (uint32_t i = 0; i < f->ncomputes; i++)
            if (f->computes[i].stage == here.stage && f->computes[i].loop >= here.loop)
                return true;
    return false;
}

void low_loops(low *L)
{
    for (uint32_t i = 0; i < L->funcs.n; i++)
        for (uint32_t k = 0; k < L->funcs.at[i]->nstages; k++)
            for (uint32_t n = 0; n < L->funcs.at[i]->stages[k].nleaves; n++) {
                low_stage *s = L->funcs.at[i]->stages[k].leaf[n];
                name_dims(L, s);
                range_dims(L, s);
                list_loops(L, s);
                make_core(L, s);
            }
    for (uint32_t i = 0; i < L->funcs.n; i++) {
        low_func *f = L->funcs.at[i];
        if (f->is_output)
            continue;
        f->computes = find_sites(L, &f->plan->compute, &f->ncomputes);
        f->stores = find_sites(L, &f->plan->store, &f->nstores);
        f->compute = f->computes[0];
        f->store = f->stores[0];
        f->hoists = f->plan->hoist.from ? find_sites(L, &f->plan->hoist, &f->nhoists) : NULL;
    }
    L->body = place_funcs(L, (low_site){NULL, 0}, NULL);
}
