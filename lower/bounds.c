/* lower/bounds.c: pass `bounds`: which region of every Func must be computed, at every level of the nest.
 *
 *     for y in [out.y.min, ...)                 for y in [...)
 *       produce f                                 let f.x.max = out.x.max + 1
 *         for x in [f.x.min, ...)        =>         produce f
 *           f(x) = ...                                for x in [out.x.min - 1, f.x.max + 2 - out.x.min)
 *       out(x, y) = f(x - 1) + f(x + 1)                 f(x) = ...
 *
 * At each loop that contains the production of a Func (and outside all loops) the region its readers
 * need during one iteration is worked out anew: readers first, so that the region of a producer is an
 * expression of the regions of its readers. A reader whose own production lies inside the same loop
 * counts with its whole region; the stage whose loop this is counts with what its inner loops do.
 * Region symbols are replaced by these expressions, or by lets when they are not plain sums.
 *
 * Two regions are kept per Func. `need` is what readers need. `rest` is what has to be computed, which
 * is less when a sliding window (slide.c) finds the beginning already there; producers are asked for
 * the `rest` of their readers, but a producer that slides itself reasons about `need`.
 *
 * What the definitions alone say of whole regions (regions.c) is what arguments are checked against, so no region here may
 * be larger. f(r % 5) with r in [1, 2] would be read over [0, 4] where r is a loop or a region of its own: so ranges of
 * loops are known, constants known of whole regions are known of region symbols, and limit regions.
 */
#include "cover.h"

typedef struct need need;
struct need { /* what one stage reads of a Func inside loop `loop` of its nest, cached */
    const low_func *f;
    const low_stage *s;
    int64_t loop; /* -1: its whole nest, */
    bool many;    /* which runs several times, */
    uint32_t steady;
    box *b;
};

typedef struct binding {
    ir_sym sym;
    const ir *value;
} binding;

/* The region of f in one dimension at an outer level, which is expected where f is computed as well. */
typedef struct steady_end {
    const low_func *f;
    uint32_t dim;
    const ir *lo, *hi;
} steady_end;

typedef struct walk {
    low *L;
    cb_context *c;
    map rest, need; /* region symbol -> expression */
    path path;
    facts *facts;
    vec(need) cache;
    facts *known;  /* of region symbols, in every loop; NULL: the schedule widens, and nothing is */
    map limit;    /* Func -> constants known of the ends of its whole region, an interval for each dimension */
    map windows; /* Funcs whose sliding was decided somewhere */
    bool slid; /* some region's rest differs from its need */
    map stored; /* Func computed by a C function -> box of its storage, where that is further out */
    part_facts parts;
    vec(steady_end) steady; /* what is expected in the levels around, outermost first; of one level from `level` on */
    uint32_t level;
    map *wrong; /* Funcs of which something was expected that is not so */
} walk;

static const ir *strip_likely(ir_mapper *m, const ir *n)
{
    return n->op == IR_LIKELY ? ir_apply(m, n->arg[0]) : ir_map(m, n);
}

const ir *path_expand(cb_context *c, const path *p, const ir *e)
{
    ir_mapper m = {.ctx = c, .fn = strip_likely};
    return ir_apply(&m, p->expand.n ? ir_substitute(c, e, &p->expand) : e);
}

/* ---- what stages read ---------------------------------------------------------------------------------- */

/* What stage s reads of f inside loop `loop`, in terms of region symbols and outer loop variables. */
static const box *reads_of(walk *w, const low_func *f, const low_stage *s, int64_t loop, nest_runs runs)
{
    cb_context *c = w->c;
    for (uint32_t i = 0; i < w->cache.n; i++) {
        const need *n = &w->cache.at[i];
        if (n->f == f && n->s == s && n->loop == loop && n->many == runs.many && n->steady == runs.steady)
            return n->b;
    }
    interval_env *E = cover_env(w->L, s, loop, w->known, runs);
    box *b = boxes_touched(E, s->core, f->sym, f->rank, true, false);
    if (s->bound_effects)
        box_hull(c, b, boxes_touched(E, s->bound_effects, f->sym, f->rank, true, false), NULL);
    for (uint32_t i = 0; i < s->nrvars; i++) {
        box_hull(c, b, boxes_touched(E, s->rmin[i], f->sym, f->rank, true, false), NULL);
        box_hull(c, b, boxes_touched(E, s->rextent[i], f->sym, f->rank, true, false), NULL);
    }
    low_name_stage(b, s);
    vec_push(c->a, &w->cache, (need){f, s, loop, runs.many, runs.steady, b});
    return b;
}

box *low_own_reach(low *L, const low_func *f)
{
    const nest_runs parts = {.many = true};
    box *b = box_new(L->ctx, f->rank);
    for (uint32_t i = 0; i < f->nstages; i++)
        for (uint32_t k = 0; k < f->stages[i].nleaves; k++) {
            const low_stage *s = f->stages[i].leaf[k];
            box_hull(L->ctx, b, boxes_touched(cover_env(L, s, -1, NULL, parts), s->core, f->sym, f->rank, true, true), NULL);
        }
    return b;
}

/* ---- the region of one Func at one level ------------------------------------------------------------------ */

