/* tests/fuzz/shrink.c: a smaller case that fails in the same way.
 *
 * Tries, again and again until nothing helps: fewer directives, smaller outputs, fewer updates, no
 * predicate, one Func less (its readers read a constant instead), simpler expressions (an operand, or
 * a constant, in place of the whole). What is said of the failure stays the same but for numbers and names: a program
 * whose numbers are wrong does not become one that leaves the domain of a function.
 */
#include <string.h>

#include "fuzz.h"

typedef struct shrinker {
    fz_case *k;
    const fz_options *o;
    fz_verdict want;
    uint32_t kind;
    int tries;
    bool progress;
} shrinker;

enum { MAX_TRIES = 1500 };

static bool fails(shrinker *s)
{
    if (s->tries >= MAX_TRIES)
        return false;
    s->tries++;
    uint32_t kind = 0;
    return fz_check_apart(s->k, s->o, &kind) == s->want && kind == s->kind;
}

/* Keeps a change that was made to *k, or takes it back. */
static bool keep(shrinker *s, const fz_case *before)
{
    if (fails(s)) {
        s->progress = true;
        return true;
    }
    *s->k = *before;
    return false;
}

/* ---- schedules ----------------------------------------------------------------------------------------- */

static void drop_directives(shrinker *s)
{
    for (uint32_t i = 0; i < s->k->plan.n; i++)
        for (uint32_t d = s->k->plan.line[i].n; d-- > 0;) {
            fz_case before = *s->k;
            s->k->plan = proposal_without(s->k->a, &before.plan, i, d);
            keep(s, &before);
        }
}

/* Without what the schedule says about a stage that is no more. */
static void drop_stage(fz_case *k, int func, int update)
{
    text t;
    text_init(&t, k->a);
    fz_func_name(&t, k, func);
    text_printf(&t, ".update %d", update);
    for (uint32_t i = 0; i < k->plan.n; i++)
        while (k->plan.line[i].n && !strcmp(k->plan.line[i].stage, text_str(&t)))
            k->plan = proposal_without(k->a, &k->plan, i, 0);
}

/* ---- sizes ------------------------------------------------------------------------------------------------ */

static void smaller_output(shrinker *s)
{
    for (int d = 0; d < MAX_RANK; d++) {
        for (int by = 16; by > 0; by /= 2)
            while (s->k->extent[d] > by) {
                fz_case before = *s->k;
                s->k->extent[d] -= by;
                if (!keep(s, &before))
                    break;
            }
        fz_case before = *s->k;
        s->k->min[d] = 0;
        if (before.min[d])
            keep(s, &before);
    }
    fz_case before = *s->k;
    s->k->padding = 0;
    if (before.padding)
        keep(s, &before);
}

/* ---- expressions --------------------------------------------------------------------------------------------- */

static fx *literal(fz_case *k, cb_type t, double v)
{
    fx *e = NEW(k->a, fx);
    e->kind = FX_LIT;
    e->t = t;
    e->lit = v;
    return e;
}

/* Is e already as simple as can be? */
static bool is_simple(const fx *e) { return e->kind == FX_LIT || e->kind == FX_VAR || e->kind == FX_RVAR; }

/* *at is part of the program; its nodes may be shared with older copies, so they are replaced, not changed. */
static void simpler(shrinker *s, fx **at, bool index)
{
    if (is_simple(*at))
        return;
    fx *was = *at;
    for (int i = 0; i < was->nkids; i++) {
        if (!type_eq(was->kid[i]->t, was->t))
            continue;
        *at = was->kid[i];
        if (fails(s)) {
            s->progress = true;
            simpler(s, at, index);
            return;
        }
        *at = was;
    }
    if (was->kind != FX_CALL || !index) {
        *at = literal(s->k, was->t, 1);
        if (fails(s)) {
            s->progress = true;
            return;
        }
        *at = was;
    }
    fx *copy = arena_copy(s->k->a, was, sizeof *was);
    *at = copy;
    for (int i = 0; i < copy->nkids; i++)
        simpler(s, &copy->kid[i], false);
}

/* *at is left out when the case still fails without it, or made simpler. */
static void without(shrinker *s, fx **at)
{
    fx *was = *at;
    if (!was)
        return;
    *at = NULL;
    if (fails(s)) {
        s->progress = true;
        return;
    }
    *at = was;
    simpler(s, at, false);
}

static void simpler_program(shrinker *s)
{
    for (int f = s->k->nfuncs; f-- > 0;) {
        if (s->k->func[f].ext) {
            int ext = s->k->func[f].ext;
            s->k->func[f].ext = 0; /* a constant instead */
            if (fails(s))
                s->progress = true;
            else
                s->k->func[f].ext = ext;
            continue;
        }
        simpler(s, &s->k->func[f].pure, false);
        if (s->k->func[f].pure2)
            simpler(s, &s->k->func[f].pure2, false);
        if (s->k->func[f].output) {
            s->k->func[f].output = false;
            s->progress |= !(s->k->func[f].output = !fails(s));
        }
        for (int u = 0; u < s->k->func[f].nupdates; u++) {
            fz_update *up = &s->k->func[f].update[u];
            if (up->value)
                simpler(s, &up->value, false);
            if (up->value2)
                simpler(s, &up->value2, false);
            without(s, &up->where2);
            without(s, &up->where);
            without(s, &up->extent0);
            for (int d = 0; d < s->k->func[f].rank; d++)
                simpler(s, &up->lhs[d], true);
        }
    }
}

static void drop_updates(shrinker *s)
{
    for (int f = 0; f < s->k->nfuncs; f++)
        while (s->k->func[f].nupdates > 0) {
            fz_case before = *s->k;
            drop_stage(s->k, f, --s->k->func[f].nupdates);
            if (!keep(s, &before))
                break;
        }
}

static void drop_sayings(shrinker *s)
{
    for (int i = s->k->nsaid; i-- > 0;) {
        fz_case before = *s->k;
        for (int n = i; n + 1 < s->k->nsaid; n++)
            s->k->said[n] = s->k->said[n + 1];
        s->k->nsaid--;
        keep(s, &before);
    }
}

void fz_shrink(fz_case *k, const fz_options *o)
{
    shrinker s = {.k = k, .o = o};
    s.want = fz_check_apart(k, o, &s.kind);
    if (!fz_failed(s.want))
        return;
    do {
        s.progress = false;
        drop_directives(&s);
        drop_sayings(&s);
        drop_updates(&s);
        smaller_output(&s);
        simpler_program(&s);
    } while (s.progress && s.tries < MAX_TRIES);
}
