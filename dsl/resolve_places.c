/* dsl/resolve_places.c: where each Func is computed and stored, and whether that is possible.
 *
 *     blur_x  compute_at(out, yi), store_at(out, yo)
 *
 * Words. The *site* of a stage is its body, inside all its loops. A Func is placed inline, at the
 * root, or at a loop of a stage of another Func. The *nest path* of a place is the chain of loops
 * around it: from the loop outwards to the outermost loop of its stage, then on from where that
 * stage's Func is computed, up to the root.
 *
 * Rules, for f computed at loop L of stage s of g:
 *
 *   cover   every stage that reads f (directly or through inlined Funcs; f's own updates do not
 *           count) lies within L: it is s itself, or following where its Func is computed, and
 *           where that one is, ..., leads to stage s at L or at a loop inside L. At least one does.
 *           The bounds of a domain are read before its loops begin: for these, L must be outside of
 *           all loops of the domain.
 *   vector  neither L nor any loop around it in its nest path is a vector loop.
 *   store   the place of storage is on f's nest path: L itself or further out. Between it and L, L
 *           included, no loop is parallel: its iterations would share storage that each of them
 *           overwrites. (The loop of the storage itself may be parallel: storage is made in each of
 *           its iterations.)
 *
 * Defaults: an output is computed at the root into the caller's buffer; a Func with updates at the
 * root; any other Func inline. Storage is where computation is.
 */
#include "sched.h"

#include <string.h>

/* Which Funcs does each stage read, inlined ones seen through? Bit sets over p->funcs. */
typedef struct reads {
    uint32_t words;
    uint64_t **func; /* per Func: union over its stages, for inlining */
    uint64_t ***stage;
    uint64_t ***domain; /* of those, what the bounds of the stage's domain read */
} reads;

static bool has(const uint64_t *set, uint32_t i) { return set[i / 64] >> (i % 64) & 1; }
static void include(uint64_t *set, uint32_t i) { set[i / 64] |= (uint64_t)1 << (i % 64); }

static func_plan *plan_at(const resolver *R, uint32_t i) { return R->p->plans.at[i]; }
static bool inlined(const resolver *R, uint32_t i)
{
    return plan_at(R, i)->compute.kind == LEVEL_INLINE;
}

/* ---- decisions and defaults ------------------------------------------------------------------ */

static void refuse_inlined(resolver *R, const func_plan *f, const func_dirs *dirs)
{
    diag *g;
    if (dirs->compute) {
        g = sched_report(R, DIAG_CONTRADICTION, dirs->any, -1,
                         "'%s' is computed inline and has no loops or storage of its own",
                         f->func->name);
        sched_note_at(R, g, dirs->compute);
    } else {
        g = sched_report(
            R, DIAG_INLINED_STAGE, dirs->any, -1,
            "'%s' is computed inline, the default, and has no loops or storage of its own",
            f->func->name);
    }
    sched_help(R, g, "say where it is computed: compute_root() or compute_at(stage, loop)");
    sched_end(R, g);
}

const stage_plan *given_to_c(cb_context *c, const pipeline *p, const cb_func_s *f)
{
    for (uint32_t i = 0; i < p->plans.n; i++) {
        const stage_plan *s = p->plans.at[i]->stages.at[0];
        for (uint32_t k = 0; k < s->def->ngiven; k++)
            if (given_func(c, s->def->given[k]) == f)
                return s;
    }
    return NULL;
}

static void refuse_inline_extern(resolver *R, const directive *d, const func_plan *f, const stage_plan *by)
{
    const definition *own = f->func->defs.at[0];
    diag *g = by ? sched_report(R, DIAG_INLINE_UPDATES, d, -1,
                                "'%s' is given as a buffer to the C function '%s'", f->func->name,
                                by->def->function)
                 : sched_report(R, DIAG_INLINE_UPDATES, d, -1,
                                "'%s' is computed by the C function '%s': there is nothing to substitute",
                                f->func->name, own->function);
    diag_note(&R->c->diags, g, by ? by->def->loc : own->loc, "the function is used here");
    sched_help(R, g, "use compute_root() or compute_at(stage, loop)");
    sched_end(R, g);
}