static box *translate(walk *w, const box *b, const map *regions)
{
    box *t = box_new(w->c, b->rank);
    t->empty = b->empty;
    for (uint32_t d = 0; d < b->rank && !b->empty; d++) {
        t->dim[d] = b->dim[d];
        if (b->dim[d].lo)
            t->dim[d].lo = simplify(w->c, ir_substitute(w->c, b->dim[d].lo, regions), w->facts);
        if (b->dim[d].hi)
            t->dim[d].hi = simplify(w->c, ir_substitute(w->c, b->dim[d].hi, regions), w->facts);
    }
    return t;
}

/* Is what is computed of f further in than `here` another part each time, along this dimension? */
static bool comes_in_parts(const walk *w, const low_func *f, low_site here, uint32_t dim)
{
    return !f->is_output && !computed_at(f, here) &&
           (dim >= PARTS_DIMS || !(parts_steady(w->L, &w->parts, f, here) >> dim & 1));
}

/* align_bounds() and align_extent() widen the region: of parts computed further in by up to the modulus each. */
static void align_region(walk *w, const low_func *f, low_site here, box *b)
{
    cb_context *c = w->c;
    for (uint32_t i = 0; i < f->plan->bounds.n; i++) {
        const bound_plan *p = &f->plan->bounds.at[i];
        interval *d = &b->dim[p->dim];
        bool parts = comes_in_parts(w, f, here, p->dim);
        if (p->modulus && p->extent_only && parts) {
            d->hi = simplify(c, ir_addi(c, d->hi, p->modulus - 1), w->facts);
        } else if (p->modulus && p->extent_only) {
            const ir *m = ir_i32(c, p->modulus);
            const ir *more = ir_addi(c, ir_sub(c, d->hi, d->lo), p->modulus);
            const ir *extent = ir_mul(c, ir_div(c, more, m), m);
            d->hi = simplify(c, ir_addi(c, ir_add(c, d->lo, extent), -1), w->facts);
        } else if (p->modulus) {
            const ir *m = ir_i32(c, p->modulus);
            const ir *lo = ir_addi(c, d->lo, -p->remainder), *hi = ir_addi(c, d->hi, -p->remainder);
            d->lo = ir_addi(c, ir_mul(c, ir_div(c, lo, m), m), p->remainder);
            d->hi = ir_addi(c, ir_mul(c, ir_div(c, hi, m), m), p->remainder + p->modulus - 1);
            d->lo = simplify(c, d->lo, w->facts);
            d->hi = simplify(c, d->hi, w->facts);
        }
    }
}

/* A value of a bound() directive: an expression of parameters. */
static const ir *promised(walk *w, const ir *e)
{
    map params = {0};
    for (uint32_t i = 0; i < w->L->params.n; i++)
        map_put(w->c->a, &params, w->L->pipe->params.at[i]->sym, w->L->params.at[i]);
    return ir_import(w->c, w->L->pipe->ctx, e, &params);
}

/* What is promised by bound() replaces what was inferred; a check that it suffices goes to *check. */
static void promise_region(walk *w, const low_func *f, low_site here, box *b, const ir **check)
{
    cb_context *c = w->c;
    for (uint32_t i = 0; i < f->plan->bounds.n; i++) {
        const bound_plan *p = &f->plan->bounds.at[i];
        if (!p->extent)
            continue;
        interval *d = &b->dim[p->dim];
        if (!p->min && comes_in_parts(w, f, here, p->dim)) { /* of parts, each so large, which may begin anywhere in it */
            d->hi = simplify(c, ir_addi(c, ir_add(c, d->hi, promised(w, p->extent)), -1), w->facts);
            continue;
        }
        const ir *min = p->min ? promised(w, p->min) : d->lo;
        const ir *max = ir_addi(c, ir_add(c, min, promised(w, p->extent)), -1);
        const ir *args[] = {ir_string(c, f->name),
                            ir_string(c, ir_sym_name(c, f->stages[0].args[p->dim])),
                            d->lo, d->hi, ir_string(c, low_reach(w->L, d)), min, max};
        const ir *holds = ir_and(c, ir_le(c, min, d->lo), ir_le(c, d->hi, max));
        *check = ir_block2(c, *check, ir_assert(c, holds, CB_ERR_CONSTRAINT,
            p->min ? "'%s' is needed for %s from %d to %d%s, but bound() promised %d to %d"
                   : "'%s' is needed for %s from %d to %d%s, but bound_extent() promised %d to %d",
            args, 7));
        d->lo = min;
        d->hi = max;
    }
}

static box *argument_region(walk *w, low_func *f)
{
    box *b = box_new(w->c, f->rank);
    b->empty = false;
    for (uint32_t d = 0; d < f->rank; d++) {
        b->dim[d].lo = low_arg_min(w->L, f, d);
        b->dim[d].hi = low_arg_max(w->L, f, d);
    }
    return b;
}

