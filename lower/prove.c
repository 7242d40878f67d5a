/* lower/prove.c: is a condition true whatever its symbols are?
 *
 *     0 <= x <= n - 1,  y = min(x + 1, n - 1)       proves   y < n,  y - x <= 1,  x/8 <= (n - 1)/8
 *
 * A comparison of integers becomes a form L that must be >= 0. Its terms are replaced, one at a
 * time, by something that is surely not larger: a symbol by its bound, floor(x/c) by (x - c + 1)/c
 * after multiplying by c, a min by each of its operands in turn (all must do), a max by any of
 * them. What remains without terms is a number. The search tries choices in a fixed order within a
 * budget of steps; running out means "cannot tell".
 */
#include "simp.h"

typedef struct prover {
    const facts *S;
    int budget;
} prover;

enum { PROVE_DEPTH = 12 };

static bool nonneg(prover *P, const lin *L, int depth);

/* L with term i (taken out of `rest`, coefficient coef) replaced by e + k. */
static bool with_term(prover *P, const lin *rest, const ir *e, int64_t coef, int64_t k, int depth)
{
    lin M = *rest;
    int64_t p;
    return lin_add(&M, e, coef) && !__builtin_mul_overflow(coef, k, &p) && lin_add_const(&M, p) &&
           nonneg(P, &M, depth - 1);
}

/* Both operands (all) or one of them (any). */
static bool with_operands(prover *P, const lin *rest, const ir *a, const ir *b, int64_t coef,
                          bool all, int depth)
{
    bool first = with_term(P, rest, a, coef, 0, depth);
    if (first != all) return first;
    return with_term(P, rest, b, coef, 0, depth);
}

/* floor(x/c) for constant c > 1. Exact when its coefficient is 1 or -1. */
static bool with_quotient(prover *P, const lin *rest, const ir *x, int64_t c, int64_t coef,
                          int depth)
{
    lin M = *rest;
    int64_t p, slack;
    if (!lin_scale(&M, c) || !lin_add(&M, x, coef)) return false;
    if (coef == 1) return nonneg(P, &M, depth - 1);
    if (coef == -1) return lin_add_const(&M, c - 1) && nonneg(P, &M, depth - 1);
    if (coef < 0) return nonneg(P, &M, depth - 1);
    return !__builtin_mul_overflow(coef, c - 1, &p) && !__builtin_sub_overflow(0, p, &slack) &&
           lin_add_const(&M, slack) && nonneg(P, &M, depth - 1);
}

/* base + i*stride at its smallest (coef > 0) or largest. */
static bool with_ramp(prover *P, const lin *rest, const ir *ramp, int64_t coef, int depth)
{
    const ir *base = ramp->arg[0], *stride = ramp->arg[1];
    int64_t last = ramp->type.lanes / base->type.lanes - 1, p;
    const_range s = simp_range(P->S, stride);
    lin M = *rest;
    bool first = coef > 0 ? s.has_lo && s.lo >= 0 : s.has_hi && s.hi <= 0;
    bool other = coef > 0 ? s.has_hi && s.hi <= 0 : s.has_lo && s.lo >= 0;
    if (first) return with_term(P, rest, base, coef, 0, depth);
    if (__builtin_mul_overflow(coef, last, &p)) return false;
    if (other) return lin_add(&M, base, coef) && lin_add(&M, stride, p) && nonneg(P, &M, depth - 1);
    return with_term(P, rest, base, coef, 0, depth) && lin_add(&M, base, coef) &&
           lin_add(&M, stride, p) && nonneg(P, &M, depth - 1);
}

