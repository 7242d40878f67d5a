/* dsl/races.c: which iterations of an update depend on one another, and what that forbids.
 *
 *     f(r.x)         = f(r.x - 8) + 1         iteration r.x reads what r.x - 8 wrote
 *     f(r.x + 8*r.y) = in(r.x, r.y)           no two write one element when r.x has 8 iterations
 *     hist(in(r))   += 1                      any two may
 *
 * An element is written at the left side, at iteration a, and written or read at another, b. With
 * coordinates that are sums of reduction variables times constants, the two are the same element
 * only if the *distances* d = b - a solve one equation for each dimension,
 *
 *     sum of coefficient*d  ==  constant
 *
 * and |d| < extent of each variable. What follows for a variable is that its distance is a certain
 * number, 0 above all, or nothing. Coordinates of another form say nothing. Pure Vars stand in the
 * same place everywhere, so their loops carry no dependence at all.
 *
 * An update that writes several places at once does so in one iteration: each place is an access.
 *
 *   - A parallel or vector loop made from variables whose distances are all 0 has no race; nor has
 *     one where a variable whose loops are all outside of it has another distance than 0.
 *   - A change of order is right when for each pair of accesses the loops of variables with a
 *     distance other than 0 keep their order, or when each such variable has one loop and the first
 *     of them has the same sign before and after.
 *
 * Associative updates (assoc.c) that commute may change order freely; under atomic() their loops may
 * be parallel or vector, and the innermost of those that do not commute may be vector.
 *
 * A refusal shows two iterations that would collide, by trying the first few hundred points of the
 * domain. When they cannot be told without knowing data, it says so. */
#include "assoc.h"
#include "sched.h"

#include <stdlib.h>
#include <string.h>

/* ---- coordinates as sums --------------------------------------------------------------------- */

enum { TERMS = 24 };

typedef struct sum {
    int64_t constant;
    uint32_t n;
    struct {
        const ir *atom;
        int64_t coef;
    } term[TERMS];
    bool known;
} sum;

static void add_term(sum *s, const ir *atom, int64_t k)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (s->term[i].atom == atom) {
            s->term[i].coef += k;
            return;
        }
    if (s->n == TERMS) {
        s->known = false;
        return;
    }
    s->term[s->n].atom = atom;
    s->term[s->n++].coef = k;
}

static void add_sum(sum *s, const ir *e, int64_t k, int depth)
{
    int64_t v;
    if (depth > 64 || k > INT32_MAX || k < INT32_MIN) {
        s->known = false;
    } else if (ir_as_int(e, &v)) {
        s->constant += k * v;
    } else if (e->op == IR_ADD || e->op == IR_SUB) {
        add_sum(s, e->arg[0], k, depth + 1);
        add_sum(s, e->arg[1], e->op == IR_SUB ? -k : k, depth + 1);
    } else if (e->op == IR_MUL && (ir_as_int(e->arg[1], &v) || ir_as_int(e->arg[0], &v))) {
        add_sum(s, ir_as_int(e->arg[1], &v) ? e->arg[0] : e->arg[1], k * v, depth + 1);
    } else {
        add_term(s, e, k);
    }
}

/* ---- distances ------------------------------------------------------------------------------- */

/* What is known of b - a, per dimension of the domain, when both touch one element. */
typedef struct distance {
    bool possible, *known;
    int64_t *value;
} distance;

typedef struct equation {
    int64_t *coef, constant; /* sum of coef*d == constant */
} equation;

typedef struct analysis {
    resolver *R;
    const stage_plan *s;
    uint32_t n;             /* dimensions of the domain */
    int64_t *extent;        /* -1: not a constant */
    uint32_t nplaces;       /* that an iteration writes */
    const ir ***writes;     /* their coordinates */
    vec(const ir *) reads;  /* of the Func itself, CALL nodes, at every place */
    vec(distance) pairs;    /* each write with each, then with each read */
    bool any;               /* examples: the conditions of the domain are not looked at */
} analysis;

