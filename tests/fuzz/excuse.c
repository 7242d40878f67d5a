/* tests/fuzz/excuse.c: is what went wrong the program's own fault, or the schedule's wish?
 *
 *     out: fuse(y, x, v0), split(v0, v1, v2, 4, predicate_stores)
 *     output 'out' is computed from 0 to 3 in dimension 1, but covers 0 to 2 only
 *
 * Some programs ask for more than there is whatever their schedule (scatters beyond an output, coordinates
 * without bound), and some directives are there to ask for more (docs/schedule.md lists them under "Tails"). Everything else
 * that a schedule makes of a program that runs without one is a failure. So the same program is tried without its
 * schedule; that costs as much as the case itself, but is needed rarely.
 */
#include <string.h>

#include "../../codegen/codegen.h"
#include "fuzz.h"

static bool starts(const char *s, const char *word) { return !strncmp(s, word, strlen(word)); }

static const char *schedule_text(const fz_case *k)
{
    text t;
    text_init(&t, k->a);
    fz_print_schedule(&t, k);
    return text_str(&t);
}

static bool has_one_of(const char *s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strstr(s, words[i]))
            return true;
    return false;
}

/* predicate_stores reads beyond, and an output may be what is read. */
static bool reads_outputs(const fz_case *k)
{
    bool found = k->func[k->nfuncs - 1].nupdates || fz_says_regions(k);
    for (int f = 0; f < k->nfuncs - 1; f++)
        found |= k->func[f].output;
    return found;
}

/* Is a line about a Func of the program that the last output is computed from? What such a one has too much of, the output
 * has not. */
static bool is_producer(const proposed *l) { return (*l->stage == 'f' && l->stage[1] >= '0' && l->stage[1] <= '9') || starts(l->stage, "edge"); }

bool fz_stores_beyond(const fz_case *k, bool last)
{
    static const char *const words[] = {"round_up", "predicate_loads", "align_bounds", "align_extent", "bound(", "bound_extent("};
    bool stores = false, reads = false;
    for (uint32_t i = 0; i < k->plan.n; i++)
        for (uint32_t d = 0; d < k->plan.line[i].n && !(last && is_producer(&k->plan.line[i])); d++) {
            const char *s = k->plan.line[i].dir[d];
            stores |= has_one_of(s, words, COUNT_OF(words));
            reads |= strstr(s, "predicate_stores") != NULL;
        }
    return stores || (reads && reads_outputs(k));
}

static const char *const widening[] = {"round_up", "predicate_", "bound", "align_"};

bool fz_widens(const fz_case *k) { return has_one_of(schedule_text(k), widening, COUNT_OF(widening)); }

bool fz_reads_beyond(const fz_case *k)
{
    const char *s = schedule_text(k);
    return strstr(s, "align_") || (strstr(s, "wrap(") && fz_widens(k));
}

static fz_case with_plan(const fz_case *k, proposal plan)
{
    fz_case other = *k;
    other.plan = plan;
    return other;
}


/* ---- what is lawful for every schedule of the same places ------------------------------------------------ */

/* Of each line only what makes Funcs and that they are computed: outside of all loops, where what is needed of a Func is all
 * that is ever needed of it. */
static proposal at_root(const fz_case *k)
{
    proposal r = {0};
    for (uint32_t i = 0; i < k->plan.n; i++) {
        const proposed *l = &k->plan.line[i];
        bool computed = false;
        for (uint32_t d = 0; d < l->n; d++) {
            const char *s = l->dir[d];
            if (starts(s, "wrap(") || starts(s, "clone(") || starts(s, "rfactor("))
                proposal_add(k->a, &r, l->stage, s);
            computed |= starts(s, "compute_at(") || starts(s, "compute_root(") || starts(s, "store_");
        }
        if (computed)
            proposal_add(k->a, &r, l->stage, "compute_root()");
    }
    return r;
}

static bool lowers_in(cb_context *c, const fz_case *k)
{
    cg_target host = target_host();
    low_target lt;
    pipeline *p = fz_build(c, k);
    if (!p)
        return false;
    target_choose(&host, p);
    target_low(&host, &lt);
    p->sched = schedule_read(c, schedule_text(k), "plain.sched");
    low *L = p->sched && schedule_resolve(p) ? low_run(p, &lt, NULL) : NULL;
    low_free(L);
    return L != NULL;
}

static bool lowers(const fz_case *k, proposal plan)
{
    fz_case other = with_plan(k, plan);
    cb_context *c = fz_context();
    volatile bool does = false;
    guard g;
    if (c && guard_enter(&g, &c->esc)) {
        does = lowers_in(c, &other);
        guard_leave(&g, &c->esc);
    }
    cb_context_free(c);
    return does;
}

static bool runs(const fz_case *k, proposal plan)
{
    fz_options o = {.o0 = true, .excused = true};
    fz_case other = with_plan(k, plan);
    return fz_check(&other, &o, NULL) == FZ_OK;
}

bool fz_runs_plainly(const fz_case *k) { return runs(k, (proposal){0}) && runs(k, at_root(k)); }

bool fz_is_bounded(const fz_case *k) { return lowers(k, (proposal){0}) && lowers(k, at_root(k)); }
