/* dsl/resolve_checks.c: what can be judged of the loops of a stage only when all of its directives
 * are read.
 *
 *     vectorize(x), split(x, xo, xi, 8)      a vector loop of unknown extent? No: x is xo, xi now
 *     vectorize(x)                           yes: not-constant
 *
 * Loops that are vectors or replicated have constant extents and stay below the limits, parallel
 * loops stand outside of vector ones, tails agree with promises, what is fetched ahead has a serial loop
 * to be ahead in, and nothing races (races.c).
 */
#include "sched.h"

/* What is fetched ahead is fetched in a serial loop, by it or loops inside: a thread does not know which iteration is its next. */
static void check_prefetches(resolver *R, const stage_plan *s)
{
    for (uint32_t i = 0; i < s->prefetches.n; i++) {
        const prefetch_plan *p = &s->prefetches.at[i];
        const loop_plan *l = &s->dims_all.at[p->loop], *around = NULL;
        int at = loop_position(s, p->loop);
        for (int k = 0; k < at; k++) {
            const loop_plan *o = &s->dims_all.at[s->loops.at[k]];
            if (o->kind == LOOP_VECTOR || o->kind == LOOP_UNROLL) around = o;
        }
        if (at >= 0 && l->kind == LOOP_SERIAL && !around) continue;
        diag *g = sched_report(R, DIAG_CONTRADICTION, p->from, 1,
                               at < 0   ? "loop '%s' is replaced by others"
                               : around ? "loop '%s' is inside of one that does not stay a loop"
                                        : "the iterations of loop '%s' are not run one after the other",
                               l->name);
        if (around && around->from) sched_note_at(R, g, around->from);
        if (!around && l->from) sched_note_at(R, g, l->from);
        sched_note(R, g, "loops of '%s', outermost first: %s", stage_text(R, s), loops_text(R, s));
        sched_end_help(R, g, "name a serial loop that is there in the end");
    }
}

/* Loops that are taken apart or replicated cannot be cut; an unscheduled stage has nothing else. */
static void check_marks(resolver *R, const stage_plan *s)
{
    for (uint32_t i = 0; i < s->dims_all.n; i++) {
        const loop_plan *l = &s->dims_all.at[i];
        bool gone = loop_position(s, i) < 0;
        if (!l->partition_from || (!gone && l->kind != LOOP_VECTOR && l->kind != LOOP_UNROLL))
            continue;
        diag *g = sched_report(R, DIAG_CONTRADICTION, l->partition_from, 0,
                               gone ? "loop '%s' is replaced by others, so it cannot be cut"
                                    : "loop '%s' does not stay a loop, so it cannot be cut",
                               l->name);
        if (l->from)
            sched_note_at(R, g, l->from);
        sched_note(R, g, "loops of '%s', outermost first: %s", stage_text(R, s), loops_text(R, s));
        sched_end_help(R, g, "name a serial or parallel loop that is there in the end");
    }
    for (uint32_t i = 0; s->atomic && i < s->splits.n; i++) {
        tail t = s->splits.at[i].tail;
        if (!tail_writes_beyond(t) && !tail_reads_beyond(t) && !tail_shifts(t))
            continue;
        diag *g = sched_report(R, DIAG_ILLEGAL_TAIL, s->splits.at[i].from, -1,
                               "an atomic update is done for the elements inside only");
        sched_note_at(R, g, s->atomic);
        sched_end_help(R, g, "use guard or predicate");
    }
    for (uint32_t i = 0; s->left && i < s->steps.n; i++) {
        if (s->steps.at[i]->op == DIR_UNSCHEDULED)
            continue;
        diag *g = sched_report(R, DIAG_CONTRADICTION, s->left, -1, "the stage is scheduled");
        sched_note_at(R, g, s->steps.at[i]);
        sched_end_help(R, g, "leave out unscheduled()");
        return;
    }
}

static void refuse_extent(resolver *R, const stage_plan *s, const loop_plan *l, int64_t extent)
{
    diag *g = extent < 0 ? sched_report(R, DIAG_NOT_CONSTANT, l->from, 0,
                                        "the extent of loop '%s' is not a constant", l->name)
                         : sched_report(R, DIAG_NOT_CONSTANT, l->from, 0,
                                        "loop '%s' has no iterations", l->name);
    sched_note(R, g, "loops of '%s', outermost first: %s", stage_text(R, s), loops_text(R, s));
    const char *word = dir_table[l->from->op].word;
    if (l->pure_dim >= 0) {
        const char *dim = ir_sym_name(R->c, s->func->args[l->pure_dim]);
        sched_help(
            R, g,
            "write %s(%s, 8), which splits it first, or promise its extent: bound(%s, min, extent)",
            word, l->name, dim);
    } else {
        sched_help(R, g, "write %s(%s, 8), which splits it first", word, l->name);
    }
    sched_end(R, g);
}

static void check_product(resolver *R, const loop_plan *l, int64_t product, int64_t limit,
                          const char *what)
{
    if (product <= limit)
        return;
    diag *g = sched_report(R, DIAG_LOOP_TOO_LARGE, l->from, -1,
                           "%lld %s together are more than the limit of %lld", (long long)product,
                           what, (long long)limit);
    sched_end_help(R, g, "vectorize or unroll by smaller factors");
}

