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
    vec(const ir *) reads;  /* of the Func itself, CALL nodes */
    vec(distance) pairs;    /* the left side with itself, then with each read */
} analysis;

static bool note_self(void *env, const ir *n)
{
    analysis *A = env;
    if (n->op == IR_CALL && n->u.ref.sym == A->s->func->sym) {
        for (uint32_t i = 0; i < A->reads.n; i++)
            if (!memcmp(A->reads.at[i]->arg, n->arg, n->nargs * sizeof *n->arg))
                return true; /* another value of the same element */
        vec_push(A->R->c->a, &A->reads, n);
    }
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
        bounded &= A->extent[k] >= 0;
        if (A->extent[k] > 0)
            spread += llabs(q->coef[k]) * (A->extent[k] - 1);
    }
    if (open == 1 && rest % q->coef[most] != 0) {
        d->possible = false;
        return false;
    }
    /* the others cannot make up for one step of the greatest: |rest| + spread < |coef| */
    bool zero = open > 1 && bounded && rest == 0 && spread < llabs(q->coef[most]);
    if (open > 1 && !zero)
        return false;
    d->known[most] = true;
    d->value[most] = open == 1 ? rest / q->coef[most] : 0;
    if (A->extent[most] >= 0 && llabs(d->value[most]) >= (A->extent[most] ? A->extent[most] : 1))
        d->possible = false;
    return true;
}