static void add_read(analysis *A, const ir *n)
{
    for (uint32_t i = 0; i < A->reads.n; i++)
        if (!memcmp(A->reads.at[i]->arg, n->arg, n->nargs * sizeof *n->arg))
            return; /* another value of the same element */
    vec_push(A->R->c->a, &A->reads, n);
}

static bool note_self(void *env, const ir *n)
{
    analysis *A = env;
    if (n->op == IR_CALL && n->u.ref.sym == A->s->func->sym)
        for (uint32_t k = 0; k < A->nplaces; k++)
            add_read(A, ir_at_place(A->R->c, n, k));
    return true;
}

static int rvar_index(const analysis *A, const ir *atom)
{
    const rdom *r = A->s->def->dom;
    for (uint32_t k = 0; atom->op == IR_VAR && k < A->n; k++)
        if (r->dims[k].sym == atom->u.sym)
            return (int)k;
    return -1;
}

static bool mentions_rvar(const analysis *A, const ir *e)
{
    map vars = {0};
    for (uint32_t k = 0; k < A->n; k++)
        map_put(A->R->c->a, &vars, A->s->def->dom->dims[k].sym, 1);
    return ir_uses_any(A->R->c, e, &vars);
}

/* write(a) == access(b) in one dimension; false when it says nothing. */
static bool equate(const analysis *A, const ir *write, const ir *access, equation *q)
{
    sum w = {.known = true}, x = {.known = true};
    add_sum(&w, write, 1, 0);
    add_sum(&x, access, 1, 0);
    if (!w.known || !x.known)
        return false;
    q->coef = NEW_ARRAY(A->R->c->a, int64_t, A->n);
    q->constant = w.constant - x.constant; /* sum of coef*(b - a) */
    for (uint32_t i = 0; i < w.n; i++) /* terms of both in x */
        add_term(&x, w.term[i].atom, 0);
    for (uint32_t i = 0; i < x.n && x.known; i++) {
        int64_t in_write = 0;
        for (uint32_t j = 0; j < w.n; j++)
            if (w.term[j].atom == x.term[i].atom)
                in_write = w.term[j].coef;
        int k = rvar_index(A, x.term[i].atom);
        if (in_write != x.term[i].coef || (k < 0 && in_write && mentions_rvar(A, x.term[i].atom)))
            return false;
        if (k >= 0)
            q->coef[k] = in_write;
    }
    return x.known;
}

static int64_t floored(int64_t a, int64_t b) { return a / b - (a % b < 0); } /* b > 0 */

/* Uses one equation; true when it told something new. */
static bool use(const analysis *A, const equation *q, distance *d)
{
    int64_t rest = q->constant, spread = 0;
    int most = -1;
    bool bounded = true;
    uint32_t open = 0;
    for (uint32_t k = 0; k < A->n; k++) {
        if (!q->coef[k])
            continue;
        if (d->known[k]) {
            rest -= q->coef[k] * d->value[k];
            continue;
        }
        open++;
        if (most < 0 || llabs(q->coef[k]) > llabs(q->coef[most]))
            most = (int)k;
    }
    if (!open) {
        d->possible &= rest == 0;
        return false;
    }
    for (uint32_t k = 0; k < A->n; k++) {
        if (!q->coef[k] || d->known[k] || (int)k == most)
            continue;
        int64_t more = 0;
        bounded &= A->extent[k] >= 0;
        if (A->extent[k] > 0)
            bounded &= !__builtin_mul_overflow(llabs(q->coef[k]), A->extent[k] - 1, &more);
        bounded &= !__builtin_add_overflow(spread, more, &spread) && spread < INT64_MAX / 4;
    }
    if (!bounded || llabs(rest) > INT64_MAX / 4)
        return false;
    /* coef*d of the greatest lies in [rest - spread, rest + spread]: the others make up for no more */
    int64_t coef = llabs(q->coef[most]), to = q->coef[most] < 0 ? -rest : rest;
    int64_t least = floored(to - spread + coef - 1, coef), last = floored(to + spread, coef);
    if (least > last)
        d->possible = false;
    if (least != last)
        return false;
    d->known[most] = true;
    d->value[most] = least;
    if (A->extent[most] >= 0 && llabs(d->value[most]) >= (A->extent[most] ? A->extent[most] : 1))
        d->possible = false;
    return true;
}