/* The first term that can be split into cases (`exact`: where both must do), tried alone. */
static bool try_structure(prover *P, const lin *L, bool exact, int depth)
{
    for (uint32_t i = 0; i < L->n; i++) {
        const ir *a = L->t[i].atom;
        int64_t coef = L->t[i].coef, c;
        bool all =
            a->op == IR_SELECT || (a->op == IR_MIN && coef > 0) || (a->op == IR_MAX && coef < 0);
        lin rest = *L;
        if (!type_no_overflow(a->type)) continue;
        lin_take(&rest, i);
        switch ((int)a->op) {
        case IR_MIN:
        case IR_MAX:
            if (exact != all) continue;
            return with_operands(P, &rest, a->arg[0], a->arg[1], coef, all, depth);
        case IR_SELECT:
            if (!exact) continue;
            return with_operands(P, &rest, a->arg[1], a->arg[2], coef, true, depth);
        case IR_DIV:
            if (!exact || !ir_as_int(a->arg[1], &c) || c <= 1) continue;
            return with_quotient(P, &rest, a->arg[0], c, coef, depth);
        case IR_RAMP:
            if (exact) continue;
            return with_ramp(P, &rest, a, coef, depth);
        case IR_PROMISE:
            if (exact) continue;
            return with_operands(P, &rest, a->arg[0], a->arg[coef > 0 ? 1 : 2], coef, false, depth);
        default: continue;
        }
    }
    return false;
}

/* x % c by its range. Its other bound, x itself when x >= 0, is what x%c <= x needs. */
static bool try_remainders(prover *P, const lin *L, int depth)
{
    for (uint32_t i = 0; i < L->n; i++) {
        const ir *a = L->t[i].atom;
        const_range r;
        int64_t coef = L->t[i].coef;
        if (a->op == IR_VAR && type_no_overflow(a->type)) continue;
        r = simp_range(P->S, a);
        if (!(coef > 0 ? r.has_lo : r.has_hi)) continue;
        lin rest = *L;
        int64_t p;
        lin_take(&rest, i);
        if (!__builtin_mul_overflow(coef, coef > 0 ? r.lo : r.hi, &p) && lin_add_const(&rest, p) &&
            nonneg(P, &rest, depth - 1))
            return true;
        if (a->op == IR_MOD && coef < 0) {
            const_range x = simp_range(P->S, a->arg[0]);
            rest = *L;
            lin_take(&rest, i);
            if (x.has_lo && x.lo >= 0 && with_term(P, &rest, a->arg[0], coef, 0, depth))
                return true;
        }
    }
    return false;
}

/* The term whose symbol has the latest fact older than `before`; L->n: none. */
static uint32_t latest_symbol(const facts *S, const lin *L, uint32_t before, const sym_fact **fact)
{
    uint32_t best = L->n, serial = 0;
    for (uint32_t i = 0; i < L->n; i++) {
        const ir *a = L->t[i].atom;
        if (a->op != IR_VAR) continue;
        const sym_fact *x = facts_symbol(S, a->u.sym);
        if (!x || x->serial >= before || x->serial < serial) continue;
        best = i;
        serial = x->serial;
        *fact = x;
    }
    return best;
}

/* Symbols by their bounds, those of the innermost facts first. */
static bool try_bounds(prover *P, const lin *L, int depth)
{
    const sym_fact *x = NULL;
    for (uint32_t before = UINT32_MAX, i; (i = latest_symbol(P->S, L, before, &x)) < L->n;
         before = x->serial) {
        int64_t coef = L->t[i].coef, p;
        const ir *bound = coef > 0 ? x->lo : x->hi;
        const_range r = simp_range(P->S, L->t[i].atom);
        lin rest = *L;
        lin_take(&rest, i);
        if (bound && with_term(P, &rest, bound, coef, 0, depth)) return true;
        if ((coef > 0 ? r.has_lo : r.has_hi) && !(bound && simp_is_number(bound)) &&
            !__builtin_mul_overflow(coef, coef > 0 ? r.lo : r.hi, &p) && lin_add_const(&rest, p) &&
            nonneg(P, &rest, depth - 1))
            return true;
    }
    return false;
}

static uint64_t lin_mask(const lin *L)
{
    uint64_t m = 0;
    for (uint32_t i = 0; i < L->n; i++) m |= atom_mask(L->t[i].atom);
    return m;
}

/* L - m*G where m > 0 removes a term of L; true when that is >= 0. */
static bool with_condition(prover *P, const lin *L, const lin *G, int depth)
{
    for (uint32_t i = 0; i < L->n; i++)
        for (uint32_t j = 0; j < G->n; j++) {
            if (L->t[i].atom != G->t[j].atom || L->t[i].coef % G->t[j].coef) continue;
            int64_t m = L->t[i].coef / G->t[j].coef;
            if (m <= 0 || m == INT64_MAX) continue;
            lin M = *L;
            if (lin_add_lin(&M, G, -m) && nonneg(P, &M, depth - 1)) return true;
        }
    return false;
}

