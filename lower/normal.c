/* lower/normal.c: normal forms that no list of rules could reach: sums, min and max of many
 * operands, comparisons, quotients and remainders by constants, conjunctions.
 *
 *     (x + 1)*8 - x*8          8
 *     max(a + 3, b, a)         max(a + 3, b)
 *     x + 3 <= y + 5           x <= y + 2
 *     (x*8 + y)/8              y/8 + x
 *     x < 5 && x < 3           x < 3
 *
 * Everything about order and about moving terms across relies on i32 and i64 not overflowing; other
 * types get only what holds modulo a power of two, by the rules of simplify.rules.
 */
#include "simp.h"

#include <string.h>

enum { LIST_MAX = 16, QUICK_PROOF = 24 };

/* Moves along, step by step: a proof within simplification spends little. */
static bool quickly(const facts *S, const lin *L)
{
    return prove_nonneg(S, L, QUICK_PROOF);
}

/* ---- lists of operands of one operation ------------------------------------------------------ */

typedef struct list {
    const ir *at[LIST_MAX];
    uint32_t n;
} list;

static bool list_push(list *l, const ir *e)
{
    for (uint32_t i = 0; i < l->n; i++)
        if (l->at[i] == e) return true;
    if (l->n == LIST_MAX) return false;
    l->at[l->n++] = e;
    return true;
}

static void list_drop(list *l, uint32_t i)
{
    memmove(&l->at[i], &l->at[i + 1], (--l->n - i) * sizeof l->at[0]);
}

/* Constants last, the others by id. */
static bool sorts_before(const ir *a, const ir *b)
{
    bool ka = simp_is_number(a), kb = simp_is_number(b);
    return ka != kb ? kb : a->id < b->id;
}

static void list_sort(list *l)
{
    for (uint32_t i = 1; i < l->n; i++)
        for (uint32_t j = i; j > 0 && sorts_before(l->at[j], l->at[j - 1]); j--) {
            const ir *t = l->at[j];
            l->at[j] = l->at[j - 1];
            l->at[j - 1] = t;
        }
}

/* The operands of a tree of `op`, at most LIST_MAX. */
static bool list_of(list *l, ir_op op, const ir *n)
{
    const ir *stack[LIST_MAX];
    uint32_t k = 0;
    stack[k++] = n;
    while (k) {
        const ir *e = stack[--k];
        if (e->op == (uint16_t)op && k + 2 <= LIST_MAX) {
            stack[k++] = e->arg[1];
            stack[k++] = e->arg[0];
        } else if (!list_push(l, e)) {
            return false;
        }
    }
    return true;
}