/* The condition under which leaf k of a specialised stage runs. */
static const ir *leaf_runs(walk *w, const stage_plan *p, const stage_plan *leaf)
{
    cb_context *c = w->c;
    const ir *before = ir_bool(c, true);
    for (uint32_t i = 0; i < p->branches.n; i++) {
        const branch_plan *b = &p->branches.at[i];
        const ir *cond = map_getp(&w->L->branch_cond, b);
        const ir *inside = leaf_runs(w, b->plan, leaf);
        if (inside)
            return ir_and(c, ir_and(c, before, cond), inside);
        before = ir_and(c, before, ir_not(c, cond));
    }
    return p == leaf ? before : NULL;
}

/* The dimensions in which f is expected to have the region of this level where it is computed. */
static uint32_t steady_here(const walk *w, const low_func *f)
{
    uint32_t dims = 0;
    for (uint32_t i = w->level; i < w->steady.n; i++)
        if (w->steady.at[i].f == f)
            dims |= UINT32_C(1) << w->steady.at[i].dim;
    return dims;
}

typedef struct size_search {
    cb_context *c;
    bool found;
} size_search;

static bool find_input_size(void *env, const ir *n)
{
    size_search *S = env;
    S->found |= low_is_input_size(S->c, n);
    return !S->found;
}

/* What is left of a condition without what it says of the sizes of inputs: who asks for the regions of inputs does not know them
 * yet, so the answer must do whatever they will be. */
static const ir *without_sizes(walk *w, const ir *cond)
{
    cb_context *c = w->c;
    const ir *in = cond->op == IR_NOT ? cond->arg[0] : cond;
    if (cond->op == IR_AND)
        return ir_and(c, without_sizes(w, cond->arg[0]), without_sizes(w, cond->arg[1]));
    if (cond->op == IR_NOT && in->op == IR_OR)
        return ir_and(c, without_sizes(w, ir_not(c, in->arg[0])), without_sizes(w, ir_not(c, in->arg[1])));
    size_search S = {c, false};
    ir_visit(c, cond, find_input_size, &S);
    return S.found ? ir_bool(c, true) : cond;
}

/* b, and where `when` holds what leaf needs instead, or, if another leaf may run then (`before`), both. A leaf is written for its
 * own conditions: where they do not hold, what it reads is anything. */
static void add_leaf_box(walk *w, box *b, const ir *when, const ir *before, const box *leaf)
{
    cb_context *c = w->c;
    box *both = box_copy(c, b);
    box_hull(c, both, leaf, w->facts);
    for (uint32_t d = 0; d < b->rank; d++) {
        interval *v = &b->dim[d];
        const interval *l = &leaf->dim[d], *h = &both->dim[d];
        if (!h->lo || !h->hi) {
            *v = *h;
            continue;
        }
        v->lo = simplify(c, ir_select(c, when, ir_select(c, before, h->lo, l->lo), v->lo), w->facts);
        v->hi = simplify(c, ir_select(c, when, ir_select(c, before, h->hi, l->hi), v->hi), w->facts);
    }
}

/* What the whole of stage s needs of f, into b. *used: when it needs any of it, NULL: always. A specialised stage that
 * needs none of it in some leaves makes a difference: f is then not computed. */
static void read_whole(walk *w, low_func *f, const low_stage *s, low_site here, const map *regions, box *b,
                       const ir **used)
{
    cb_context *c = w->c;
    nest_runs runs = {.many = !s->f->is_output && !computed_at(s->f, here), .steady = steady_here(w, s->f), .known = &w->parts};
    bool all = true;
    const ir *some = ir_bool(c, false);
    box *of_leaves = NULL;
    const ir *before = ir_bool(c, false); /* one of the leaves so far may run */
    for (uint32_t i = 0; i < s->nleaves; i++) {
        const box *r = reads_of(w, f, s->leaf[i], -1, runs);
        all &= !r->empty;
        if (r->empty)
            continue;
        const ir *now = leaf_runs(w, s->plan, s->leaf[i]->plan), *when = without_sizes(w, now);
        box *t = translate(w, r, regions);
        if (of_leaves)
            add_leaf_box(w, of_leaves, when, when == now ? ir_bool(c, false) : before, t);
        else
            of_leaves = t;
        before = ir_or(c, before, when);
        some = ir_or(c, some, now);
    }
    if (of_leaves)
        box_hull(c, b, of_leaves, w->facts);
    *used = all ? NULL : some;
}

static bool masks_loads(const low_stage *s)
{
    bool found = false;
    for (uint32_t i = 0; i < s->plan->splits.n; i++)
        found |= s->plan->splits.at[i].tail == TAIL_PREDICATE_LOADS;
    return found;
}

static void keep_within(walk *w, box *b, const box *most)
{
    cb_context *c = w->c;
    for (uint32_t d = 0; d < b->rank && !most->empty; d++) {
        interval *v = &b->dim[d];
        const interval *m = &most->dim[d];
        if (!v->lo || !v->hi || !m->lo || !m->hi)
            continue;
        v->lo = simplify(c, ir_max(c, v->lo, m->lo), w->facts);
        v->hi = simplify(c, ir_min(c, v->hi, m->hi), w->facts);
        v->hi = simplify(c, ir_max(c, v->hi, ir_addi(c, v->lo, -1)), w->facts);
    }
}