/* The loops made from loop `dim`, directly or through others, that are run `kind`; NULL: none. */
static const loop_plan *made_into(const stage_plan *s, uint32_t dim, ir_loop_kind kind)
{
    int at = loop_position(s, dim);
    if (at >= 0)
        return s->dims_all.at[dim].kind == kind ? &s->dims_all.at[dim] : NULL;
    for (uint32_t i = 0; i < s->splits.n; i++) {
        const split_plan *p = &s->splits.at[i];
        const loop_plan *l = NULL;
        if (p->kind == SPLIT_FUSE && (p->outer == dim || p->inner == dim))
            l = made_into(s, p->old, kind);
        else if (p->kind != SPLIT_FUSE && p->old == dim)
            l = made_into(s, p->outer, kind);
        if (!l && p->kind == SPLIT_SPLIT && p->old == dim)
            l = made_into(s, p->inner, kind);
        if (l)
            return l;
    }
    return NULL;
}

/* The last two iterations of a split that shifts its last one inwards. */
static void note_overlap(resolver *R, diag *g, const stage_plan *s, const split_plan *p)
{
    long long n = loop_extents(R, s)[p->old], factor = p->factor;
    const char *outer = s->dims_all.at[p->outer].name, *old = s->dims_all.at[p->old].name;
    if (n < factor || n % factor == 0)
        n = factor + 1;
    long long last = n / factor;
    sched_note(R, g,
               "of %lld iterations of '%s', (%s = %lld) does %lld to %lld and (%s = %lld) does %lld to %lld: both do "
               "%lld",
               n, old, outer, last - 1, (last - 1) * factor, last * factor - 1, outer, last, n - factor, n - 1,
               n - factor);
}

/* The last tile of a blending shift reads and rewrites elements of the one before: tiles must run
 * one after the other. */
static void check_blending(resolver *R, const stage_plan *s)
{
    for (uint32_t i = 0; i < s->splits.n; i++) {
        const split_plan *p = &s->splits.at[i];
        if (p->kind != SPLIT_SPLIT || p->tail != TAIL_SHIFT_BLEND)
            continue;
        const loop_plan *l = made_into(s, p->outer, LOOP_PARALLEL);
        if (!l)
            l = made_into(s, p->outer, LOOP_VECTOR);
        if (!l)
            continue;
        diag *g = sched_report(R, DIAG_RACE, p->from, -1,
                               "the last two iterations of '%s' write the same elements, and '%s' "
                               "runs them at the same time",
                               s->dims_all.at[p->outer].name, l->name);
        sched_note_at(R, g, l->from);
        note_overlap(R, g, s, p);
        sched_end_help(R, g, "use guard or predicate, or leave that loop serial");
    }
}

/* A promised extent and a region rounded up to whole iterations must agree. */
static void check_rounding(resolver *R, const stage_plan *s, const loop_size *z)
{
    for (uint32_t i = 0; i < s->splits.n; i++) {
        const split_plan *p = &s->splits.at[i];
        bool rounds = p->kind == SPLIT_SPLIT && tail_writes_beyond(p->tail) && z[p->old].rounds;
        if (!rounds || z[p->old].extent < 0 || z[p->old].extent % p->factor == 0)
            continue;
        diag *g = sched_report(R, DIAG_CONTRADICTION, p->from, -1,
                               "loop '%s' has %lld iterations by a promise, which cannot be "
                               "rounded up to a multiple of %lld",
                               s->dims_all.at[p->old].name, (long long)z[p->old].extent,
                               (long long)p->factor);
        sched_help(R, g, "use guard, or promise a multiple");
        sched_end(R, g);
    }
}

static void check_leaf_loops(resolver *R, stage_plan *s)
{
    const loop_size *z = loop_sizes(R, s);
    check_rounding(R, s, z);
    check_marks(R, s);
    check_prefetches(R, s);
    check_blending(R, s);
    const loop_plan *vector = NULL;
    int64_t lanes = 1, copies = 1;
    for (uint32_t i = 0; i < s->loops.n; i++) {
        const loop_plan *l = &s->dims_all.at[s->loops.at[i]];
        int64_t extent = z[s->loops.at[i]].extent;
        bool constant = l->kind == LOOP_VECTOR || l->kind == LOOP_UNROLL;
        if (constant && extent < 1) {
            refuse_extent(R, s, l, extent);
        } else if (l->kind == LOOP_VECTOR) {
            vector = l;
            lanes = times_extent(lanes, extent);
            check_product(R, l, lanes, SCHED_MAX_LANES, "vector lanes");
        } else if (l->kind == LOOP_UNROLL) {
            copies = times_extent(copies, extent);
            check_product(R, l, copies, SCHED_MAX_COPIES, "copies of the body");
        } else if (l->kind == LOOP_PARALLEL && vector) {
            diag *g = sched_report(R, DIAG_PARALLEL_IN_VECTOR, l->from, 0,
                                   "parallel loop '%s' stands inside vector loop '%s'", l->name,
                                   vector->name);
            sched_note_at(R, g, vector->from);
            sched_help(R, g, "reorder them: parallel loops outside of vector loops");
            sched_end(R, g);
        }
    }
    check_races(R, s);
}

void check_stage_loops(resolver *R, stage_plan *s)
{
    stage_plans leaves = {0};
    stage_leaves(R->c->a, s, &leaves);
    for (uint32_t i = 0; i < leaves.n; i++)
        check_leaf_loops(R, leaves.at[i]);
}