static const ir *list_build(cb_context *c, ir_op op, const list *l)
{
    const ir *r = l->at[0];
    for (uint32_t i = 1; i < l->n; i++) r = ir_bin(c, op, r, l->at[i]);
    return r;
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* When a and b are min (or max) of operands that differ by one constant, pair by pair: a - b. */
static bool constant_difference(const ir *a, const ir *b, int64_t *d)
{
    if (a->op != b->op || (a->op != IR_MIN && a->op != IR_MAX)) return false;
    list l = {.n = 0}, m = {.n = 0};
    if (!list_of(&l, (ir_op)a->op, a) || !list_of(&m, (ir_op)b->op, b) || l.n != m.n) return false;
    for (uint32_t i = 0; i < l.n; i++) {
        bool found = false;
        for (uint32_t j = 0; j < m.n && !found; j++) {
            lin L;
            if (!lin_diff(&L, l.at[i], m.at[j], false) || L.n || (i && L.k != *d)) continue;
            *d = L.k;
            found = true;
            list_drop(&m, j);
        }
        if (!found) return false;
    }
    return true;
}

/* x/c*c + x%c = x. */
static bool whole_of(const ir *q, int64_t p, const ir *r, int64_t k, int64_t *coef)
{
    int64_t c;
    if (q->op != IR_DIV || r->op != IR_MOD || q->arg[0] != r->arg[0] || q->arg[1] != r->arg[1])
        return false;
    if (!ir_as_int(q->arg[1], &c) || c <= 0 || p % c || p / c != k) return false;
    *coef = k;
    return true;
}

/* Merges or cancels terms i and j of L; false when they have nothing to do with one another. */
static bool merge_terms(const facts *S, lin *L, uint32_t i, uint32_t j)
{
    const ir *a = L->t[i].atom, *b = L->t[j].atom, *sum = NULL;
    int64_t ca = L->t[i].coef, cb = L->t[j].coef, d;
    lin M = *L;
    if ((a->op == IR_BROADCAST || a->op == IR_RAMP) &&
        (b->op == IR_BROADCAST || b->op == IR_RAMP) && type_eq(a->arg[0]->type, b->arg[0]->type)) {
        lin base, stride;
        lin_zero(&base, a->arg[0]->type, false);
        lin_zero(&stride, a->arg[0]->type, false);
        if (!lin_add(&base, a->arg[0], ca) || !lin_add(&base, b->arg[0], cb) ||
            (a->op == IR_RAMP && !lin_add(&stride, a->arg[1], ca)) ||
            (b->op == IR_RAMP && !lin_add(&stride, b->arg[1], cb)))
            return false;
        const ir *x = simp_lin(S, &base), *s = simp_lin(S, &stride);
        if (x && s) sum = simp_ramp(S, x, s, a->type.lanes / a->arg[0]->type.lanes);
        ca = 1;
    } else if ((ca < 0) != (cb < 0) && ca == -cb && constant_difference(a, b, &d)) {
        if (__builtin_mul_overflow(ca, d, &d)) return false;
        sum = ir_int(S->c, L->type, d);
        ca = 1;
        if (!type_can_hold(type_scalar(L->type), d)) return false;
    } else if (whole_of(a, ca, b, cb, &d) || whole_of(b, cb, a, ca, &d)) {
        sum = a->arg[0];
        ca = d;
    }
    if (!sum) return false;
    lin_take(&M, i > j ? i : j);
    lin_take(&M, i > j ? j : i);
    if (!lin_add(&M, sum, ca)) return false;
    *L = M;
    return true;
}

static bool may_merge(const ir *a)
{
    switch ((int)a->op) {
    case IR_BROADCAST:
    case IR_RAMP:
    case IR_MIN:
    case IR_MAX:
    case IR_DIV:
    case IR_MOD: return true;
    default: return false;
    }
}

static void merge_all(const facts *S, lin *L)
{
    for (uint32_t i = 0; i < L->n; i++) {
        if (!may_merge(L->t[i].atom)) continue;
        for (uint32_t j = i + 1; j < L->n; j++)
            if (may_merge(L->t[j].atom) && merge_terms(S, L, i, j)) {
                i = UINT32_MAX; /* from the beginning: there are fewer terms now */
                break;
            }
    }
}

/* A vector that is a multiple of a ramp, or a ramp and a constant, becomes one ramp. */
static const ir *as_ramp(const facts *S, const lin *L)
{
    if (L->n != 1 || (L->t[0].atom->op != IR_RAMP && L->t[0].atom->op != IR_BROADCAST)) return NULL;
    const ir *a = L->t[0].atom;
    lin base, stride;
    lin_zero(&base, a->arg[0]->type, false);
    lin_zero(&stride, a->arg[0]->type, false);
    if (!lin_add(&base, a->arg[0], L->t[0].coef) || !lin_add_const(&base, L->k)) return NULL;
    if (a->op == IR_RAMP && !lin_add(&stride, a->arg[1], L->t[0].coef)) return NULL;
    const ir *x = simp_lin(S, &base), *s = simp_lin(S, &stride);
    return x && s ? simp_ramp(S, x, s, a->type.lanes / a->arg[0]->type.lanes) : NULL;
}

/* The let that a term is, perhaps widened, if its value is known here; else NULL. */
static const sym_fact *term_let(const facts *S, const ir *a, cb_type t)
{
    if (a->op == IR_CAST && type_no_overflow(t) && a->arg[0]->type.bits < t.bits) {
        a = a->arg[0];
        t.bits = a->type.bits;
    }
    const sym_fact *x = a->op == IR_VAR ? facts_symbol(S, a->u.sym) : NULL;
    return x && x->named && type_eq(x->lo->type, t) && type_no_overflow(t) ? x : NULL;
}

/* The term that is a let whose value is known here, the latest; L->n: none. */
static uint32_t latest_let(const facts *S, const lin *L, const ir **value)
{
    uint32_t best = L->n, serial = 0;
    for (uint32_t i = 0; i < L->n; i++) {
        const sym_fact *x = term_let(S, L->t[i].atom, L->type);
        if (!x || x->serial < serial) continue;
        best = i;
        serial = x->serial;
        *value = x->lo;
    }
    if (best < L->n && (*value)->type.bits < L->type.bits) *value = simp_cast(S, L->type, *value);
    return best;
}

/* Lets stay, but not where their values make a sum shorter: y - (y - 1) where y - 1 has a name. */
static void open_lets(const facts *S, lin *L)
{
    lin M = *L;
    const ir *value = NULL;
    if (!S->any || L->n < 2 || L->type.lanes != 1) return;
    for (uint32_t i, steps = 0; steps < 8 && (i = latest_let(S, &M, &value)) < M.n; steps++) {
        int64_t coef = lin_take(&M, i);
        if (!lin_add(&M, value, coef)) return;
        merge_all(S, &M);
        if (M.n < L->n) *L = M;
    }
}

const ir *simp_lin(const facts *S, const lin *L)
{
    lin M = *L;
    merge_all(S, &M);
    open_lets(S, &M);
    if (L->type.lanes > 1) {
        const ir *r = as_ramp(S, &M);
        if (r) return r;
    }
    return lin_build(S->c, &M);
}

/* The product of two non-constants: constant factors go outside, the rest in order of id. */
static const ir *normal_product(const facts *S, const ir *n)
{
    lin A, B, L;
    int64_t coef = 1;
    lin_of(&A, n->arg[0], false);
    lin_of(&B, n->arg[1], false);
    const ir *a = n->arg[0], *b = n->arg[1];
    int64_t ga = lin_gcd(&A), gb = lin_gcd(&B);
    if (A.n && B.n && A.k % ga == 0 && B.k % gb == 0 && (ga > 1 || gb > 1) &&
        !__builtin_mul_overflow(ga, gb, &coef)) {
        for (uint32_t i = 0; i < A.n; i++) A.t[i].coef /= ga;
        for (uint32_t i = 0; i < B.n; i++) B.t[i].coef /= gb;
        A.k /= ga;
        B.k /= gb;
        const ir *x = lin_build(S->c, &A), *y = lin_build(S->c, &B);
        if (x && y) {
            a = x;
            b = y;
        } else {
            coef = 1;
        }
    }
    if (a->id > b->id) {
        const ir *t = a;
        a = b;
        b = t;
    }
    const ir *p = ir_mul(S->c, a, b);
    if (coef == 1) return p;
    lin_zero(&L, n->type, false);
    const ir *r = lin_add(&L, p, coef) ? simp_lin(S, &L) : NULL;
    return r ? r : n;
}

/* A sum of too many terms: does one operand cancel against the other, or a part of it? */
static bool long_sum(lin *L, const ir *n)
{
    static const uint8_t levels[3][2] = {{0, 0}, {1, 0}, {0, 1}};
    if (n->op == IR_MUL) return false;
    for (int i = 0; i < 3; i++) {
        lin_zero(L, n->type, false);
        if (lin_add_top(L, n->arg[0], 1, levels[i][0]) &&
            lin_add_top(L, n->arg[1], n->op == IR_ADD ? 1 : -1, levels[i][1]) && L->n < 2)
            return true;
    }
    return false;
}

const ir *normal_sum(const facts *S, const ir *n)
{
    lin L;
    if (n->op == IR_MUL && !simp_is_number(n->arg[0]) && !simp_is_number(n->arg[1]))
        return normal_product(S, n);
    lin_zero(&L, n->type, false);
    if (!lin_add(&L, n, 1) && !long_sum(&L, n)) return n;
    const ir *r = simp_lin(S, &L);
    return r ? r : n;
}

/* ---- quotients and remainders by a constant -------------------------------------------------- */

/* ---- sums that were not in the program -----------------------------------------------------------
 *
 * Signed sums of the program do not overflow, by promise; sums made here from their terms may, when
 * the terms are data: 1 - b <= a says nothing about a + b. Loop variables, regions and extents are
 * small enough for any sum of a few of them: entry checks see to that. */

/* May e have any value of its type? */
static bool is_data(const facts *S, const ir *e, int *budget)
{
    if (--*budget < 0) return true;
    switch ((int)e->op) {
    case IR_INT: case IR_FIELD: return false;
    case IR_VAR: return ir_symbol_of(S->c, e->u.sym)->kind == SYM_PARAM;
    case IR_ADD: case IR_SUB: case IR_MUL: case IR_DIV: case IR_MOD: case IR_MIN: case IR_MAX:
    case IR_LIKELY: case IR_BROADCAST: case IR_RAMP:
        for (uint32_t i = 0; i < e->nargs; i++)
            if (is_data(S, e->arg[i], budget)) return true;
        return false;
    case IR_SELECT: return is_data(S, e->arg[1], budget) || is_data(S, e->arg[2], budget);
    default: {
        const_range r = simp_range(S, e);
        return !r.has_lo || !r.has_hi || r.lo < INT32_MIN / 4 || r.hi > INT32_MAX / 4;
    }
    }
}

/* Is the sum L surely a value of its type? */
static bool fits(const facts *S, const lin *L)
{
    if (L->n == 0 || (L->n == 1 && L->t[0].coef == 1 && L->k == 0)) return true;
    const_range r = lin_range(S, L);
    if (r.has_lo && r.has_hi && r.lo >= type_min(L->type) && r.hi <= type_max(L->type)) return true;
    for (uint32_t i = 0; i < L->n; i++) {
        int budget = 24;
        if (is_data(S, L->t[i].atom, &budget)) return false;
    }
    return true;
}

static bool same_sum(const lin *a, const lin *b)
{
    bool same = a->n == b->n && a->k == b->k;
    for (uint32_t i = 0; i < a->n && same; i++)
        same = a->t[i].atom == b->t[i].atom && a->t[i].coef == b->t[i].coef;
    return same;
}

static bool sum_fits(const facts *S, const ir *e)
{
    lin L;
    lin_of(&L, e, false);
    return fits(S, &L);
}

/* L = c*Q + R. */
static void split_multiples(const lin *L, int64_t c, lin *Q, lin *R)
{
    lin_zero(Q, L->type, false);
    lin_zero(R, L->type, false);
    Q->k = floor_div(L->k, c);
    R->k = floor_mod(L->k, c);
    for (uint32_t i = 0; i < L->n; i++) {
        lin *to = L->t[i].coef % c == 0 ? Q : R;
        to->t[to->n] = L->t[i];
        if (to == Q) to->t[to->n].coef /= c;
        to->n++;
    }
}

/* R/c where no coefficient is a multiple of c; NULL: cannot be built. */
static const ir *quotient(const facts *S, lin *R, int64_t c)
{
    cb_context *x = S->c;
    int64_t g = gcd64(lin_gcd(R), c), q;
    const_range r = lin_range(S, R);
    if (r.has_lo && r.has_hi && (q = floor_div(r.lo, c)) == floor_div(r.hi, c))
        return ir_int(x, R->type, q);
    if (g > 1) {
        for (uint32_t i = 0; i < R->n; i++) R->t[i].coef /= g;
        R->k = floor_div(R->k, g);
        c /= g;
    }
    const ir *e = simp_lin(S, R);
    int64_t inner;
    if (!e || c == 1) return e;
    /* (e/a)/c = e/(a*c) */
    if (e->op == IR_DIV && ir_as_int(e->arg[1], &inner) && inner > 0 &&
        !__builtin_mul_overflow(c, inner, &inner) && type_can_hold(type_scalar(R->type), inner)) {
        e = e->arg[0];
        c = inner;
    }
    return ir_div(x, e, ir_int(x, R->type, c));
}

/* R % c, the remainder of the sum `whole`; n: as it stands. */
static const ir *remainder_of(const facts *S, lin *R, const lin *whole, int64_t c, const ir *n)
{
    cb_context *x = S->c;
    const_range r = lin_range(S, R);
    int64_t q;
    if (r.modulus && r.modulus % c == 0) return ir_int(x, R->type, floor_mod(r.remainder, c));
    if (r.has_lo && r.has_hi && (q = floor_div(r.lo, c)) == floor_div(r.hi, c)) {
        if (__builtin_mul_overflow(q, -c, &q) || !lin_add_const(R, q)) return n;
        const ir *e = simp_lin(S, R);
        return e ? e : n;
    }
    for (uint32_t i = 0; i < R->n; i++) /* (9*x) % 8 = x % 8; but -x stays as it is */
        if (R->t[i].coef != -1) R->t[i].coef = floor_mod(R->t[i].coef, c);
    if (!same_sum(R, whole) && !fits(S, R)) return n;
    int64_t g = gcd64(lin_gcd(R), c);
    if (g > 1 && R->k % g == 0) { /* (4*x) % 8 = 4*(x % 2) */
        for (uint32_t i = 0; i < R->n; i++) R->t[i].coef /= g;
        R->k /= g;
        const ir *e = simp_lin(S, R);
        if (!e) return n;
        lin L;
        lin_zero(&L, R->type, false);
        const ir *m = simp_bin(S, IR_MOD, e, ir_int(x, R->type, c / g));
        const ir *p = lin_add(&L, m, g) ? simp_lin(S, &L) : NULL;
        return p ? p : n;
    }
    const ir *e = simp_lin(S, R);
    if (!e) return n;
    int64_t inner; /* (e % (k*c)) % c = e % c */
    if (e->op == IR_MOD && ir_as_int(e->arg[1], &inner) && inner > 0 && inner % c == 0)
        e = e->arg[0];
    return ir_mod(x, e, ir_int(x, R->type, c));
}

/* Lets stay, but not where their values have multiples of c that go out of the division, and leave no more there than the let:
 * x/2 where x = 2*i + min has a name is i + min/2. */
static void open_multiples(const facts *S, int64_t c, lin *Q, lin *R)
{
    lin M = *R;
    const ir *value = NULL;
    if (!S->any || R->type.lanes != 1) return;
    for (uint32_t i, steps = 0; steps < 8 && (i = latest_let(S, &M, &value)) < M.n; steps++) {
        lin out, in;
        int64_t coef = lin_take(&M, i);
        if (!lin_add(&M, value, coef)) return;
        split_multiples(&M, c, &out, &in);
        if (!out.n || in.n > R->n) continue;
        lin sum = *Q;
        for (uint32_t t = 0; t < out.n; t++)
            if (!lin_add(&sum, out.t[t].atom, out.t[t].coef)) return;
        if (!lin_add_const(&sum, out.k)) return;
        *Q = sum;
        M = *R = in;
    }
}

/* (floor(min(a, b)/c) etc. are left alone.) */
const ir *normal_div_mod(const facts *S, const ir *n)
{
    cb_context *c = S->c;
    int64_t k;
    if (!ir_as_int(n->arg[1], &k) || k == INT64_MIN) return n;
    if (k == 0) return n->op == IR_DIV ? ir_int(c, n->type, 0) : n->arg[0];
    if (k < 0) { /* x/-k = -(x/k), x % -k = x % k */
        if (!type_can_hold(type_scalar(n->type), -k)) return n;
        const ir *q = simp_bin(S, (ir_op)n->op, n->arg[0], ir_int(c, n->type, -k));
        return n->op == IR_MOD ? q : simp_bin(S, IR_SUB, ir_int(c, n->type, 0), q);
    }
    lin L, Q, R;
    lin_of(&L, n->arg[0], false);
    split_multiples(&L, k, &Q, &R);
    open_multiples(S, k, &Q, &R);
    if (PLANTED(c, SIMPLIFY_DIV) && L.k < 0) R.k = 0;
    if (n->op == IR_MOD) return remainder_of(S, &R, &L, k, n);
    if (!same_sum(&R, &L) && !fits(S, &R)) return n;
    const ir *r = quotient(S, &R, k);
    if (!r) return n;
    const ir *q = lin_add(&Q, r, 1) ? simp_lin(S, &Q) : NULL;
    return q ? q : n;
}

/* ---- min and max ----------------------------------------------------------------------------- */

/* The operands of a min, also those behind a constant: min(min(x, y) + 1, z) = min(x + 1, y + 1,
 * z). */
static bool gather_shifted(const facts *S, list *l, ir_op op)
{
    for (uint32_t i = 0; i < l->n; i++) {
        lin L;
        if (!type_no_overflow(l->at[i]->type) || l->at[i]->op == (uint16_t)op) continue;
        lin_of(&L, l->at[i], false);
        if (L.n != 1 || L.t[0].coef != 1 || L.k == 0 || L.t[0].atom->op != (uint16_t)op) continue;
        list inner = {.n = 0};
        if (!list_of(&inner, op, L.t[0].atom) || l->n - 1 + inner.n > LIST_MAX) continue;
        bool safe = true;
        for (uint32_t j = 0; j < inner.n; j++) {
            lin M;
            lin_of(&M, inner.at[j], false);
            safe = safe && lin_add_const(&M, L.k) && fits(S, &M);
        }
        if (!safe) continue;
        list_drop(l, i--);
        for (uint32_t j = 0; j < inner.n; j++)
            if (!list_push(l,
                           simp_bin(S, IR_ADD, inner.at[j], ir_int(S->c, inner.at[j]->type, L.k))))
                return false;
    }
    return true;
}

/* Is a the one that min (max) takes, whatever the symbols are? */
static bool wins(const facts *S, ir_op op, const ir *a, const ir *b)
{
    const ir *less = op == IR_MIN ? a : b, *more = op == IR_MIN ? b : a;
    const_range x = simp_range(S, less), y = simp_range(S, more);
    if (x.has_hi && y.has_lo && x.hi <= y.lo) return true;
    if (!type_no_overflow(a->type)) return false;
    lin L;
    if (!lin_diff(&L, more, less, true)) return false;
    if (PLANTED(S->c, SIMPLIFY_MAX) && op == IR_MAX && L.n == 0) return L.k <= 0;
    return quickly(S, &L);
}

static void drop_losers(const facts *S, ir_op op, list *l)
{
    if (type_is_float(l->at[0]->type) || type_is_bool(l->at[0]->type)) return;
    for (uint32_t i = 0; i < l->n; i++)
        for (uint32_t j = i + 1; j < l->n; j++) {
            if (wins(S, op, l->at[i], l->at[j])) {
                list_drop(l, j--);
            } else if (wins(S, op, l->at[j], l->at[i])) {
                list_drop(l, i--);
                break;
            }
        }
}

/* What all operands share: terms with equal coefficients, and a constant if it is the same. */
static bool common_part(const list *l, lin *common)
{
    lin_of(common, l->at[0], false);
    for (uint32_t i = 1; i < l->n; i++) {
        lin L;
        lin_of(&L, l->at[i], false);
        if (L.k != common->k) common->k = 0;
        for (uint32_t t = 0; t < common->n; t++) {
            bool found = false;
            for (uint32_t u = 0; u < L.n; u++)
                found |= L.t[u].atom == common->t[t].atom && L.t[u].coef == common->t[t].coef;
            if (!found) lin_take(common, t--);
        }
    }
    return common->n || common->k;
}

const ir *normal_min_max(const facts *S, const ir *n)
{
    ir_op op = (ir_op)n->op;
    bool exact = type_no_overflow(n->type);
    list l = {.n = 0};
    if (!list_of(&l, op, n)) return n;
    if (exact && !gather_shifted(S, &l, op)) return n;
    list_sort(&l);
    while (l.n >= 2) { /* constants stand last: fold them */
        const ir *k = ir_bin(S->c, op, l.at[l.n - 2], l.at[l.n - 1]);
        if (!simp_is_number(k)) break;
        l.n--;
        l.at[l.n - 1] = k;
    }
    drop_losers(S, op, &l);
    lin common;
    if (l.n == 1 || !exact || !common_part(&l, &common)) return list_build(S->c, op, &l);
    list rest = {.n = 0};
    for (uint32_t i = 0; i < l.n; i++) {
        lin L;
        lin_of(&L, l.at[i], false);
        const ir *e = lin_add_lin(&L, &common, -1) ? simp_lin(S, &L) : NULL;
        if (!e || !sum_fits(S, e) || !list_push(&rest, e)) return list_build(S->c, op, &l);
    }
    list_sort(&rest);
    lin L = common;
    const ir *e = lin_add(&L, list_build(S->c, op, &rest), 1) ? simp_lin(S, &L) : NULL;
    return e ? e : list_build(S->c, op, &l);
}

/* ---- comparisons ----------------------------------------------------------------------------- */

/* Writes the terms of D whose sign is `sign` (made positive) to side. */
static void take_side(const lin *D, int sign, lin *side)
{
    lin_zero(side, D->type, false);
    for (uint32_t i = 0; i < D->n; i++)
        if ((D->t[i].coef > 0) == (sign > 0)) {
            side->t[side->n] = D->t[i];
            side->t[side->n++].coef *= sign;
        }
}

/* D >= 0 as a comparison. */
static const ir *build_le(const facts *S, const lin *D, const ir *n)
{
    lin more, less;
    ir_op op = IR_LE;
    take_side(D, 1, &more);
    take_side(D, -1, &less);
    if (less.n == 0) {
        less.k = -D->k;
    } else if (more.n == 0 || D->k > 0) {
        more.k = D->k;
    } else if (D->k == -1) {
        op = IR_LT;
    } else {
        less.k = -D->k;
    }
    const ir *a = lin_build(S->c, &less), *b = lin_build(S->c, &more);
    if (!a || !b) return n;
    bool was_there = (a == n->arg[0] || fits(S, &less)) && (b == n->arg[1] || fits(S, &more));
    return was_there ? ir_bin(S->c, op, a, b) : n;
}

/* D >= 0 where D is one ramp of constant stride: the lanes stand on one side, what they share on
 * the other. ramp(x*8, 1, 8) < broadcast(n, 8)   is   ramp(0, 1, 8) < broadcast(n - x*8, 8) */
static const ir *build_lanes_le(const facts *S, const lin *D)
{
    const ir *a = D->t[0].atom;
    int64_t stride, coef = D->t[0].coef;
    lin base;
    if (D->n != 1 || a->op != IR_RAMP || a->arg[0]->type.lanes != 1 ||
        !ir_as_int(a->arg[1], &stride) || __builtin_mul_overflow(stride, coef, &stride) ||
        stride == INT64_MIN)
        return NULL;
    cb_type t = a->arg[0]->type;
    unsigned n = a->type.lanes;
    lin_zero(&base, t, false);
    if (!lin_add(&base, a->arg[0], coef) || !lin_add_const(&base, D->k)) return NULL;
    bool strict = base.k == -1, up = stride > 0;
    if (strict) base.k = 0;
    const ir *shared = (!up || lin_scale(&base, -1)) && fits(S, &base) ? simp_lin(S, &base) : NULL;
    if (!shared || !type_can_hold(t, up ? stride : -stride)) return NULL;
    const ir *lanes = ir_ramp(S->c, ir_int(S->c, t, 0), ir_int(S->c, t, up ? stride : -stride), n);
    shared = ir_broadcast(S->c, shared, n);
    return ir_bin(S->c, strict ? IR_LT : IR_LE, up ? shared : lanes, up ? lanes : shared);
}

/* D == 0: the terms of the sign of the first one stand left. */
static const ir *build_eq(const facts *S, const lin *D, const ir *n)
{
    lin left, right;
    int sign = D->t[0].coef > 0 ? 1 : -1;
    take_side(D, sign, &left);
    take_side(D, -sign, &right);
    right.k = sign > 0 ? -D->k : D->k;
    const ir *a = lin_build(S->c, &left), *b = lin_build(S->c, &right);
    return a && b ? ir_bin(S->c, (ir_op)n->op, a, b) : n;
}

/* 1, 0 or -1 (cannot tell): is D >= 0? D is a math form. */
static int decide(const facts *S, const lin *D)
{
    lin M = *D;
    const_range r = lin_range(S, D);
    if (r.has_lo && r.lo >= 0) return 1;
    if (r.has_hi && r.hi < 0) return 0;
    if (quickly(S, D)) return 1;
    if (lin_scale(&M, -1) && lin_add_const(&M, -1) && quickly(S, &M)) return 0;
    return -1;
}

static const ir *normal_equal(const facts *S, const ir *n)
{
    lin D;
    unsigned lanes = n->type.lanes;
    bool is_eq = n->op == IR_EQ;
    if (!lin_diff(&D, n->arg[0], n->arg[1], true)) return n;
    const_range r = lin_range(S, &D);
    bool never = (r.has_lo && r.lo > 0) || (r.has_hi && r.hi < 0) ||
                 (r.modulus > 1 && r.remainder % r.modulus != 0) || (D.n == 0 && D.k != 0);
    if (!never && D.n) {
        lin M = D;
        never = lin_add_const(&M, -1) && quickly(S, &M);
        M = D;
        never = never || (lin_scale(&M, -1) && lin_add_const(&M, -1) && quickly(S, &M));
    }
    if (never) return ir_int(S->c, type_bool(lanes), !is_eq);
    if (D.n == 0) return ir_int(S->c, type_bool(lanes), is_eq);
    if (!lin_diff(&D, n->arg[0], n->arg[1], false) || D.n == 0) return n;
    merge_all(S, &D);
    int64_t g = lin_gcd(&D);
    if (D.n == 0 || g == 0) return n;
    if (D.k % g) return ir_int(S->c, type_bool(lanes), !is_eq);
    for (uint32_t i = 0; i < D.n; i++) D.t[i].coef /= g;
    D.k /= g;
    return build_eq(S, &D, n);
}

const ir *normal_compare(const facts *S, const ir *n)
{
    lin D;
    if (n->op == IR_EQ || n->op == IR_NE) return normal_equal(S, n);
    if (!compare_as_lin(n, &D)) return n;
    int known = decide(S, &D);
    if (known >= 0) return ir_int(S->c, n->type, known);
    if (!lin_diff(&D, n->arg[1], n->arg[0], false) || (n->op == IR_LT && !lin_add_const(&D, -1)))
        return n;
    merge_all(S, &D);
    if (D.n == 0) return ir_int(S->c, n->type, D.k >= 0);
    lin_tighten(&D);
    const ir *r = n->type.lanes > 1 ? build_lanes_le(S, &D) : NULL;
    return r ? r : build_le(S, &D, n);
}

/* ---- conjunctions and disjunctions ----------------------------------------------------------- */

/* What two operands of AND (OR) say together: 0 nothing, 1 the first covers the second, 2 the other
 * way, -1 together they are the absorbing constant. */
static int relation(ir_op op, const ir *a, const ir *b)
{
    lin A, B, L;
    const ir *x = without_likely(a), *y = without_likely(b);
    if (x == y) return a->op == IR_LIKELY ? 1 : 2;
    if ((x->op == IR_NOT && x->arg[0] == y) || (y->op == IR_NOT && y->arg[0] == x)) return -1;
    if ((x->op == IR_EQ && y->op == IR_NE) || (x->op == IR_NE && y->op == IR_EQ))
        if (x->arg[0] == y->arg[0] && x->arg[1] == y->arg[1] && !type_is_float(x->arg[0]->type))
            return -1;
    if (!compare_as_lin(x, &A) || !compare_as_lin(y, &B)) return 0;
    L = A;
    if (lin_add_lin(&L, &B, -1) && L.n == 0)
        return (L.k <= 0) == (op == IR_AND) ? 1 : 2; /* A = B + k */
    L = A;
    if (lin_add_lin(&L, &B, 1) && L.n == 0 && (op == IR_AND ? L.k < 0 : L.k >= -1)) return -1;
    return 0;
}

const ir *normal_logic(const facts *S, const ir *n)
{
    ir_op op = (ir_op)n->op;
    bool absorbing = op == IR_OR;
    list l = {.n = 0};
    if (!list_of(&l, op, n)) return n;
    for (uint32_t i = 0; i < l.n; i++)
        for (uint32_t j = 0; j < l.n; j++) {
            if (ir_is_int(l.at[i], absorbing)) return l.at[i];
            if (ir_is_int(l.at[i], !absorbing) && l.n > 1) {
                list_drop(&l, i--);
                break;
            }
            if (j <= i) continue;
            int r = relation(op, l.at[i], l.at[j]);
            if (r < 0) return ir_int(S->c, n->type, absorbing);
            if (r == 1) list_drop(&l, j--);
            if (r == 2) {
                list_drop(&l, i--);
                break;
            }
        }
    return list_build(S->c, op, &l);
}
