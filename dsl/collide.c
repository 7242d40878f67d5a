/* dsl/collide.c: two iterations that an order of loops, or a parallel loop, would bring into conflict.
 *
 *     out.update 0  parallel(r)        note: iterations (r.x = 0) and (r.x = 1) both write out(1)
 *
 * races.c has found that loops depend on one another, from the form of coordinates; here an example is looked for, for the
 * notes of the report. Some points of the domain are tried in pairs: the first few hundred, those as far apart as a
 * distance says, and those that numbers in coordinates suggest. What an iteration writes and reads is worked out once for
 * each point. Coordinates are the same when they are one expression; where none are, a second look
 * takes coordinates that may be the same when they depend on data, and says so. Points of which the conditions
 * of the domain hold for sure are tried first, then those where they may.
 */
#include "races.h"

#include <string.h>

enum { POINTS = 600, ASSUMED = 16, MOST_COMPARED = 4 << 20 };

/* Some iterations of the domain, in order. */
typedef struct points {
    uint32_t n, most, ndims;
    int64_t *at;       /* n rows of ndims counts from the minimum */
    const ir ***where; /* n rows: coordinates of each place that is written there, one after the other */
    const ir ***read;  /* n rows: of each element that is read there */
} points;

/* Every two points are compared, and all that they access: of updates with many accesses fewer points are tried. */
static points points_new(const analysis *A, uint32_t wanted)
{
    arena *a = A->R->c->a;
    const uint64_t accesses = (uint64_t)A->nplaces * (A->nplaces + A->reads.n);
    uint32_t most = 2;
    while (most < wanted && (uint64_t)(most + 1) * (most + 1) * accesses <= MOST_COMPARED)
        most++;
    return (points){.most = most, .ndims = A->n, .at = NEW_ARRAY(a, int64_t, (size_t)most *(A->n + 1)),
                    .where = NEW_ARRAY(a, const ir **, most), .read = NEW_ARRAY(a, const ir **, most)};
}

static const ir *at_point(const analysis *A, const ir *e, const int64_t *p)
{
    map subst = {0};
    cb_context *c = A->R->c;
    for (uint32_t k = 0; k < A->n; k++) {
        const rdom_dim *d = &A->s->def->dom->dims[k];
        map_put(c->a, &subst, d->sym, (uint64_t)(uintptr_t)ir_addi(c, d->min, p[k]));
    }
    return ir_substitute(c, e, &subst);
}

/* `all`: or may it be? */
static bool in_domain(const analysis *A, const int64_t *p, bool all)
{
    const rdom *r = A->s->def->dom;
    for (uint32_t i = 0; i < r->where.n && !A->any; i++) {
        const ir *k = at_point(A, r->where.at[i], p);
        if (all ? ir_is_false(k) : !ir_is_true(k))
            return false;
    }
    return true;
}

static void add_point(const analysis *A, points *P, const int64_t *p)
{
    const uint32_t rank = A->s->func->rank;
    arena *a = A->R->c->a;
    if (P->n == P->most)
        return;
    const ir **where = P->where[P->n] = NEW_ARRAY(a, const ir *, A->nplaces * rank + 1);
    const ir **read = P->read[P->n] = NEW_ARRAY(a, const ir *, A->reads.n * rank + 1);
    memcpy(&P->at[(size_t)P->n * A->n], p, A->n * sizeof *p);
    for (uint32_t i = 0; i < A->nplaces * rank; i++)
        where[i] = at_point(A, A->writes[i / rank][i % rank], p);
    for (uint32_t i = 0; i < A->reads.n * rank; i++)
        read[i] = at_point(A, A->reads.at[i / rank]->arg[i % rank], p);
    P->n++;
}