/* The loop in which the storage of f is made, of the stage whose loop `here` is; -1: none of that stage. */
static int64_t storage_loop(const low_func *f, low_site here)
{
    for (uint32_t i = 0; i < f->nstores; i++)
        if (f->stores[i].stage == here.stage)
            return f->stores[i].loop;
    return -1;
}

/* What one iteration of a loop of s needs of f is part of what the whole of s needs, and of what an iteration of the loop does
 * in which f is stored. That says more where the domain has conditions, or loads are masked beyond the end: they may exclude
 * the iteration altogether, and then nothing is needed that another one does not need, and nothing else has a place. */
static void keep_inside(walk *w, low_func *f, low_site here, box *b)
{
    const low_stage *s = here.stage;
    if ((ir_is_true(s->where) && !masks_loads(s)) || b->empty)
        return;
    int64_t stored = storage_loop(f, here);
    keep_within(w, b, translate(w, reads_of(w, f, s, -1, (nest_runs){0}), &w->rest));
    if (stored >= 0 && stored < here.loop)
        keep_within(w, b, translate(w, reads_of(w, f, s, stored, (nest_runs){0}), &w->rest));
}

/* The region of f that its readers need here, given the regions of the readers. The stage whose loop this is counts
 * its loops from the beginning of what it still has to compute. */
static box *read_region(walk *w, low_func *f, low_site here, const map *regions)
{
    if (f->is_output)
        return argument_region(w, f);
    box *b = box_new(w->c, f->rank);
    b->empty = true;
    const ir *used = ir_bool(w->c, false);
    for (uint32_t i = 0; i < f->readers.n; i++) {
        low_stage *s = f->readers.at[i];
        const ir *when = NULL;
        if (computed_inside(s->f, here)) {
            read_whole(w, f, s, here, regions, b, &when);
        } else if (here.stage && s == here.stage->home) {
            const box *r = reads_of(w, f, here.stage, here.loop, (nest_runs){0});
            if (!r->empty) {
                box *t = translate(w, r, &w->rest);
                keep_inside(w, f, here, t);
                box_hull(w->c, b, t, w->facts);
            }
        } else {
            diag_bug(&w->c->diags, "bounds", "'%s' is read by '%s' outside the loop it is computed in",
                     f->name, s->f->name);
        }
        used = used && when ? ir_or(w->c, used, when) : NULL;
    }
    const ir *none_lo = ir_i32(w->c, 0), *none_hi = ir_i32(w->c, -1);
    for (uint32_t d = 0; d < f->rank && b->empty; d++) {
        b->dim[d].lo = none_lo;
        b->dim[d].hi = none_hi;
    }
    for (uint32_t d = 0; d < f->rank && used && !b->empty; d++) {
        if (b->dim[d].lo)
            b->dim[d].lo = simplify(w->c, ir_select(w->c, used, b->dim[d].lo, none_lo), w->facts);
        if (b->dim[d].hi)
            b->dim[d].hi = simplify(w->c, ir_select(w->c, used, b->dim[d].hi, none_hi), w->facts);
    }
    if (PLANTED(w->c, BOUNDS_MAX) && f->rank > 1 && b->dim[1].hi)
        b->dim[1].hi = ir_addi(w->c, b->dim[1].hi, -1);
    b->empty = false;
    return b;
}

/* No region goes beyond what is known of the whole one, or the constants known of region symbols were not true. */
static void keep_limits(walk *w, const low_func *f, box *b)
{
    cb_context *c = w->c;
    const interval *limit = map_getp(&w->limit, f);
    for (uint32_t d = 0; limit && d < f->rank; d++) {
        interval *v = &b->dim[d];
        const ir *hi = v->hi;
        if (limit[d].lo)
            v->lo = simplify(c, ir_max(c, v->lo, limit[d].lo), w->facts);
        if (limit[d].hi)
            v->hi = simplify(c, ir_min(c, v->hi, limit[d].hi), w->facts);
        if (v->hi != hi) /* empty, but not less */
            v->hi = simplify(c, ir_max(c, v->hi, ir_addi(c, v->lo, -1)), w->facts);
    }
}

static box *touched_region(walk *w, low_func *f, low_site here, const map *regions)
{
    box *b = read_region(w, f, here, regions);
    if (!PLANTED(w->c, BOUNDS_UPDATE))
        low_widen_by_updates(w->L, f, b);
    return b;
}

static void apply_directives(walk *w, const low_func *f, low_site here, box *b, const ir **check)
{
    keep_limits(w, f, b);
    align_region(w, f, here, b);
    promise_region(w, f, here, b, check);
}

static box *find_region(walk *w, low_func *f, low_site here, const map *regions, const ir **check)
{
    box *b = touched_region(w, f, here, regions);
    if (low_unbounded(w->L, f, b))
        guard_fail(&w->c->esc);
    apply_directives(w, f, here, b, check);
    return b;
}

/* ---- parts -------------------------------------------------------------------------------------------------- */

