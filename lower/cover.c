/* lower/cover.c: which values the variables of a stage take in its loops.
 *
 *     out split(x, xo, xi, 8)          inside loop xo: x in [xo*8, min(xo*8 + 7, last)], xi in [0, 7]
 *                                      in all of them: x in [first, last], xo in [0, (last - first)/8], ...
 *
 * Loops inside a given one move, those around it stand still. Each is first the range of its own loop; splits, fuses and
 * renames then say, from the innermost outwards, what that makes of the loops that they replaced.
 *
 * A tail that is rounded up goes beyond the last value. A nest that runs several times, each for a part of the region, does so
 * at the end of each part: by what is missing to a multiple of the factor, which is known when the extent of a part is (parts.c),
 * or else by the factor less one. Of loops that were split again each goes beyond its own end, and what that makes of the first
 * is added up: the iterations that the outer one has too many times the factor, those of the inner one, and its own.
 */
#include "cover.h"
#include "simp.h"

typedef enum coverage { POINT, WHOLE, BEYOND, PART } coverage;

typedef struct range {
    coverage cover;
    interval is;      /* unless POINT */
    const ir *beyond; /* BEYOND: it is the whole, and so many values after it */
} range;

static range whole_range(low *L, const low_stage *s, uint32_t dim)
{
    const loop_plan *l = &s->plan->dims_all.at[dim];
    const ir *max = l->pure_dim >= 0 ? ir_var(L->ctx, s->f->region_max[l->pure_dim])
                                     : dim_max(L, s, dim);
    return (range){WHOLE, {.lo = s->dim_min[dim], .hi = max}, NULL};
}

static void bind_range(interval_env *E, ir_sym s, range r)
{
    if (r.cover != POINT)
        interval_bind(E, s, r.is.lo, r.is.hi);
}

/* How far parts go beyond their last value for split p, when that is known. */
static bool known_beyond(const low_stage *s, const split_plan *p, nest_runs runs, int64_t *n)
{
    int64_t factor, rest;
    int dim = s->plan->dims_all.at[p->old].pure_dim;
    const part *e = dim >= 0 && runs.known ? map_getp(&runs.known->of, s->f) : NULL;
    if (!e || !ir_as_int(s->dim_extent[p->inner], &factor) || factor <= 0 || e[dim].extent.modulus % factor != 0)
        return false;
    rest = floor_mod(e[dim].extent.remainder, factor);
    *n = rest ? factor - rest : 0;
    return true;
}

/* A nest that runs for parts of the region, each rounded up, goes further than one for the whole. */
static range range_of_parts(low *L, const low_stage *s, const split_plan *p, range r, nest_runs runs)
{
    cb_context *c = L->ctx;
    int64_t n;
    const ir *more = known_beyond(s, p, runs, &n) ? ir_i32(c, n) : ir_addi(c, s->dim_extent[p->inner], -1);
    if (r.beyond)
        more = ir_add(c, more, r.beyond);
    if (PLANTED(c, BOUNDS_PARTS))
        more = ir_i32(c, 0);
    r.beyond = more;
    r.is.hi = simplify(c, ir_add(c, r.is.hi, more), NULL);
    return r;
}

/* The same for all of the loop that p replaced, where the loops in its place may themselves go beyond their ends. */
static range range_of_all_parts(low *L, const low_stage *s, const split_plan *p, const range *r, nest_runs runs)
{
    cb_context *c = L->ctx;
    const range *outer = &r[p->outer], *inner = &r[p->inner];
    range all = whole_range(L, s, p->old);
    all.cover = BEYOND;
    if (outer->cover == BEYOND)
        all.beyond = ir_mul(c, outer->beyond, s->dim_extent[p->inner]);
    if (inner->cover == BEYOND)
        all.beyond = all.beyond ? ir_add(c, all.beyond, inner->beyond) : inner->beyond;
    return range_of_parts(L, s, p, all, runs);
}

static bool is_all(range r) { return r.cover == WHOLE || r.cover == BEYOND; }

/* Is the range of the loop that p replaced another one for each part? */
static bool differs(const low_stage *s, const split_plan *p, nest_runs runs)
{
    int dim = s->plan->dims_all.at[p->old].pure_dim;
    return runs.many && (dim < 0 || dim >= PARTS_DIMS || !(runs.steady >> dim & 1));
}