/* Two points as far from one another as the distance says. */
static void add_pair(const analysis *A, points *P, const distance *d, bool all)
{
    int64_t *p = NEW_ARRAY(A->R->c->a, int64_t, A->n + 1), *q = NEW_ARRAY(A->R->c->a, int64_t, A->n + 1);
    bool inside = d->possible, far = false;
    for (uint32_t k = 0; k < A->n; k++) {
        int64_t v = d->known[k] ? d->value[k] : 0;
        p[k] = v < 0 ? -v : 0;
        q[k] = v < 0 ? 0 : v;
        far |= v != 0;
        inside &= A->extent[k] < 0 || (p[k] < A->extent[k] && q[k] < A->extent[k]);
    }
    if (!inside || !far || !in_domain(A, p, all) || !in_domain(A, q, all))
        return;
    add_point(A, P, p);
    add_point(A, P, q);
}

/* Numbers in coordinates are steps after which something may come again, as in f(r % 1000): points that far from the first
 * few. */
enum { STEPS = 8, STEP_POINTS = 16 };

typedef struct steps {
    uint32_t n;
    int64_t at[STEPS];
} steps;

static bool add_step(void *env, const ir *n)
{
    steps *S = env;
    int64_t v;
    if (S->n < STEPS && ir_as_int(n, &v) && v > 1)
        S->at[S->n++] = v;
    return true;
}

static void add_steps(const analysis *A, points *P, bool all)
{
    steps S = {0};
    for (uint32_t d = 0; d < A->s->func->rank; d++) {
        ir_visit(A->R->c, A->s->def->lhs[d], add_step, &S);
        for (uint32_t i = 0; i < A->reads.n; i++)
            ir_visit(A->R->c, A->reads.at[i]->arg[d], add_step, &S);
    }
    for (uint32_t i = 0; i < S.n * A->n * STEP_POINTS; i++) {
        int64_t *p = NEW_ARRAY(A->R->c->a, int64_t, A->n + 1);
        uint32_t k = i / STEP_POINTS % A->n;
        p[k] = S.at[i / STEP_POINTS / A->n] + i % STEP_POINTS;
        if (p[k] < A->extent[k] && in_domain(A, p, all))
            add_point(A, P, p);
    }
}

/* `all`: those too of which the conditions of the domain are not known to hold, or not. */
static points some_points(const analysis *A, bool all)
{
    arena *a = A->R->c->a;
    points P = points_new(A, POINTS + 2 * A->pairs.n + STEPS * STEP_POINTS * A->n);
    const uint32_t first = P.most / 2 < POINTS ? P.most / 2 : POINTS; /* of them are the first of the domain */
    int64_t *size = NEW_ARRAY(a, int64_t, A->n + 1), *p = NEW_ARRAY(a, int64_t, A->n + 1);
    int64_t each = A->n == 1 ? POINTS : A->n == 2 ? 24 : A->n == 3 ? 8 : 4;
    for (uint32_t k = 0; k < A->n; k++) {
        size[k] = A->extent[k] < 0 ? ASSUMED : A->extent[k];
        size[k] = size[k] < each ? size[k] : each;
        if (size[k] < 1)
            return P;
    }
    for (bool more = true; more && P.n < first;) {
        if (in_domain(A, p, all))
            add_point(A, &P, p);
        more = false;
        for (uint32_t k = 0; k < A->n && !more; k++) {
            more = ++p[k] < size[k];
            if (!more)
                p[k] = 0;
        }
    }
    for (uint32_t i = 0; i < A->pairs.n; i++)
        add_pair(A, &P, &A->pairs.at[i], all);
    add_steps(A, &P, all);
    return P;
}

/* Counts of all loops that ever were, at a point, pure Vars being at their first coordinate. An inner loop that is fused
 * has ASSUMED iterations where their number is not known. */