static void decide_compute(resolver *R, uint32_t i)
{
    func_plan *f = plan_at(R, i);
    const func_dirs *dirs = &R->dirs[i];
    const directive *d = dirs->compute;
    const stage_plan *by = given_to_c(R->c, R->p, f->func);
    bool external = f->func->defs.at[0]->kind == DEF_EXTERN || by;
    bool whole = f->func->defs.n > 1 || external || f->func->defs.at[0]->partial;
    f->compute = (loop_level){.kind = LEVEL_ROOT, .from = d};
    if (d && d->op == DIR_COMPUTE_AT)
        f->compute.kind = LEVEL_AT;
    else if (d ? d->op == DIR_COMPUTE_INLINE : !whole && !pipeline_is_output(R->p, f->func))
        f->compute.kind = LEVEL_INLINE;
    f->store = f->compute;
    if (f->compute.kind != LEVEL_INLINE)
        return;
    if (external) {
        refuse_inline_extern(R, d, f, f->func->defs.at[0]->kind == DEF_EXTERN ? NULL : by);
    } else if (whole) {
        bool partial = f->func->defs.n == 1;
        diag *g = sched_report(R, DIAG_INLINE_UPDATES, d, -1,
                               partial ? "'%s' leaves elements undefined: only a definition that "
                                         "always has a value can be substituted"
                                       : "'%s' has updates: only a single pure definition can be substituted",
                               f->func->name);
        diag_note(&R->c->diags, g, f->func->defs.at[f->func->defs.n - 1]->loc,
                  partial ? "undef is used here" : "its last update is here");
        sched_help(R, g, "use compute_root() or compute_at(stage, loop)");
        sched_end(R, g);
    } else if (dirs->any) {
        refuse_inlined(R, f, dirs);
    }
}

/* The loop must be there whatever the arguments are. */
static void refuse_leaf(resolver *R, const directive *d, const stage_plan *leaf)
{
    const directive *from = leaf->branch;
    diag *g = sched_report(R, DIAG_NO_SUCH_LOOP, d, 1,
                           from ? "'%s' has no loop '%s' in one of its branches"
                                : "'%s' has no loop '%s' where no condition holds",
                           stage_text(R, leaf), d->arg[1].name);
    if (from)
        diag_note(&R->c->diags, g, from->loc, "the branch of %s, with loops %s, outermost first",
                  directive_text(R->c, from), loops_text(R, leaf));
    else
        sched_note(R, g, "its loops there, outermost first: %s", loops_text(R, leaf));
    sched_end_help(R, g, "make that loop before the specialize(), or in each branch by this name");
}

/* Fills a level from compute_at or store_at; false after a report. */
static bool find_level(resolver *R, loop_level *l, const directive *d)
{
    stage_plan *s = find_stage(R, d, 0);
    if (!s)
        return false;
    uint32_t g = func_index(R, s->func);
    if (inlined(R, g)) {
        diag *report = sched_report(R, DIAG_INLINED_STAGE, d, 0,
                                    "'%s' is computed inline and has no loops", s->func->name);
        if (R->dirs[g].compute)
            sched_note_at(R, report, R->dirs[g].compute);
        sched_help(R, report,
                   "place it in a loop of a stage that is computed, or compute '%s' somewhere",
                   s->func->name);
        sched_end(R, report);
        return false;
    }
    stage_plans leaves = {0};
    stage_leaves(R->c->a, s, &leaves);
    uint32_t *loop = NEW_ARRAY(R->c->a, uint32_t, leaves.n);
    for (uint32_t i = 0; i < leaves.n; i++) {
        if (leaves.n > 1 && !has_loop(leaves.at[i], d->arg[1].name)) {
            refuse_leaf(R, d, leaves.at[i]);
            return false;
        }
        loop[i] = find_loop(R, d, 1, leaves.at[i]);
        if (loop[i] == UINT32_MAX)
            return false;
    }
    *l = (loop_level){.kind = LEVEL_AT, .func = s->func, .stage = s->update + 1, .loop = loop[0],
                      .leaf_loop = loop, .from = d};
    return true;
}