static range range_of_split(low *L, const low_stage *s, const split_plan *p, range *r, nest_runs runs)
{
    cb_context *c = L->ctx;
    if (r[p->outer].cover == POINT && r[p->inner].cover == POINT)
        return (range){.cover = POINT};
    bool whole = r[p->outer].cover == WHOLE && r[p->inner].cover == WHOLE, beyond = tail_reads_beyond(p->tail);
    if (whole && !beyond)
        return whole_range(L, s, p->old);
    if (is_all(r[p->outer]) && is_all(r[p->inner]) && beyond && differs(s, p, runs))
        return range_of_all_parts(L, s, p, r, runs);
    const ir *inside, *value = split_value(L, s, p, &inside);
    range inner = r[p->inner];
    if (inside && tail_shifts(p->tail) && inner.cover != POINT)
        inner.is.hi = ir_min(c, inner.is.hi, ir_addi(c, s->dim_extent[p->old], -1));
    interval_env *E = interval_env_new(c, L, NULL);
    bind_range(E, s->dim_sym[p->outer], r[p->outer]);
    bind_range(E, s->dim_sym[p->inner], inner);
    range old = {PART, interval_of(E, value), NULL};
    if (inside && !tail_shifts(p->tail)) /* likely: only the last iteration is cut off */
        old.is.hi = simplify(c, ir_min(c, ir_likely(c, old.is.hi), dim_max(L, s, p->old)), NULL);
    if (beyond && differs(s, p, runs) && old.is.hi)
        old = range_of_parts(L, s, p, old, runs);
    return old;
}

/* Of parts, each of whose inner loops may be short, the outer one goes further by as many as the fused one does. */
static void range_of_fused_parts(low *L, const low_stage *s, const split_plan *p, range *r)
{
    cb_context *c = L->ctx;
    const ir *n = ir_mul(c, s->dim_extent[p->outer], s->dim_extent[p->inner]);
    const ir *beyond = ir_sub(c, r[p->old].is.hi, ir_addi(c, n, -1));
    r[p->outer].cover = PART;
    r[p->outer].is.hi = simplify(c, ir_add(c, r[p->outer].is.hi, ir_max(c, beyond, ir_i32(c, 0))), NULL);
}

static void range_of_fuse(low *L, const low_stage *s, const split_plan *p, range *r, nest_runs runs)
{
    cb_context *c = L->ctx;
    range fused = r[p->old];
    if (fused.cover == POINT) {
        r[p->outer] = r[p->inner] = fused;
        return;
    }
    r[p->inner] = whole_range(L, s, p->inner);
    r[p->outer] = whole_range(L, s, p->outer);
    if (fused.cover == WHOLE)
        return;
    if (runs.many) {
        range_of_fused_parts(L, s, p, r);
        return;
    }
    const ir *n = s->dim_extent[p->inner], *min = s->dim_min[p->outer];
    r[p->inner].cover = r[p->outer].cover = PART;
    r[p->outer].is.lo = simplify(c, ir_add(c, ir_div(c, fused.is.lo, n), min), NULL);
    r[p->outer].is.hi = simplify(c, ir_add(c, ir_div(c, fused.is.hi, n), min), NULL);
}

/* One iteration of a loop is no other than those that there are. */
static facts *point_facts(low *L, const low_stage *s, const range *r, const facts *known)
{
    facts *f = facts_new(L->ctx, known);
    for (uint32_t i = 0; i < s->plan->dims_all.n; i++)
        if (r[i].cover == POINT)
            facts_range(f, s->dim_sym[i], s->dim_min[i], whole_range(L, s, i).is.hi);
    return f;
}

interval_env *cover_env(low *L, const low_stage *s, int64_t loop, const facts *known, nest_runs runs)
{
    range *r = NEW_ARRAY(L->ctx->a, range, s->plan->dims_all.n + 1);
    for (uint32_t k = 0; k < s->nloops; k++)
        r[s->loops[k].dim] = k <= loop ? (range){.cover = POINT} : whole_range(L, s, s->loops[k].dim);
    for (uint32_t i = s->plan->splits.n; i-- > 0;) {
        const split_plan *p = &s->plan->splits.at[i];
        switch (p->kind) {
        case SPLIT_SPLIT:
            r[p->old] = range_of_split(L, s, p, r, runs);
            break;
        case SPLIT_FUSE:
            range_of_fuse(L, s, p, r, runs);
            break;
        case SPLIT_RENAME:
            r[p->old] = r[p->outer];
            break;
        }
    }
    interval_env *E = interval_env_new(L->ctx, L, NULL);
    if (known)
        E->facts = point_facts(L, s, r, known);
    for (uint32_t i = 0; i < s->plan->dims_all.n; i++) {
        const loop_plan *l = &s->plan->dims_all.at[i];
        if (l->rdom_dim >= 0 && r[i].cover != POINT) { /* its ends may read Funcs */
            r[i].is.lo = interval_of(E, r[i].is.lo).lo;
            r[i].is.hi = interval_of(E, r[i].is.hi).hi;
        }
        bind_range(E, s->dim_sym[i], r[i]); /* conditions of blending tails speak of loops that splits made */
    }
    return E;
}