static int64_t *loop_counts(const analysis *A, const int64_t *p)
{
    const stage_plan *s = A->s;
    int64_t *v = NEW_ARRAY(A->R->c->a, int64_t, s->dims_all.n + 1);
    const int64_t *extent = loop_extents(A->R, s);
    for (uint32_t i = 0; i < s->dims_all.n; i++)
        v[i] = s->dims_all.at[i].rdom_dim >= 0 ? p[s->dims_all.at[i].rdom_dim] : 0;
    for (uint32_t i = 0; i < s->splits.n; i++) {
        const split_plan *q = &s->splits.at[i];
        switch (q->kind) {
        case SPLIT_SPLIT:
            v[q->outer] = v[q->old] / q->factor;
            v[q->inner] = v[q->old] % q->factor;
            break;
        case SPLIT_FUSE:
            v[q->old] = v[q->outer] * (extent[q->inner] < 0 ? ASSUMED : extent[q->inner]) + v[q->inner];
            break;
        case SPLIT_RENAME: v[q->outer] = v[q->old]; break;
        }
    }
    return v;
}

static bool same_coords(const ir *const *a, const ir *const *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

/* An element that iteration a writes, and what b does to it: "writes" or "reads"; NULL: they do not meet, as far as can be
 * seen. */
typedef struct meeting {
    const char *how;
    const ir *const *coords;
} meeting;

static meeting meet_at(const analysis *A, const points *P, const ir *const *written, uint32_t b)
{
    uint32_t rank = A->s->func->rank;
    for (uint32_t k = 0; k < A->nplaces; k++)
        if (same_coords(written, P->where[b] + k * rank, rank))
            return (meeting){"writes", written};
    for (uint32_t i = 0; i < A->reads.n; i++)
        if (same_coords(written, P->read[b] + i * rank, rank))
            return (meeting){"reads", written};
    return (meeting){NULL, NULL};
}

static meeting meets(const analysis *A, const points *P, uint32_t a, uint32_t b)
{
    meeting m = {NULL, NULL};
    for (uint32_t k = 0; k < A->nplaces && !m.how; k++)
        m = meet_at(A, P, P->where[a] + k * A->s->func->rank, b);
    return m;
}

/* "ro = 0, ri = 1": the loops of the stage at a point, outermost first. */
static const char *iteration_text(const analysis *A, const int64_t *p)
{
    const stage_plan *s = A->s;
    text t;
    text_init(&t, A->R->c->a);
    const int64_t *v = loop_counts(A, p);
    for (uint32_t i = 0; i < s->loops.n; i++) {
        uint32_t dim = s->loops.at[i];
        const loop_plan *l = &s->dims_all.at[dim];
        if (!l->is_rvar)
            continue;
        const char *value = arena_printf(A->R->c->a, "%lld", (long long)v[dim]);
        if (l->rdom_dim >= 0)
            value = ir_text(A->R->c, ir_addi(A->R->c, s->def->dom->dims[l->rdom_dim].min, v[dim]));
        text_printf(&t, "%s%s = %s", t.n ? ", " : "", l->name, value);
    }
    return text_str(&t);
}

static const char *element_text(const analysis *A, const ir *const *coords)
{
    cb_context *c = A->R->c;
    const cb_func_s *f = A->s->func;
    return ir_text(c, ir_call(c, f->sym, 0, f->types[0], coords, f->rank));
}

/* Extents that are no constants: the example needs so many iterations. */
static void note_assumption(const analysis *A, diag *g, const int64_t *p)
{
    const stage_plan *s = A->s;
    const int64_t *v = loop_counts(A, p), *extent = loop_extents(A->R, s);
    for (uint32_t i = 0; i < s->splits.n; i++) {
        const split_plan *q = &s->splits.at[i];
        if (q->kind == SPLIT_FUSE && extent[q->inner] < 0 && v[q->outer] > 0)
            sched_note(A->R, g, "that is so if '%s' has %d iterations; with another number it happens elsewhere",
                       s->dims_all.at[q->inner].name, ASSUMED);
    }
    for (uint32_t k = 0; k < A->n; k++)
        if (A->extent[k] < 0 && p[k] > 0) {
            sched_note(A->R, g, "'%s' has that many iterations if its extent is %lld or more",
                       A->s->def->dom->dims[k].name, (long long)p[k] + 1);
            return;
        }
}

static void note_pair(const analysis *A, diag *g, const points *P, uint32_t a, uint32_t b, meeting m)
{
    const int64_t *pa = &P->at[(size_t)a * A->n], *pb = &P->at[(size_t)b * A->n];
    bool both = !strcmp(m.how, "writes");
    sched_note(A->R, g, both ? "iterations (%s) and (%s) both write %s" : "iteration (%s) writes what (%s) reads, %s",
               iteration_text(A, pa), iteration_text(A, pb), element_text(A, m.coords));
    note_assumption(A, g, pa[0] > pb[0] ? pa : pb);
}

/* Is the difference a number? */
static bool number_apart(const ir *a, const ir *b, int64_t *by)
{
    sum s = {.known = true};
    add_sum(&s, a, 1, 0);
    add_sum(&s, b, -1, 0);
    for (uint32_t i = 0; i < s.n; i++)
        if (s.term[i].coef)
            return false;
    *by = s.constant;
    return s.known;
}

/* Can the coordinates be the same, as far as can be seen? *sure: they are. */
static bool may_be_same(const ir *const *a, const ir *const *b, uint32_t rank, bool *sure)
{
    int64_t by;
    *sure = true;
    for (uint32_t d = 0; d < rank; d++) {
        bool known = a[d] == b[d] || number_apart(a[d], b[d], &by);
        if (known && a[d] != b[d] && by)
            return false;
        *sure &= known;
    }
    return true;
}

/* An element that b reads, which might be the one that a writes. */
static bool note_may_read(const analysis *A, diag *g, const points *P, uint32_t a, uint32_t b)
{
    const int64_t *pa = &P->at[(size_t)a * A->n], *pb = &P->at[(size_t)b * A->n];
    const uint32_t rank = A->s->func->rank;
    for (uint32_t i = 0; i < A->reads.n * A->nplaces; i++) {
        const ir *const *written = P->where[a] + i % A->nplaces * rank, *const *read = P->read[b] + i / A->nplaces * rank;
        bool sure;
        if (!may_be_same(written, read, rank, &sure))
            continue;
        sched_note(A->R, g, "iteration (%s) writes %s and (%s) reads %s, which %s the same element", iteration_text(A, pa),
                   element_text(A, written), iteration_text(A, pb), element_text(A, read), sure ? "is" : "may be");
        note_assumption(A, g, pa[0] > pb[0] ? pa : pb);
        return true;
    }
    return false;
}

/* No two are known to meet: the coordinates depend on data. Names the first elements of a and b that might be the same;
 * false: none can. */
static bool note_unknown(const analysis *A, diag *g, const points *P, uint32_t a, uint32_t b)
{
    const int64_t *pa = &P->at[(size_t)a * A->n], *pb = &P->at[(size_t)b * A->n];
    const uint32_t rank = A->s->func->rank;
    bool sure;
    for (uint32_t i = 0; i < A->nplaces * A->nplaces; i++) {
        const ir *const *wa = P->where[a] + i / A->nplaces * rank, *const *wb = P->where[b] + i % A->nplaces * rank;
        if (!may_be_same(wa, wb, rank, &sure))
            continue;
        sched_note(A->R, g, "iterations (%s) and (%s) write %s and %s, which %s the same element", iteration_text(A, pa),
                   iteration_text(A, pb), element_text(A, wa), element_text(A, wb), sure ? "are" : "may be");
        note_assumption(A, g, pa[0] > pb[0] ? pa : pb);
        return true;
    }
    return note_may_read(A, g, P, a, b);
}

static void note_condition(const analysis *A, diag *g, bool all)
{
    if (A->any)
        sched_note(A->R, g, "the conditions of the domain leave out one of them, but are not used to tell which iterations "
                            "meet");
    else if (all && A->s->def->dom->where.n)
        sched_note(A->R, g, "if the domain has both: that depends on its conditions");
}

/* Which pairs of iterations are looked at: those that loop `at` would run at the same time, or with `to` those that a new order
 * of loops turns round. */
typedef struct question {
    uint32_t at;
    const uint32_t *to;
} question;

/* Does a come before b in this order of loops? */
static bool before(const int64_t *a, const int64_t *b, const uint32_t *order, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (a[order[i]] != b[order[i]])
            return a[order[i]] < b[order[i]];
    return false;
}

static bool is_asked(const stage_plan *s, const question *q, const int64_t *a, const int64_t *b)
{
    if (q->to)
        return before(a, b, s->loops.at, s->loops.n) && !before(a, b, q->to, s->loops.n);
    bool together = a[s->loops.at[q->at]] != b[s->loops.at[q->at]];
    for (uint32_t i = 0; i < q->at && together; i++)
        together = a[s->loops.at[i]] == b[s->loops.at[i]];
    return together;
}

/* How a and b meet, whichever of them writes: noted; `unsure`: how they might. */
static bool note_meeting(const analysis *A, diag *g, const points *P, uint32_t a, uint32_t b, bool unsure)
{
    if (unsure)
        return note_unknown(A, g, P, a, b) || note_unknown(A, g, P, b, a);
    meeting m = meets(A, P, a, b);
    const bool back = !m.how;
    if (back)
        m = meets(A, P, b, a);
    if (m.how)
        note_pair(A, g, P, back ? b : a, back ? a : b, m);
    return m.how != NULL;
}

/* Two iterations that the question is about and that meet; false: none are found. */
static bool find_pair(const analysis *A, diag *g, const question *q, bool all)
{
    const stage_plan *s = A->s;
    points P = some_points(A, all);
    int64_t **v = NEW_ARRAY(A->R->c->a, int64_t *, P.n + 1);
    for (uint32_t i = 0; i < P.n; i++)
        v[i] = loop_counts(A, &P.at[(size_t)i * A->n]);
    for (uint32_t pass = 0; pass < 2; pass++)
        for (uint32_t a = 0; a < P.n; a++)
            for (uint32_t b = 0; b < P.n; b++) {
                if (!is_asked(s, q, v[a], v[b]) || !note_meeting(A, g, &P, a, b, pass))
                    continue;
                if (q->to)
                    sched_note(A->R, g, "(%s) comes first now, and would come second",
                               iteration_text(A, &P.at[(size_t)a * A->n]));
                note_condition(A, g, all);
                return true;
            }
    return false;
}

/* None of those that were tried. */
static void note_far(const analysis *A, diag *g)
{
    int64_t *p = NEW_ARRAY(A->R->c->a, int64_t, A->n + 1), *q = NEW_ARRAY(A->R->c->a, int64_t, A->n + 1);
    for (uint32_t k = 0; k < A->n; k++)
        q[k] = A->extent[k] != 1;
    points P = points_new(A, 2);
    add_point(A, &P, p);
    add_point(A, &P, q);
    sched_note(A->R, g, "iteration (%s) writes %s and (%s) writes %s: no two that meet were found, but coordinates of this form do "
               "not tell that there are none", iteration_text(A, p), element_text(A, P.where[0]), iteration_text(A, q),
               element_text(A, P.where[1]));
}

/* Points of which the conditions hold, those where they may, then any. */
static void note_question(const analysis *A, diag *g, const question *q)
{
    analysis any = *A;
    any.any = true;
    bool conditions = A->s->def->dom->where.n;
    if (!find_pair(A, g, q, false) && !(conditions && (find_pair(A, g, q, true) || find_pair(&any, g, q, true))))
        note_far(&any, g);
}

void note_collision(const analysis *A, diag *g, uint32_t at) { note_question(A, g, &(question){.at = at}); }
void note_reordered(const analysis *A, diag *g, const uint32_t *to) { note_question(A, g, &(question){.to = to}); }