static void decide_places(resolver *R)
{
    for (uint32_t i = 0; i < R->p->plans.n; i++)
        decide_compute(R, i);
    if (R->failed)
        return;
    for (uint32_t i = 0; i < R->p->plans.n; i++) {
        func_plan *f = plan_at(R, i);
        const func_dirs *dirs = &R->dirs[i];
        if (f->compute.kind == LEVEL_AT && !find_level(R, &f->compute, dirs->compute))
            continue;
        f->store = f->compute;
        f->store.from = dirs->store;
        if (dirs->store && dirs->store->op == DIR_STORE_AT)
            find_level(R, &f->store, dirs->store);
        else if (dirs->store)
            f->store = (loop_level){.kind = LEVEL_ROOT, .from = dirs->store};
        f->hoist = f->store;
        f->hoist.from = dirs->hoist;
        if (dirs->hoist && dirs->hoist->op == DIR_HOIST_STORAGE)
            find_level(R, &f->hoist, dirs->hoist);
        else if (dirs->hoist)
            f->hoist = (loop_level){.kind = LEVEL_ROOT, .from = dirs->hoist};
    }
}

/* ---- who reads whom -------------------------------------------------------------------------- */

typedef struct collector {
    const resolver *R;
    uint64_t *set;
    map *index; /* Func's symbol -> position in p->funcs */
} collector;

static bool collect_call(void *env, const ir *n)
{
    collector *k = env;
    uint64_t i;
    if (n->op == IR_CALL && map_get(k->index, n->u.ref.sym, &i))
        include(k->set, (uint32_t)i);
    return true;
}

static void collect_domain(collector *k, const rdom *r)
{
    for (uint32_t i = 0; r && i < r->ndims; i++) {
        ir_visit(k->R->c, r->dims[i].min, collect_call, k);
        ir_visit(k->R->c, r->dims[i].extent, collect_call, k);
    }
}

static void collect_body(collector *k, const definition *d, const cb_func_s *f)
{
    cb_context *c = k->R->c;
    for (uint32_t i = 0; i < f->rank; i++)
        ir_visit(c, d->lhs[i], collect_call, k);
    for (uint32_t i = 0; i < f->nvalues; i++)
        ir_visit(c, d->values[i], collect_call, k);
    for (uint32_t i = 0; i < d->ngiven; i++)
        ir_visit(c, d->given[i], collect_call, k);
    for (uint32_t i = 0; d->dom && i < d->dom->where.n; i++)
        ir_visit(c, d->dom->where.at[i], collect_call, k);
}

/* The direct calls in `direct` with inlined Funcs seen through; f's own are left out. */
static uint64_t *see_through(const resolver *R, const reads *r, const uint64_t *direct, uint32_t f)
{
    uint64_t *set = NEW_ARRAY(R->c->a, uint64_t, r->words);
    for (uint32_t j = 0; j < R->p->funcs.n; j++) {
        if (j == f || !has(direct, j))
            continue;
        if (!inlined(R, j))
            include(set, j);
        for (uint32_t w = 0; inlined(R, j) && w < r->words; w++)
            set[w] |= r->func[j][w];
    }
    return set;
}