static distance distance_to(const analysis *A, const ir *const *write, const ir *const *access)
{
    arena *a = A->R->c->a;
    const cb_func_s *f = A->s->func;
    distance d = {true, NEW_ARRAY(a, bool, A->n + 1), NEW_ARRAY(a, int64_t, A->n + 1)};
    vec(equation) all = {0};
    for (uint32_t i = 0; i < f->rank; i++) {
        equation q;
        if (equate(A, write[i], access[i], &q))
            vec_push(a, &all, q);
    }
    for (bool news = true; news && d.possible;) {
        news = false;
        for (uint32_t i = 0; i < all.n && d.possible; i++)
            news |= use(A, &all.at[i], &d);
    }
    return d;
}

static analysis analyse(resolver *R, const stage_plan *s)
{
    const definition *def = s->def;
    analysis A = {.R = R, .s = s, .n = def->dom ? def->dom->ndims : 0};
    A.extent = NEW_ARRAY(R->c->a, int64_t, A.n + 1);
    for (uint32_t k = 0; k < A.n; k++)
        if (!ir_as_int(def->dom->dims[k].extent, &A.extent[k]))
            A.extent[k] = -1;
    A.nplaces = def_places(R->c, s->func, def);
    A.writes = NEW_ARRAY(R->c->a, const ir **, A.nplaces);
    for (uint32_t k = 0; k < A.nplaces; k++) {
        A.writes[k] = NEW_ARRAY(R->c->a, const ir *, s->func->rank + 1);
        for (uint32_t i = 0; i < s->func->rank; i++)
            A.writes[k][i] = ir_at_place(R->c, def->lhs[i], k);
    }
    for (uint32_t v = 0; v < s->func->nvalues; v++)
        ir_visit(R->c, def->values[v], note_self, &A);
    for (uint32_t i = 0; i < s->func->rank; i++)
        ir_visit(R->c, def->lhs[i], note_self, &A);
    for (uint32_t k = 0; k < A.nplaces; k++)
        for (uint32_t i = 0; i < A.nplaces + A.reads.n; i++)
            vec_push(R->c->a, &A.pairs,
                     distance_to(&A, A.writes[k], i < A.nplaces ? A.writes[i] : A.reads.at[i - A.nplaces]->arg));
    return A;
}

/* ---- from loops to variables ----------------------------------------------------------------- */

/* Which dimensions of the domain each loop that ever was is made from: a bit set. */
static uint64_t *made_from(resolver *R, const stage_plan *s)
{
    uint64_t *of = NEW_ARRAY(R->c->a, uint64_t, s->dims_all.n + 1);
    for (uint32_t i = 0; i < s->dims_all.n; i++)
        if (s->dims_all.at[i].rdom_dim >= 0)
            of[i] = (uint64_t)1 << s->dims_all.at[i].rdom_dim;
    for (uint32_t i = 0; i < s->splits.n; i++) {
        const split_plan *p = &s->splits.at[i];
        switch (p->kind) {
        case SPLIT_SPLIT: of[p->outer] = of[p->inner] = of[p->old]; break;
        case SPLIT_FUSE: of[p->old] = of[p->outer] | of[p->inner]; break;
        case SPLIT_RENAME: of[p->outer] = of[p->old]; break;
        }
    }
    return of;
}