/* Conditions G >= 0 that hold here: it is enough that L - m*G >= 0 for some m > 0. */
static bool try_conditions(prover *P, const lin *L, int depth)
{
    uint64_t mask = lin_mask(L);
    for (const facts *f = P->S; f && f->any; f = f->outer) {
        if (!(f->nonneg_mask & mask)) continue;
        for (uint32_t k = f->nonneg.n; k-- > 0;)
            if ((f->nonneg.at[k]->mask & mask) &&
                with_condition(P, L, &f->nonneg.at[k]->form, depth))
                return true;
    }
    return false;
}

/* Is there anything that a proof could use? */
static bool worth_trying(const facts *S, const lin *L)
{
    for (uint32_t i = 0; i < L->n; i++)
        if (L->t[i].atom->nargs || (atom_mask(L->t[i].atom) & S->mask)) return true;
    return false;
}

static bool nonneg(prover *P, const lin *L, int depth)
{
    if (L->n == 0) return L->k >= 0;
    if (P->budget-- <= 0) return false;
    const_range r = lin_range(P->S, L);
    if (r.has_lo && r.lo >= 0) return true;
    if (r.has_hi && r.hi < 0) return false;
    if (depth <= 0 || !worth_trying(P->S, L)) return false;
    lin M = *L;
    lin_tighten(&M);
    if (try_structure(P, &M, true, depth)) return true;
    if (try_conditions(P, &M, depth)) return true;
    if (try_bounds(P, &M, depth)) return true;
    if (try_structure(P, &M, false, depth)) return true;
    return try_remainders(P, &M, depth);
}

bool prove_nonneg(const facts *S, const lin *L, int budget)
{
    prover P = {.S = S, .budget = budget};
    return nonneg(&P, L, PROVE_DEPTH);
}

bool compare_as_lin(const ir *cond, lin *L)
{
    if ((cond->op != IR_LE && cond->op != IR_LT) || !type_no_overflow(cond->arg[0]->type))
        return false;
    return lin_diff(L, cond->arg[1], cond->arg[0], true) &&
           (cond->op == IR_LE || lin_add_const(L, -1));
}

static bool prove_equal(const facts *S, const ir *a, const ir *b)
{
    lin L;
    if (!type_no_overflow(a->type) || !lin_diff(&L, a, b, true)) return false;
    if (!prove_nonneg(S, &L, 200)) return false;
    return lin_scale(&L, -1) && prove_nonneg(S, &L, 200);
}

/* cond is simplified. */
static bool prove(const facts *S, const ir *cond, int depth)
{
    lin L;
    cond = without_likely(cond);
    if (ir_is_true(cond)) return true;
    if (ir_is_false(cond) || depth <= 0) return false;
    if (S->any && facts_known(S, cond) == 1) return true;
    switch ((int)cond->op) {
    case IR_AND: return prove(S, cond->arg[0], depth - 1) && prove(S, cond->arg[1], depth - 1);
    case IR_OR: return prove(S, cond->arg[0], depth - 1) || prove(S, cond->arg[1], depth - 1);
    case IR_LE:
    case IR_LT: return compare_as_lin(cond, &L) && prove_nonneg(S, &L, 400);
    case IR_EQ: return prove_equal(S, cond->arg[0], cond->arg[1]);
    case IR_NE:
        if (!type_no_overflow(cond->arg[0]->type) ||
            !lin_diff(&L, cond->arg[0], cond->arg[1], true) || !lin_add_const(&L, -1))
            return false;
        if (prove_nonneg(S, &L, 200)) return true;
        return lin_diff(&L, cond->arg[1], cond->arg[0], true) && lin_add_const(&L, -1) &&
               prove_nonneg(S, &L, 200);
    case IR_SELECT: return prove(S, cond->arg[1], depth - 1) && prove(S, cond->arg[2], depth - 1);
    case IR_BROADCAST: return prove(S, cond->arg[0], depth - 1);
    default: return false;
    }
}

bool can_prove(cb_context *c, const ir *cond, const facts *f)
{
    f = simp_facts(c, f);
    return prove(f, simp(f, cond), 32);
}