/* Producers come first in p->funcs: what an inlined Func reads is complete when its readers look. */
static reads *find_reads(resolver *R)
{
    arena *a = R->c->a;
    uint32_t n = R->p->funcs.n;
    reads *r = NEW(a, reads);
    map index = {0};
    r->words = n / 64 + 1;
    r->func = NEW_ARRAY(a, uint64_t *, n + 1);
    r->stage = NEW_ARRAY(a, uint64_t **, n + 1);
    r->domain = NEW_ARRAY(a, uint64_t **, n + 1);
    for (uint32_t i = 0; i < n; i++)
        map_put(a, &index, R->p->funcs.at[i]->sym, i);
    for (uint32_t i = 0; i < n; i++) {
        const cb_func_s *f = R->p->funcs.at[i];
        r->func[i] = NEW_ARRAY(a, uint64_t, r->words);
        r->stage[i] = NEW_ARRAY(a, uint64_t *, f->defs.n);
        r->domain[i] = NEW_ARRAY(a, uint64_t *, f->defs.n);
        for (uint32_t k = 0; k < f->defs.n; k++) {
            collector C = {R, NEW_ARRAY(a, uint64_t, r->words), &index};
            const definition *def = plan_at(R, i)->stages.at[k]->def;
            collect_domain(&C, def->dom);
            r->domain[i][k] = see_through(R, r, C.set, i);
            collect_body(&C, def, f);
            r->stage[i][k] = see_through(R, r, C.set, i);
            for (uint32_t w = 0; w < r->words; w++)
                r->func[i][w] |= r->stage[i][k][w];
        }
    }
    return r;
}

/* ---- rules ----------------------------------------------------------------------------------- */

/* A loop of a stage, by position: 0 outermost. */
typedef struct site {
    uint32_t func, stage;
    int pos;
} site;

/* The stage's leaf that is looked at now. Rules about places are conditions on the loops of one
 * stage at a time, joined by "and": so they hold for all combinations of leaves if they hold when
 * leaf n of every stage (its last one where there are fewer) is looked at, for n = 0, 1, ... */
static uint32_t leaf_now(const resolver *R, const stage_plans *leaves)
{
    return R->leaf < leaves->n ? R->leaf : leaves->n - 1;
}

static stage_plan *stage_of(const resolver *R, site s)
{
    stage_plan *p = plan_at(R, s.func)->stages.at[s.stage];
    if (!p->branches.n)
        return p;
    stage_plans leaves = {0};
    stage_leaves(R->c->a, p, &leaves);
    return leaves.at[leaf_now(R, &leaves)];
}

static site site_of(const resolver *R, const loop_level *l)
{
    site s = {func_index(R, l->func), (uint32_t)l->stage, 0};
    stage_plans leaves = {0};
    stage_leaves(R->c->a, plan_at(R, s.func)->stages.at[s.stage], &leaves);
    s.pos = loop_position(stage_of(R, s), l->leaf_loop[leaf_now(R, &leaves)]);
    return s;
}

/* Follows where Funcs are computed from f outwards: sets *at to the loop f's computation stands in
 * directly; false at the root. */
static bool outwards(const resolver *R, uint32_t f, site *at)
{
    const loop_level *l = &plan_at(R, f)->compute;
    if (l->kind != LEVEL_AT)
        return false;
    *at = site_of(R, l);
    return true;
}

/* Does the body of stage `stage` of Func h lie within `place`? */
static bool within(const resolver *R, uint32_t h, uint32_t stage, site place)
{
    if (h == place.func)
        return stage == place.stage;
    site at;
    for (uint32_t steps = 0; steps <= R->p->plans.n && outwards(R, h, &at); steps++) {
        if (at.func == place.func)
            return at.stage == place.stage && at.pos >= place.pos;
        h = at.func;
    }
    return false;
}

/* Is `place` a loop of the domain of its own stage, or inside one? */
static bool inside_domain(const resolver *R, site place)
{
    const stage_plan *s = stage_of(R, place);
    for (int i = 0; i <= place.pos; i++)
        if (s->dims_all.at[s->loops.at[i]].is_rvar)
            return true;
    return false;
}

/* The first reader of f that lies within `place` (in) or outside of it (out); UINT32_MAX: none. */
typedef struct readers {
    uint32_t in, out, out_stage;
} readers;

static readers find_readers(const resolver *R, const reads *r, uint32_t f, site place)
{
    readers out = {UINT32_MAX, UINT32_MAX, 0};
    for (uint32_t h = 0; h < R->p->plans.n; h++) {
        if (h == f || inlined(R, h))
            continue;
        for (uint32_t k = 0; k < plan_at(R, h)->stages.n; k++) {
            if (!has(r->stage[h][k], f))
                continue;
            bool own = h == place.func && k == place.stage;
            bool late = own && has(r->domain[h][k], f) && inside_domain(R, place);
            if (!late && within(R, h, k, place)) {
                if (out.in == UINT32_MAX)
                    out.in = h;
            } else if (out.out == UINT32_MAX) {
                out.out = h;
                out.out_stage = k;
            }
        }
    }
    return out;
}