/* The dimensions whose distance is not 0 for sure. */
static uint64_t moving(const analysis *A, const distance *d)
{
    uint64_t set = 0;
    for (uint32_t k = 0; k < A->n; k++)
        if (!d->known[k] || d->value[k])
            set |= (uint64_t)1 << k;
    return set;
}

/* Can two iterations of loop `at` (a position, all outer loops equal) touch one element? */
static bool collides(const analysis *A, const distance *d, const uint64_t *of, uint32_t at)
{
    const stage_plan *s = A->s;
    uint64_t inside = 0;
    if (!d->possible || !(moving(A, d) & of[s->loops.at[at]]))
        return false;
    for (uint32_t i = at; i < s->loops.n; i++)
        inside |= of[s->loops.at[i]];
    for (uint32_t k = 0; k < A->n; k++) /* separated by a loop around */
        if (!(inside >> k & 1) && d->known[k] && d->value[k])
            return false;
    return true;
}

static bool loop_collides(const analysis *A, const uint64_t *of, uint32_t at)
{
    for (uint32_t i = 0; i < A->pairs.n; i++)
        if (collides(A, &A->pairs.at[i], of, at))
            return true;
    return false;
}

static bool keeps_order(const analysis *A, const distance *d, const uint64_t *of, const uint32_t *from,
                        const uint32_t *to, uint32_t n)
{
    uint64_t move = moving(A, d), seen = 0;
    bool same = true, single = true;
    for (uint32_t i = 0, k = 0; i < n; i++) {
        if (!(of[from[i]] & move))
            continue;
        while (!(of[to[k]] & move))
            k++;
        same &= to[k++] == from[i];
        single &= !(seen & of[from[i]]) && !(of[from[i]] & (of[from[i]] - 1));
        seen |= of[from[i]];
    }
    if (!d->possible || same)
        return true;
    int64_t sign[2] = {0, 0};
    for (uint32_t which = 0; which < 2 && single; which++) {
        const uint32_t *loops = which ? to : from;
        for (uint32_t i = 0; i < n && !sign[which]; i++)
            for (uint32_t k = 0; k < A->n && !sign[which]; k++) {
                if (!(of[loops[i]] & move) || !(of[loops[i]] >> k & 1))
                    continue;
                if (!d->known[k])
                    return false;
                sign[which] = d->value[k] > 0 ? 1 : -1;
            }
    }
    return single && sign[0] == sign[1];
}

/* ---- associative updates --------------------------------------------------------------------- */

bool stage_assoc(resolver *R, const stage_plan *s, assoc *out)
{
    cb_context *c = R->c;
    const cb_func_s *f = s->func;
    const ir **self = NEW_ARRAY(c->a, const ir *, f->nvalues);
    map own = {0};
    map_put(c->a, &own, f->sym, 1);
    if (s->update < 0 || def_places(c, f, s->def) > 1)
        return false;
    for (uint32_t i = 0; i < f->rank; i++)
        if (ir_uses(c, s->def->lhs[i], f->sym))
            return false;
    const ir **value = NEW_ARRAY(c->a, const ir *, f->nvalues);
    for (uint32_t v = 0; v < f->nvalues; v++) {
        self[v] = ir_call(c, f->sym, v, f->types[v], s->def->lhs, f->rank);
        value[v] = R->p->strict ? ir_strict(c, s->def->values[v]) : s->def->values[v];
    }
    return assoc_find(c, f->nvalues, value, self, &own, out);
}

/* ---- examples -------------------------------------------------------------------------------- */

enum { POINTS = 600, ASSUMED = 16 };