static distance distance_to(const analysis *A, const ir *const *access)
{
    arena *a = A->R->c->a;
    const cb_func_s *f = A->s->func;
    distance d = {true, NEW_ARRAY(a, bool, A->n + 1), NEW_ARRAY(a, int64_t, A->n + 1)};
    vec(equation) all = {0};
    for (uint32_t i = 0; i < f->rank; i++) {
        equation q;
        if (equate(A, A->s->def->lhs[i], access[i], &q))
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
    for (uint32_t v = 0; v < s->func->nvalues; v++)
        ir_visit(R->c, def->values[v], note_self, &A);
    for (uint32_t i = 0; i < s->func->rank; i++)
        ir_visit(R->c, def->lhs[i], note_self, &A);
    vec_push(R->c->a, &A.pairs, distance_to(&A, def->lhs));
    for (uint32_t i = 0; i < A.reads.n; i++)
        vec_push(R->c->a, &A.pairs, distance_to(&A, A.reads.at[i]->arg));
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
    if (s->update < 0)
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
    const ir ***where; /* n rows: coordinates of the left side there */
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

static bool in_domain(const analysis *A, const int64_t *p)
{
    const rdom *r = A->s->def->dom;
    for (uint32_t i = 0; i < r->where.n; i++)
        if (!ir_is_true(at_point(A, r->where.at[i], p)))
            return false; /* or not known to be */
    return true;
}

static void add_point(const analysis *A, points *P, const int64_t *p)
{
    uint32_t rank = A->s->func->rank;
    memcpy(&P->at[(size_t)P->n * A->n], p, A->n * sizeof *p);
    P->where[P->n] = NEW_ARRAY(A->R->c->a, const ir *, rank + 1);
    for (uint32_t i = 0; i < rank; i++)
        P->where[P->n][i] = at_point(A, A->s->def->lhs[i], p);
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
    if (!inside || !far || (!all && (!in_domain(A, p) || !in_domain(A, q))))
        return;
    add_point(A, P, p);
    add_point(A, P, q);
}

/* `all`: those too of which the conditions of the domain are not known to hold. */
static points some_points(const analysis *A, bool all)
{
    arena *a = A->R->c->a;
    uint32_t most = POINTS + 2 * A->pairs.n;
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
        if (all || in_domain(A, p))
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
    return P;
}

/* Counts of all loops that ever were, at a point; -1: it has none (a pure loop). */
static int64_t *loop_counts(const analysis *A, const int64_t *p)
{
    const stage_plan *s = A->s;
    int64_t *v = NEW_ARRAY(A->R->c->a, int64_t, s->dims_all.n + 1);
    const int64_t *extent = loop_extents(A->R, s);
    for (uint32_t i = 0; i < s->dims_all.n; i++)
        v[i] = s->dims_all.at[i].rdom_dim >= 0 ? p[s->dims_all.at[i].rdom_dim] : -1;
    for (uint32_t i = 0; i < s->splits.n; i++) {
        const split_plan *q = &s->splits.at[i];
        switch (q->kind) {
        case SPLIT_SPLIT:
            v[q->outer] = v[q->old] < 0 ? -1 : v[q->old] / q->factor;
            v[q->inner] = v[q->old] < 0 ? -1 : v[q->old] % q->factor;
            break;
        case SPLIT_FUSE:
            v[q->old] = v[q->outer] < 0 || v[q->inner] < 0 || extent[q->inner] < 0
                            ? -1
                            : v[q->outer] * extent[q->inner] + v[q->inner];
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

/* How iteration a, which writes, meets iteration b; NULL: not at all, as far as can be seen. */
static const char *meets(const analysis *A, const points *P, uint32_t a, uint32_t b)
{
    uint32_t rank = A->s->func->rank;
    if (same_coords(P->where[a], P->where[b], rank))
        return "writes";
    for (uint32_t i = 0; i < A->reads.n; i++) {
        bool same = true;
        for (uint32_t d = 0; d < rank && same; d++)
            same = P->where[a][d] == at_point(A, A->reads.at[i]->arg[d], &P->at[(size_t)b * A->n]);
        if (same)
            return "reads";
    }
    return NULL;
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
        if (!l->is_rvar || v[dim] < 0)
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
    for (uint32_t k = 0; k < A->n; k++)
        if (A->extent[k] < 0 && p[k] > 0) {
            sched_note(A->R, g, "'%s' has that many iterations if its extent is %lld or more",
                       A->s->def->dom->dims[k].name, (long long)p[k] + 1);
            return;
        }
}

static void note_pair(const analysis *A, diag *g, const points *P, uint32_t a, uint32_t b, const char *how)
{
    const int64_t *pa = &P->at[(size_t)a * A->n], *pb = &P->at[(size_t)b * A->n];
    bool both = !strcmp(how, "writes");
    sched_note(A->R, g, both ? "iterations (%s) and (%s) both write %s" : "iteration (%s) writes what (%s) reads, %s",
               iteration_text(A, pa), iteration_text(A, pb), element_text(A, P->where[a]));
    note_assumption(A, g, pa[0] > pb[0] ? pa : pb);
}

/* No two are known to meet: the coordinates depend on data. Names the first pair that might. */
static bool note_unknown(const analysis *A, diag *g, const points *P, uint32_t a, uint32_t b)
{
    const int64_t *pa = &P->at[(size_t)a * A->n], *pb = &P->at[(size_t)b * A->n];
    sched_note(A->R, g, "iterations (%s) and (%s) write %s and %s, which may be the same element",
               iteration_text(A, pa), iteration_text(A, pb), element_text(A, P->where[a]),
               element_text(A, P->where[b]));
    return true;
}

/* Do coordinates depend on more than constants there? */
static bool on_data(const analysis *A, const points *P, uint32_t a, uint32_t b)
{
    int64_t x, y;
    for (uint32_t d = 0; d < A->s->func->rank; d++)
        if (P->where[a][d] != P->where[b][d] && ir_as_int(P->where[a][d], &x) && ir_as_int(P->where[b][d], &y))
            return false;
    return true;
}

static void note_condition(const analysis *A, diag *g, bool all)
{
    if (all && A->s->def->dom->where.n)
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
                bool together = v[a][s->loops.at[at]] != v[b][s->loops.at[at]] && v[a][s->loops.at[at]] >= 0;
                for (uint32_t i = 0; i < at && together; i++)
                    together = v[a][s->loops.at[i]] == v[b][s->loops.at[i]];
                if (!together || (pass && !on_data(A, &P, a, b)))
                    continue;
                const char *how = pass ? NULL : meets(A, &P, a, b);
                if (how)
                    note_pair(A, g, &P, a, b, how);
                if (how || (pass && note_unknown(A, g, &P, a, b))) {
                    note_condition(A, g, all);
                    return true;
                }
            }
    return false;
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
                if (!before(v[a], v[b], s->loops.at, s->loops.n) || before(v[a], v[b], to, s->loops.n) ||
                    (pass && !on_data(A, &P, a, b)))
                    continue;
                const char *how = pass ? NULL : meets(A, &P, a, b);
                bool back = !pass && !how && meets(A, &P, b, a);
                if (!how && !back && !pass)
                    continue;
                if (pass)
                    note_unknown(A, g, &P, a, b);
                else
                    note_pair(A, g, &P, back ? b : a, back ? a : b, how ? how : "reads");
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
    if (!note_swapped(&A, g, to, false))
        note_swapped(&A, g, to, true);
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
    if (!R->dry && !R->c->diags.quiet && !note_collision(A, g, at, false))
        note_collision(A, g, at, true);
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
               "the update is associative: atomic() makes this legal, and so does rfactor() before it");
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