/* A vector loop among loop `place` and those around it, or NULL. */
static const loop_plan *vector_around(const resolver *R, site place)
{
    for (uint32_t steps = 0; steps <= R->p->plans.n; steps++) {
        const stage_plan *s = stage_of(R, place);
        for (int i = 0; i <= place.pos; i++)
            if (s->dims_all.at[s->loops.at[i]].kind == LOOP_VECTOR)
                return &s->dims_all.at[s->loops.at[i]];
        if (!outwards(R, place.func, &place))
            break;
    }
    return NULL;
}

/* Is Func f computed inside Func g, directly or further in? */
static bool computed_inside(const resolver *R, uint32_t f, uint32_t g)
{
    site at;
    for (uint32_t steps = 0; steps <= R->p->plans.n && outwards(R, f, &at); steps++) {
        if (at.func == g)
            return true;
        f = at.func;
    }
    return false;
}

static void check_cycle(resolver *R, uint32_t f)
{
    site at;
    const loop_level *l = &plan_at(R, f)->compute;
    if (l->kind == LEVEL_AT && func_index(R, l->func) == f) {
        diag *g = sched_report(R, DIAG_COMPUTE_CYCLE, l->from, 0,
                               "'%s' cannot be computed inside itself", l->func->name);
        sched_help(R, g, "name a loop of a stage that reads it");
        sched_end(R, g);
        return;
    }
    if (!computed_inside(R, f, f))
        return;
    /* a cycle is reported once, at its first Func */
    uint32_t h = f;
    for (uint32_t steps = 0; steps <= R->p->plans.n && outwards(R, h, &at) && at.func != f;
         steps++) {
        if (at.func < f && computed_inside(R, at.func, at.func))
            return;
        h = at.func;
    }
    /* at one that is placed in a Func it may read itself: that place is wrong whatever the others' are */
    while (outwards(R, f, &at) && at.func > f)
        f = at.func;
    diag *g = sched_report(R, DIAG_COMPUTE_CYCLE, plan_at(R, f)->compute.from, 0,
                           "'%s' would be computed inside itself", plan_at(R, f)->func->name);
    h = f;
    for (uint32_t steps = 0; steps < 8 && outwards(R, h, &at) && at.func != f; steps++) {
        h = at.func;
        sched_note_at(R, g, plan_at(R, h)->compute.from);
    }
    sched_help(R, g, "compute one of them at the root");
    sched_end(R, g);
}

static void check_cover(resolver *R, const reads *r, uint32_t f)
{
    const loop_level *l = &plan_at(R, f)->compute;
    const char *name = plan_at(R, f)->func->name;
    if (l->kind != LEVEL_AT)
        return;
    site place = site_of(R, l);
    const stage_plan *s = stage_of(R, place);
    readers who = find_readers(R, r, f, place);
    const loop_plan *vector = vector_around(R, place);
    diag *g = NULL;
    bool late = who.out == place.func && who.out_stage == place.stage;
    if (who.in == UINT32_MAX && !late) {
        g = sched_report(R, DIAG_NOT_A_CONSUMER, l->from, 0, "'%s' does not use '%s' in this loop",
                         stage_text(R, s), name);
        if (who.out != UINT32_MAX) {
            const stage_plan *user = plan_at(R, who.out)->stages.at[who.out_stage];
            diag_note(&R->c->diags, g, user->def->loc, "'%s' uses it", stage_text(R, user));
        }
    } else if (who.out != UINT32_MAX) {
        const stage_plan *user = plan_at(R, who.out)->stages.at[who.out_stage];
        g = sched_report(R, DIAG_USE_OUTSIDE, l->from, 1, "'%s' is used outside of this loop too",
                         name);
        diag_note(&R->c->diags, g, user->def->loc,
                  late ? "by the bounds of the domain of '%s', before loop '%s' of '%s' begins"
                      : "by '%s', which is not computed inside loop '%s' of '%s'",
                  stage_text(R, user), s->dims_all.at[s->loops.at[place.pos]].name, stage_text(R, s));
    } else if (vector) {
        g = sched_report(R, DIAG_INSIDE_VECTOR, l->from, 1, "this place is inside vector loop '%s'",
                         vector->name);
        sched_note_at(R, g, vector->from);
    }
    if (!g)
        return;
    sched_hint(R, "compute it at the root, or in a loop around all that use it");
    sched_end(R, g);
}