/* Some iterations of the domain, in order. */
typedef struct points {
    uint32_t n, ndims;
    int64_t *at;       /* n rows of ndims counts from the minimum */
    const ir ***where; /* n rows: coordinates of each place that is written there, one after the other */
} points;

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
    uint32_t rank = A->s->func->rank;
    memcpy(&P->at[(size_t)P->n * A->n], p, A->n * sizeof *p);
    P->where[P->n] = NEW_ARRAY(A->R->c->a, const ir *, A->nplaces * rank + 1);
    for (uint32_t i = 0; i < A->nplaces * rank; i++)
        P->where[P->n][i] = at_point(A, A->writes[i / rank][i % rank], p);
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
    uint32_t most = POINTS + 2 * A->pairs.n + STEPS * STEP_POINTS * A->n;
    points P = {.ndims = A->n, .at = NEW_ARRAY(a, int64_t, (size_t)most *(A->n + 1)),
                .where = NEW_ARRAY(a, const ir **, most)};
    int64_t *size = NEW_ARRAY(a, int64_t, A->n + 1), *p = NEW_ARRAY(a, int64_t, A->n + 1);
    int64_t each = A->n == 1 ? POINTS : A->n == 2 ? 24 : A->n == 3 ? 8 : 4;
    for (uint32_t k = 0; k < A->n; k++) {
        size[k] = A->extent[k] < 0 ? ASSUMED : A->extent[k];
        size[k] = size[k] < each ? size[k] : each;
        if (size[k] < 1)
            return P;
    }
    for (bool more = true; more && P.n < POINTS;) {
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
    for (uint32_t i = 0; i < A->reads.n; i++) {
        bool same = true;
        for (uint32_t d = 0; d < rank && same; d++)
            same = written[d] == at_point(A, A->reads.at[i]->arg[d], &P->at[(size_t)b * A->n]);
        if (same)
            return (meeting){"reads", written};
    }
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
    const ir **read = NEW_ARRAY(A->R->c->a, const ir *, rank + 1);
    for (uint32_t i = 0; i < A->reads.n * A->nplaces; i++) {
        const ir *const *written = P->where[a] + i % A->nplaces * rank;
        bool sure;
        for (uint32_t d = 0; d < rank; d++)
            read[d] = at_point(A, A->reads.at[i / A->nplaces]->arg[d], pb);
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
        sched_note(A->R, g, "the conditions of the domain leave out one of them, but are not used to tell which iterations meet");
    else if (all && A->s->def->dom->where.n)
        sched_note(A->R, g, "if the domain has both: that depends on its conditions");
}

/* Two iterations of loop `at` that would collide; false: none are found. */
static bool note_collision(const analysis *A, diag *g, uint32_t at, bool all)
{
    const stage_plan *s = A->s;
    points P = some_points(A, all);
    int64_t **v = NEW_ARRAY(A->R->c->a, int64_t *, P.n + 1);
    for (uint32_t i = 0; i < P.n; i++)
        v[i] = loop_counts(A, &P.at[(size_t)i * A->n]);
    for (uint32_t pass = 0; pass < 2; pass++)
        for (uint32_t a = 0; a < P.n; a++)
            for (uint32_t b = 0; b < P.n; b++) {
                bool together = v[a][s->loops.at[at]] != v[b][s->loops.at[at]];
                for (uint32_t i = 0; i < at && together; i++)
                    together = v[a][s->loops.at[i]] == v[b][s->loops.at[i]];
                if (!together)
                    continue;
                meeting m = pass ? (meeting){NULL, NULL} : meets(A, &P, a, b);
                if (m.how)
                    note_pair(A, g, &P, a, b, m);
                if (m.how || (pass && note_unknown(A, g, &P, a, b))) {
                    note_condition(A, g, all);
                    return true;
                }
            }
    return false;
}

/* None of those that were tried. */
static void note_far(const analysis *A, diag *g)
{
    int64_t *p = NEW_ARRAY(A->R->c->a, int64_t, A->n + 1), *q = NEW_ARRAY(A->R->c->a, int64_t, A->n + 1);
    for (uint32_t k = 0; k < A->n; k++)
        q[k] = A->extent[k] != 1;
    points P = {.ndims = A->n, .at = NEW_ARRAY(A->R->c->a, int64_t, 2 * (size_t)A->n + 1),
                .where = NEW_ARRAY(A->R->c->a, const ir **, 2)};
    add_point(A, &P, p);
    add_point(A, &P, q);
    sched_note(A->R, g, "iteration (%s) writes %s and (%s) writes %s: no two that meet were found, but coordinates of this form do "
               "not tell that there are none", iteration_text(A, p), element_text(A, P.where[0]), iteration_text(A, q),
               element_text(A, P.where[1]));
}

static void note_two(const analysis *A, diag *g, uint32_t at)
{
    analysis any = *A;
    any.any = true;
    bool conditions = A->s->def->dom->where.n;
    if (!note_collision(A, g, at, false) &&
        !(conditions && (note_collision(A, g, at, true) || note_collision(&any, g, at, true))))
        note_far(&any, g);
}

/* Does a come before b in this order of loops? */
static bool before(const int64_t *a, const int64_t *b, const uint32_t *order, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (a[order[i]] != b[order[i]])
            return a[order[i]] < b[order[i]];
    return false;
}

static bool note_swapped(const analysis *A, diag *g, const uint32_t *to, bool all)
{
    const stage_plan *s = A->s;
    points P = some_points(A, all);
    int64_t **v = NEW_ARRAY(A->R->c->a, int64_t *, P.n + 1);
    for (uint32_t i = 0; i < P.n; i++)
        v[i] = loop_counts(A, &P.at[(size_t)i * A->n]);
    for (uint32_t pass = 0; pass < 2; pass++)
        for (uint32_t a = 0; a < P.n; a++)
            for (uint32_t b = 0; b < P.n; b++) {
                if (!before(v[a], v[b], s->loops.at, s->loops.n) || before(v[a], v[b], to, s->loops.n))
                    continue;
                meeting m = pass ? (meeting){NULL, NULL} : meets(A, &P, a, b);
                bool back = !pass && !m.how;
                if (back)
                    m = meets(A, &P, b, a);
                if (!m.how && !(pass && (note_unknown(A, g, &P, a, b) || note_unknown(A, g, &P, b, a))))
                    continue;
                if (m.how)
                    note_pair(A, g, &P, back ? b : a, back ? a : b, m);
                sched_note(A->R, g, "(%s) comes first now, and would come second",
                           iteration_text(A, &P.at[(size_t)a * A->n]));
                note_condition(A, g, all);
                return true;
            }
    return false;
}

/* ---- rules ----------------------------------------------------------------------------------- */

bool order_may_become(resolver *R, const stage_plan *s, const uint32_t *to)
{
    assoc form;
    if (s->update < 0 || !s->def->dom)
        return true;
    analysis A = analyse(R, s);
    const uint64_t *of = made_from(R, s);
    bool kept = true;
    for (uint32_t i = 0; i < A.pairs.n; i++)
        kept &= keeps_order(&A, &A.pairs.at[i], of, s->loops.at, to, s->loops.n);
    return kept || (stage_assoc(R, s, &form) && form.commutes);
}

void note_order(resolver *R, diag *g, const stage_plan *s, const uint32_t *to)
{
    assoc form;
    analysis A = analyse(R, s);
    bool found = note_swapped(&A, g, to, false) || (s->def->dom->where.n && note_swapped(&A, g, to, true));
    A.any = true;
    if (!found && !(s->def->dom->where.n && note_swapped(&A, g, to, true)))
        note_far(&A, g);
    if (stage_assoc(R, s, &form))
        sched_note(R, g, "the update is associative (%s) but does not commute", assoc_name(R->c, &form));
    else
        sched_note(R, g, "the update is no operation of the table of associative ones (docs/schedule.md)");
}

static void refuse(resolver *R, const analysis *A, uint32_t at, const char *why, const char *help)
{
    const stage_plan *s = A->s;
    const loop_plan *l = &s->dims_all.at[s->loops.at[at]];
    diag *g = sched_report(R, DIAG_RACE, l->from, 0, why, l->name, s->func->name);
    diag_note(&R->c->diags, g, s->def->loc, "the update is here");
    if (!R->dry && !R->c->diags.quiet)
        note_two(A, g, at);
    sched_help(R, g, "%s", help);
    sched_end(R, g);
}

/* The loops of a domain inside loop `at` are vector loops as well. */
static bool innermost_vectors(const stage_plan *s, uint32_t at)
{
    for (uint32_t i = at + 1; i < s->loops.n; i++) {
        const loop_plan *l = &s->dims_all.at[s->loops.at[i]];
        if (l->is_rvar && l->kind != LOOP_VECTOR)
            return false;
    }
    return true;
}

static void judge_loop(resolver *R, const analysis *A, stage_plan *s, uint32_t at, const assoc *form)
{
    const loop_plan *l = &s->dims_all.at[s->loops.at[at]];
    const char *plain = arena_printf(R->c->a, "run loop '%s' serially, unroll it, or parallelize loops of pure Vars", l->name);
    if (!form) {
        refuse(R, A, at, "iterations of '%s' depend on one another through '%s', and the update is not "
                         "an associative operation", plain);
    } else if (!s->atomic) {
        refuse(R, A, at, "iterations of '%s' update the same elements of '%s'",
               form->commutes ? "the update is associative: atomic() makes this legal, and so does rfactor() before it"
                              : "the update is associative but does not commute: rfactor() the outermost loop of the domain, or "
                                "vectorize the innermost with atomic()");
    } else if (!form->commutes && l->kind == LOOP_PARALLEL) {
        refuse(R, A, at, "iterations of '%s' update the same elements of '%s', and their order matters: "
                         "the update does not commute",
               "rfactor() the outermost loop of the domain: its partial results are combined in order");
    } else if (!form->commutes && !innermost_vectors(s, at)) {
        refuse(R, A, at, "loops inside '%s' would be taken apart by its lanes, and the update of '%s' does not commute",
               "vectorize the innermost loop of the domain");
    } else {
        s->atomic_used = true;
        s->atomic_parallel |= l->kind == LOOP_PARALLEL;
    }
}

void check_races(resolver *R, stage_plan *s)
{
    assoc form;
    bool any = false;
    const bool before = R->failed;
    s->atomic_used = s->atomic_parallel = R->failed = false;
    for (uint32_t i = 0; i < s->loops.n; i++) {
        const loop_plan *l = &s->dims_all.at[s->loops.at[i]];
        any |= l->is_rvar && (l->kind == LOOP_PARALLEL || l->kind == LOOP_VECTOR);
    }
    if (any) {
        analysis A = analyse(R, s);
        const uint64_t *of = made_from(R, s);
        bool known = stage_assoc(R, s, &form);
        for (uint32_t i = 0; i < s->loops.n && !R->failed; i++) {
            const loop_plan *l = &s->dims_all.at[s->loops.at[i]];
            if (l->is_rvar && (l->kind == LOOP_PARALLEL || l->kind == LOOP_VECTOR) && loop_collides(&A, of, i))
                judge_loop(R, &A, s, i, known ? &form : NULL);
        }
    }
    bool several = s->branch || s->branches.n; /* another one may need it */
    bool unused = s->atomic && !s->atomic_used && !R->failed && !several;
    R->failed |= before;
    if (!unused)
        return;
    diag *g = sched_report(R, DIAG_ATOMIC_UNUSED, s->atomic, -1, "no loop of '%s' needs it", stage_text(R, s));
    sched_note(R, g, "it is for parallel and vector loops of a reduction domain whose iterations update the same elements");
    sched_end_help(R, g, "leave it out, or make such a loop parallel or a vector");
}