/* Looks at each part in terms of the regions of its readers, which come first. */
static void expect_parts(walk *w)
{
    const map none = {0};
    const ir *ignored = NULL;
    for (uint32_t i = w->L->funcs.n; i-- > 0;) {
        low_func *f = w->L->funcs.at[i];
        if (f->is_output || low_is_extern(f) || !f->compute.stage || map_getp(w->wrong, f))
            continue;
        for (uint32_t k = 0; k < f->ncomputes; k++) {
            box *b = touched_region(w, f, f->computes[k], &none);
            bool bounded = true;
            for (uint32_t d = 0; d < f->rank; d++)
                bounded &= b->dim[d].lo && b->dim[d].hi;
            if (!bounded)
                break; /* an error that the walk will find */
            apply_directives(w, f, f->computes[k], b, &ignored);
            parts_note(w->L, &w->parts, f, b);
        }
    }
}

static const ir *end_of(const walk *w, const map *regions, ir_sym s)
{
    uint64_t v;
    return map_get(regions, s, &v) ? path_expand(w->c, &w->path, (const ir *)(uintptr_t)v) : NULL;
}

/* Notes what is expected of f further in, now that its region at this level is known. */
static void expect_steady(walk *w, const low_func *f, low_site here)
{
    uint32_t dims = parts_steady(w->L, &w->parts, f, here);
    for (uint32_t d = 0; d < f->rank && d < PARTS_DIMS; d++) {
        const ir *lo = end_of(w, &w->rest, f->region_min[d]), *hi = end_of(w, &w->rest, f->region_max[d]);
        bool whole = lo == end_of(w, &w->need, f->region_min[d]) && hi == end_of(w, &w->need, f->region_max[d]);
        if (dims >> d & 1 && whole)
            vec_push(w->c->a, &w->steady, (steady_end){f, d, lo, hi});
        else if (dims >> d & 1 && f->plan->bounds.n)
            map_putp(w->c->a, w->wrong, f, f); /* directives may have counted on it */
    }
}

static bool same_end(walk *w, const ir *a, const ir *b)
{
    const ir *d = simplify(w->c, ir_sub(w->c, a, b), w->facts);
    int64_t k;
    return a == b || (ir_as_int(d, &k) && k == 0);
}

/* Compares what is computed of f here with what was expected of it. */
static void check_part(walk *w, const low_func *f)
{
    cb_context *c = w->c;
    const part *p = map_getp(&w->parts.of, f);
    bool right = true;
    for (uint32_t d = 0; p && d < f->rank; d++) {
        const ir *lo = end_of(w, &w->rest, f->region_min[d]), *hi = end_of(w, &w->rest, f->region_max[d]);
        const ir *extent = simplify(c, ir_addi(c, ir_sub(c, hi, lo), 1), w->facts);
        right &= parts_same_rest(p[d].extent, range_of(c, extent, w->facts));
        for (uint32_t i = 0; i < w->steady.n && right; i++) {
            const steady_end *s = &w->steady.at[i];
            right &= s->f != f || s->dim != d || (same_end(w, s->lo, lo) && same_end(w, s->hi, hi));
        }
    }
    if (!right)
        map_putp(c->a, w->wrong, f, f);
}

/* ---- names for regions --------------------------------------------------------------------------------------- */

/* Sums of a few symbols are used in place; anything else is computed once, by a let. */
static bool is_plain(const ir *e, int *budget)
{
    if (--*budget < 0)
        return false;
    switch ((int)e->op) {
    case IR_INT:
    case IR_VAR:
    case IR_FIELD:
        return true;
    case IR_ADD:
    case IR_SUB:
        return is_plain(e->arg[0], budget) && is_plain(e->arg[1], budget);
    case IR_MUL:
        return e->arg[1]->op == IR_INT && is_plain(e->arg[0], budget);
    default:
        return false;
    }
}

typedef vec(binding) bindings;

static const ir *name_bound(walk *w, bindings *lets, ir_sym region, const ir *e)
{
    int budget = 9;
    if (is_plain(e, &budget))
        return e;
    for (uint32_t i = 0; i < lets->n; i++)
        if (lets->at[i].value == e)
            return ir_var(w->c, lets->at[i].sym);
    ir_sym s = ir_sym_new(w->c, ir_sym_name(w->c, region), SYM_LET, T_I32, NULL);
    map_put(w->c->a, &w->path.expand, s,
            (uint64_t)(uintptr_t)simplify(w->c, path_expand(w->c, &w->path, e), w->facts));
    vec_push(w->c->a, lets, (binding){s, e});
    return ir_var(w->c, s);
}

static void set_region(walk *w, bindings *saved, map *regions, ir_sym s, const ir *e)
{
    uint64_t old;
    if (map_get(regions, s, &old))
        vec_push(w->c->a, saved, (binding){s, (const ir *)(uintptr_t)old});
    map_put(w->c->a, regions, s, (uint64_t)(uintptr_t)e);
}

static void restore(walk *w, const bindings *saved, map *regions)
{
    for (uint32_t i = saved->n; i-- > 0;)
        map_put(w->c->a, regions, saved->at[i].sym, (uint64_t)(uintptr_t)saved->at[i].value);
}

/* ---- the walk --------------------------------------------------------------------------------------------------- */

typedef struct scope {
    bindings lets, saved_rest, saved_need;
    const ir *checks;
} scope;