/* Iteration k of a loop, as it is counted. */
static const char *count_text(const resolver *R, const stage_plan *s, const loop_plan *l, int64_t k)
{
    const ir *min = l->rdom_dim >= 0 ? s->def->dom->dims[l->rdom_dim].min : ir_i32(R->c, 0);
    return ir_text(R->c, ir_addi(R->c, min, k));
}

/* `parallel` is a loop of stage s. */
static void refuse_storage_race(resolver *R, uint32_t f, const loop_level *l, const stage_plan *s,
                                const loop_plan *parallel)
{
    const func_plan *plan = plan_at(R, f);
    diag *g = sched_report(R, DIAG_STORAGE_RACE, l->from, -1,
                           "iterations of parallel loop '%s' would share this storage of '%s'",
                           parallel->name, plan->func->name);
    sched_note_at(R, g, parallel->from);
    if (plan->compute.from)
        sched_note_at(R, g, plan->compute.from);
    sched_note(R, g, "iterations (%s = %s) and (%s = %s) run at the same time and would both write '%s' there: what one "
               "has computed, the other overwrites", parallel->name, count_text(R, s, parallel, 0), parallel->name,
               count_text(R, s, parallel, 1), plan->func->name);
    sched_help(R, g, "store it at loop '%s' or further in", parallel->name);
    sched_end(R, g);
}

/* Level l, of storage or of its allocation, is on the nest path of f, no parallel loop between. */
static bool check_store(resolver *R, uint32_t f, const loop_level *l)
{
    const func_plan *plan = plan_at(R, f);
    if (!l->from)
        return true;
    site at, target = {UINT32_MAX, 0, -1};
    if (l->kind == LEVEL_AT)
        target = site_of(R, l);
    uint32_t h = f;
    const loop_plan *parallel = NULL; /* the outermost one between, and its stage */
    const stage_plan *in = NULL;
    for (uint32_t steps = 0; steps <= R->p->plans.n && outwards(R, h, &at); steps++) {
        const stage_plan *s = stage_of(R, at);
        bool here = at.func == target.func && at.stage == target.stage && target.pos <= at.pos;
        for (int i = at.pos; i > (here ? target.pos : -1); i--)
            if (s->dims_all.at[s->loops.at[i]].kind == LOOP_PARALLEL) {
                parallel = &s->dims_all.at[s->loops.at[i]];
                in = s;
            }
        if (here) {
            if (parallel)
                refuse_storage_race(R, f, l, in, parallel);
            return !parallel;
        }
        h = at.func;
    }
    if (l->kind == LEVEL_ROOT) {
        if (parallel)
            refuse_storage_race(R, f, l, in, parallel);
        return !parallel;
    }
    diag *g =
        sched_report(R, DIAG_STORE_LEVEL, l->from, -1,
                     "this does not enclose the place where '%s' is computed", plan->func->name);
    if (plan->compute.from)
        sched_note_at(R, g, plan->compute.from);
    else
        sched_note(R, g, "it is computed at the root, the default for a Func with updates");
    sched_help(R, g, "store it where it is computed or at a loop around that, or leave this out");
    sched_end(R, g);
    return false;
}

