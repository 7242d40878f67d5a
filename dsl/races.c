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
 * A refusal shows two iterations that would collide (collide.c). */
#include "races.h"
#include "assoc.h"

#include <stdlib.h>
#include <string.h>

/* ---- coordinates as sums --------------------------------------------------------------------- */

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

void add_sum(sum *s, const ir *e, int64_t k, int depth)
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

typedef struct equation {
    int64_t *coef, constant; /* sum of coef*d == constant */
} equation;

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
    const analysis A = analyse(R, s);
    note_reordered(&A, g, to);
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
        note_collision(A, g, at);
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