/* A window of f, which may be computed in several places, one of which runs: its storage is folded when it is in all of
 * them, along the same dimension, to what the largest needs. */
static bool slide(walk *w, low_func *f, const ir **lo, const ir **hi, const ir **check)
{
    uint32_t dim = f->fold_dim;
    int64_t rows = f->fold_factor;
    f->fold_factor = 0;
    bool slid = slide_region(w->L, &w->path, f, lo, hi, w->facts, check);
    if (map_getp(&w->windows, f)) {
        bool both = rows && f->fold_factor && dim == f->fold_dim;
        f->fold_factor = !both ? 0 : rows > f->fold_factor ? rows : f->fold_factor;
    }
    map_putp(w->c->a, &w->windows, f, f);
    return slid;
}

/* Asks the C function of f about a region, and binds what it answers in `regions`. */
static const ir *ask(walk *w, low_func *f, scope *sc, box *region, map *regions, bindings *saved)
{
    cb_context *c = w->c;
    const low_stage *s = &f->stages[0];
    const ir *query = ir_substitute(c, low_query(s, region), regions);
    ir_sym q = ir_sym_new(c, ir_sym_name(c, f->query), SYM_LET, T_I64, NULL);
    vec_push(c->a, &sc->lets, (binding){q, query});
    map_put(c->a, &w->path.asked, q, (uint64_t)(uintptr_t)path_expand(c, &w->path, query));
    if (!f->is_output) /* an output's buffer is as large as it is; the entry checks ask as well */
        low_query_region(s, ir_var(c, q), region);
    for (uint32_t d = 0; d < f->rank; d++) {
        region->dim[d].lo = name_bound(w, &sc->lets, f->region_min[d], region->dim[d].lo);
        region->dim[d].hi = name_bound(w, &sc->lets, f->region_max[d], region->dim[d].hi);
        set_region(w, saved, regions, f->region_min[d], region->dim[d].lo);
        set_region(w, saved, regions, f->region_max[d], region->dim[d].hi);
    }
    set_region(w, saved, regions, f->query, ir_var(c, q));
    return ir_var(c, q);
}

/* Storage made further out holds what the function was asked for there. */
static void check_stored(walk *w, const low_func *f, const box *region, scope *sc)
{
    cb_context *c = w->c;
    const box *stored = map_getp(&w->stored, f);
    for (uint32_t d = 0; stored && d < f->rank; d++) {
        const interval *a = &region->dim[d], *b = &stored->dim[d];
        const ir *args[] = {ir_string(c, f->name), a->lo, a->hi, ir_i32(c, d), b->lo, b->hi};
        const ir *holds = ir_or(c, ir_lt(c, a->hi, a->lo),
                                ir_and(c, ir_le(c, b->lo, a->lo), ir_le(c, a->hi, b->hi)));
        sc->checks = ir_block2(c, sc->checks, ir_assert(c, holds, CB_ERR_EXTERN,
            "the C function of '%s' is to compute %d to %d in dimension %d, but its storage, made "
            "in an outer loop, covers %d to %d only", args, 6));
    }
}

/* The region of a Func computed by a C function: the function has the last word. */
static void define_asked(walk *w, low_func *f, low_site here, scope *sc)
{
    cb_context *c = w->c;
    bool produced_here = f->is_output ? !here.stage : computed_at(f, here);
    const ir *ignored = NULL, **check = produced_here ? &sc->checks : &ignored;
    box *wanted = find_region(w, f, here, &w->need, check);
    box *whole = box_copy(w->c, wanted), *rest = box_copy(w->c, wanted);
    const ir *q = ask(w, f, sc, whole, &w->need, &sc->saved_need);
    if (!f->is_output && !produced_here && stored_at(f, here))
        map_putp(c->a, &w->stored, f, whole);
    const ir **lo = NEW_ARRAY(c->a, const ir *, f->rank + 1);
    const ir **hi = NEW_ARRAY(c->a, const ir *, f->rank + 1);
    for (uint32_t d = 0; d < f->rank; d++) {
        lo[d] = name_bound(w, &sc->lets, f->region_min[d], wanted->dim[d].lo);
        hi[d] = name_bound(w, &sc->lets, f->region_max[d], wanted->dim[d].hi);
    }
    bool outside = !f->is_output && produced_here && !stored_at(f, here), again = w->slid;
    if (produced_here && !f->is_output && slide(w, f, lo, hi, &sc->checks)) {
        w->slid = again = true;
        for (uint32_t d = 0; d < f->rank; d++) {
            rest->dim[d].lo = name_bound(w, &sc->lets, f->region_min[d], lo[d]);
            rest->dim[d].hi = name_bound(w, &sc->lets, f->region_max[d], hi[d]);
        }
    } else if (again) {
        rest = find_region(w, f, here, &w->rest, &ignored);
    }
    if (again) {
        ask(w, f, sc, rest, &w->rest, &sc->saved_rest);
    } else {
        rest = whole;
        for (uint32_t d = 0; d < f->rank; d++) {
            set_region(w, &sc->saved_rest, &w->rest, f->region_min[d], whole->dim[d].lo);
            set_region(w, &sc->saved_rest, &w->rest, f->region_max[d], whole->dim[d].hi);
        }
        set_region(w, &sc->saved_rest, &w->rest, f->query, q);
    }
    if (outside)
        check_stored(w, f, rest, sc);
}