/* Is level a at b or further out, both being on the nest path of f? */
static bool encloses(const resolver *R, uint32_t f, const loop_level *a, const loop_level *b)
{
    site at;
    bool past_b = b->kind == LEVEL_ROOT;
    if (a->kind == LEVEL_ROOT || b->kind == LEVEL_ROOT)
        return a->kind == LEVEL_ROOT;
    site want = site_of(R, a), inner = site_of(R, b);
    for (uint32_t steps = 0; steps <= R->p->plans.n && outwards(R, f, &at); steps++) {
        if (at.func == inner.func && at.stage == inner.stage) {
            past_b = true;
            at.pos = inner.pos;
        }
        if (past_b && at.func == want.func && at.stage == want.stage)
            return want.pos <= at.pos;
        f = at.func;
    }
    return false;
}

static void check_hoist(resolver *R, uint32_t f)
{
    const func_plan *plan = plan_at(R, f);
    if (!plan->hoist.from || !check_store(R, f, &plan->hoist) ||
        encloses(R, f, &plan->hoist, &plan->store))
        return;
    diag *g = sched_report(R, DIAG_STORE_LEVEL, plan->hoist.from, -1,
                           "this is further in than the place where '%s' is stored",
                           plan->func->name);
    sched_note_at(R, g, plan->store.from ? plan->store.from : plan->compute.from);
    sched_help(R, g, "hoist to the loop it is stored at or to a loop around that");
    sched_end(R, g);
}

/* Elements beyond the end that got no proper value must not be others' elements: those of a larger
 * storage, computed by iterations before. */
static void check_beyond(resolver *R, uint32_t f)
{
    const func_plan *plan = plan_at(R, f);
    bool same = !plan->store.from || (encloses(R, f, &plan->store, &plan->compute) &&
                                      encloses(R, f, &plan->compute, &plan->store));
    stage_plans leaves = {0};
    for (uint32_t k = 0; k < plan->stages.n; k++)
        stage_leaves(R->c->a, plan->stages.at[k], &leaves);
    for (uint32_t k = 0; !same && k < leaves.n; k++) {
        const stage_plan *s = leaves.at[k];
        for (uint32_t i = 0; i < s->splits.n; i++) {
            tail t = s->splits.at[i].tail;
            if (!tail_writes_beyond(t) || (t == TAIL_ROUND_UP && s->update < 0))
                continue;
            diag *g = sched_report(R, DIAG_ILLEGAL_TAIL, s->splits.at[i].from, -1,
                                   "elements of '%s' beyond the end get no proper value, but may "
                                   "be in use: it is stored outside of the loop it is computed in",
                                   plan->func->name);
            sched_note_at(R, g, plan->store.from);
            sched_end_help(R, g, "use guard or predicate, or store it where it is computed");
        }
    }
}

static uint32_t most_leaves(const resolver *R)
{
    uint32_t most = 1;
    for (uint32_t i = 0; i < R->p->plans.n; i++)
        for (uint32_t k = 0; k < plan_at(R, i)->stages.n; k++) {
            stage_plans leaves = {0};
            if (plan_at(R, i)->stages.at[k]->branches.n)
                stage_leaves(R->c->a, plan_at(R, i)->stages.at[k], &leaves);
            if (leaves.n > most)
                most = leaves.n;
        }
    return most;
}

void resolve_places(resolver *R)
{
    decide_places(R);
    if (R->failed)
        return;
    for (uint32_t i = 0; i < R->p->plans.n; i++)
        check_cycle(R, i);
    if (R->failed)
        return;
    const reads *r = find_reads(R);
    uint32_t most = most_leaves(R);
    for (R->leaf = 0; R->leaf < most && !R->failed; R->leaf++)
        for (uint32_t i = 0; i < R->p->plans.n; i++)
            check_cover(R, r, i);
    for (R->leaf = 0; R->leaf < most && !R->failed; R->leaf++)
        for (uint32_t i = 0; i < R->p->plans.n; i++)
            if (check_store(R, i, &plan_at(R, i)->store))
                check_hoist(R, i);
    R->leaf = 0;
    for (uint32_t i = 0; i < R->p->plans.n && !R->failed; i++)
        check_beyond(R, i);
}