/* Defines the region of f for everything inside `here`. */
static void define_region(walk *w, low_func *f, low_site here, scope *sc)
{
    cb_context *c = w->c;
    if (low_is_extern(f)) {
        define_asked(w, f, here, sc);
        return;
    }
    bool produced_here = !f->is_output && computed_at(f, here);
    const ir *ignored = NULL, **check = produced_here || f->is_output ? &sc->checks : &ignored;
    box *needed = find_region(w, f, here, &w->need, check);
    const ir **lo = NEW_ARRAY(c->a, const ir *, f->rank + 1);
    const ir **hi = NEW_ARRAY(c->a, const ir *, f->rank + 1);
    for (uint32_t d = 0; d < f->rank; d++) {
        lo[d] = name_bound(w, &sc->lets, f->region_min[d], needed->dim[d].lo);
        hi[d] = name_bound(w, &sc->lets, f->region_max[d], needed->dim[d].hi);
        set_region(w, &sc->saved_need, &w->need, f->region_min[d], lo[d]);
        set_region(w, &sc->saved_need, &w->need, f->region_max[d], hi[d]);
    }
    if (produced_here && slide(w, f, lo, hi, &sc->checks)) {
        w->slid = true;
        for (uint32_t d = 0; d < f->rank; d++) {
            lo[d] = name_bound(w, &sc->lets, f->region_min[d], lo[d]);
            hi[d] = name_bound(w, &sc->lets, f->region_max[d], hi[d]);
        }
    } else if (w->slid) { /* no window of its own: only what its readers still have to compute */
        box *left = find_region(w, f, here, &w->rest, &ignored);
        for (uint32_t d = 0; d < f->rank; d++) {
            lo[d] = name_bound(w, &sc->lets, f->region_min[d], left->dim[d].lo);
            hi[d] = name_bound(w, &sc->lets, f->region_max[d], left->dim[d].hi);
        }
    }
    for (uint32_t d = 0; d < f->rank; d++) {
        set_region(w, &sc->saved_rest, &w->rest, f->region_min[d], lo[d]);
        set_region(w, &sc->saved_rest, &w->rest, f->region_max[d], hi[d]);
    }
    if (produced_here)
        check_part(w, f);
    else
        expect_steady(w, f, here);
}

static const ir *rewrite(walk *w, const ir *n);

/* e without the lets of a scope, the last of which may use those before. */
static const ir *without_lets(walk *w, const scope *sc, const ir *e)
{
    for (uint32_t i = sc->lets.n; i-- > 0 && e;)
        e = ir_substitute1(w->c, e, sc->lets.at[i].sym, sc->lets.at[i].value);
    return e ? simplify(w->c, e, NULL) : NULL;
}

/* What all loops together read of arguments and tables at most, where a schedule makes that more than definitions say: outside of
 * all loops, so that what C functions answer there counts, and parts that are rounded up each. */
static void note_arguments(walk *w, const scope *sc, low_func *const *f, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const ir *when;
        box *b = f[i]->nest_reads = box_new(w->c, f[i]->rank);
        b->empty = true;
        for (uint32_t k = 0; k < f[i]->readers.n; k++)
            read_whole(w, f[i], f[i]->readers.at[k], (low_site){NULL, 0}, &w->need, b, &when);
        for (uint32_t d = 0; d < b->rank && !b->empty; d++) {
            interval *v = &b->dim[d];
            v->lo = without_lets(w, sc, v->lo);
            v->hi = without_lets(w, sc, v->hi);
        }
    }
}

/* The statement inside the lets and guards of a loop (or outside all loops): regions are defined here. */
static const ir *rewrite_level(walk *w, const ir *n, low_site here)
{
    scope sc = {0};
    bool slid = w->slid;
    uint32_t level = w->level, steady = w->level = w->steady.n;
    for (uint32_t i = w->L->funcs.n; i-- > 0;)
        if (computed_inside(w->L->funcs.at[i], here))
            define_region(w, w->L->funcs.at[i], here, &sc);
    if (!here.stage && low_widens(w->L)) {
        note_arguments(w, &sc, w->L->inputs.at, w->L->inputs.n);
        note_arguments(w, &sc, w->L->tables.at, w->L->tables.n);
        note_arguments(w, &sc, w->L->outputs.at, w->L->outputs.n); /* which other Funcs may read */
    }
    n = ir_block2(w->c, sc.checks, rewrite(w, n));
    for (uint32_t i = sc.lets.n; i-- > 0;)
        n = ir_let_stmt(w->c, sc.lets.at[i].sym, sc.lets.at[i].value, n);
    restore(w, &sc.saved_rest, &w->rest);
    restore(w, &sc.saved_need, &w->need);
    w->slid = slid;
    w->steady.n = steady;
    w->level = level;
    return n;
}

static const ir *rewrite_expr(walk *w, const ir *e)
{
    return ir_substitute(w->c, e, &w->rest);
}

/* The lets and guards directly inside a loop, then the level. */
static const ir *rewrite_spine(walk *w, const ir *n, low_site here)
{
    cb_context *c = w->c;
    if (n->op == IR_LET_STMT) {
        const ir *value = rewrite_expr(w, n->arg[0]);
        map_put(c->a, &w->path.expand, n->u.info->sym,
                (uint64_t)(uintptr_t)path_expand(c, &w->path, value));
        return ir_let_stmt(c, n->u.info->sym, value, rewrite_spine(w, n->arg[1], here));
    }
    if (n->op == IR_IF && n->nargs == 2 && n != here.stage->core) {
        const ir *cond = rewrite_expr(w, n->arg[0]);
        vec_push(c->a, &w->path.items, (path_item){.cond = cond});
        n = ir_if(c, cond, rewrite_spine(w, n->arg[1], here), NULL);
        (void)vec_pop(&w->path.items);
        return n;
    }
    return rewrite_level(w, n, here);
}

static const ir *rewrite_for(walk *w, const ir *n)
{
    cb_context *c = w->c;
    const ir *min = simplify(c, rewrite_expr(w, for_min(n)), w->facts);
    const ir *extent = simplify(c, rewrite_expr(w, for_extent(n)), w->facts);
    low_site here;
    if (!low_find_loop(w->L, for_sym(n), &here))
        diag_bug(&c->diags, "bounds", "a loop belongs to no stage");
    facts *outer = w->facts;
    w->facts = facts_new(c, outer);
    facts_range(w->facts, for_sym(n), min, ir_addi(c, ir_add(c, min, extent), -1));
    vec_push(c->a, &w->path.items,
             (path_item){.site = here, .sym = for_sym(n), .kind = n->u.info->kind, .min = min, .extent = extent});
    const ir *body = rewrite_spine(w, for_body(n), here);
    (void)vec_pop(&w->path.items);
    w->facts = outer;
    return ir_with_args(c, n, (const ir *[]){min, extent, body});
}

/* Leaves of a specialised stage: each is looked at knowing which it is. */
static const ir *rewrite_branches(walk *w, const ir *n)
{
    facts *outer = w->facts;
    const ir *arg[3] = {rewrite_expr(w, n->arg[0])};
    for (int i = 1; i < 3; i++) {
        w->facts = facts_new(w->c, outer);
        facts_assume(w->facts, i == 1 ? arg[0] : ir_not(w->c, arg[0]));
        arg[i] = rewrite(w, n->arg[i]);
    }
    w->facts = outer;
    return ir_with_args(w->c, n, arg);
}

static const ir *rewrite(walk *w, const ir *n)
{
    if (!ir_is_stmt(n))
        return rewrite_expr(w, n);
    if (n->op == IR_FOR)
        return rewrite_for(w, n);
    if (n->op == IR_IF && n->nargs > 2)
        return rewrite_branches(w, n);
    const ir **args = NEW_ARRAY(w->c->a, const ir *, n->nargs + 1);
    for (uint32_t i = 0; i < n->nargs; i++)
        args[i] = rewrite(w, n->arg[i]);
    return ir_with_args(w->c, n, args);
}

/* Not where the schedule widens regions, which makes those of the arguments larger as well. */
static void know_regions(walk *w)
{
    map whole = {0};
    if (low_widens(w->L))
        return;
    w->known = facts_new(w->c, NULL);
    low_whole_regions(w->L, &whole);
    for (uint32_t i = 0; i < w->L->funcs.n; i++) {
        const low_func *f = w->L->funcs.at[i];
        const box *b = map_getp(&whole, f);
        if (!b || b->empty || f->is_output)
            continue;
        interval *limit = NEW_ARRAY(w->c->a, interval, f->rank + 1);
        map_putp(w->c->a, &w->limit, f, limit);
        for (uint32_t d = 0; d < f->rank; d++) {
            const_range lo = {0}, hi = {0};
            if (b->dim[d].lo)
                lo = range_of(w->c, b->dim[d].lo, NULL);
            if (b->dim[d].hi)
                hi = range_of(w->c, b->dim[d].hi, NULL);
            if (lo.has_lo && lo.lo > INT32_MIN)
                facts_range(w->known, f->region_min[d], limit[d].lo = ir_i32(w->c, lo.lo), NULL);
            if (hi.has_hi && hi.hi < INT32_MAX)
                facts_range(w->known, f->region_max[d], NULL, limit[d].hi = ir_i32(w->c, hi.hi));
        }
    }
}

static const ir *bounds(low *L, map *wrong)
{
    walk w = {.L = L, .c = L->ctx, .facts = facts_new(L->ctx, NULL), .wrong = wrong};
    know_regions(&w);
    expect_parts(&w);
    return rewrite_level(&w, L->body, (low_site){NULL, 0});
}

void low_bounds(low *L)
{
    map wrong = {0};
    const ir *body;
    uint32_t before;
    do {
        for (uint32_t i = 0; i < L->funcs.n; i++)
            L->funcs.at[i]->fold_factor = 0;
        before = wrong.n;
        body = bounds(L, &wrong);
    } while (wrong.n > before && !L->ctx->diags.errors);
    L->body = body;
}
