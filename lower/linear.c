/* lower/linear.c: sums of multiples of atoms.
 *
 *     (x + 3)*4 - y + 4*z     is     12 + 4*x - y + 4*z     and is built as     (x + z)*4 - y + 12
 *
 * i32 and i64 arithmetic is promised not to overflow, so such a sum may be reordered freely and two
 * sums are equal exactly when their forms are. Anything that is not a sum, a difference or a
 * product with a constant is an atom. A form holds LIN_MAX terms; a longer sum keeps its head as an
 * atom, so that the cost of a sum of ten thousand terms stays linear. No number in a form is INT64_MIN:
 * whatever holds can be negated.
 */
#include "simp.h"

int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t floor_mod(int64_t a, int64_t b)
{
    int64_t r = a % b;
    return r < 0 ? r + b : r;
}

int64_t gcd64(int64_t a, int64_t b)
{
    uint64_t x = a < 0 ? 0 - (uint64_t)a : (uint64_t)a, y = b < 0 ? 0 - (uint64_t)b : (uint64_t)b;
    while (y) {
        uint64_t r = x % y;
        x = y;
        y = r;
    }
    return x > INT64_MAX ? 1 : (int64_t)x;
}

static bool add_to(int64_t *to, int64_t v)
{
    return !__builtin_add_overflow(*to, v, to) && *to != INT64_MIN;
}

static bool multiply(int64_t a, int64_t b, int64_t *p)
{
    return !__builtin_mul_overflow(a, b, p) && *p != INT64_MIN;
}

void lin_zero(lin *L, cb_type type, bool math)
{
    L->type = type;
    L->math = math;
    L->n = 0;
    L->k = 0;
}

static bool add_term(lin *L, const ir *atom, int64_t coef)
{
    if (coef == 0) return true;
    if (coef == INT64_MIN) return false;
    uint32_t at = L->n;
    while (at > 0 && L->t[at - 1].atom->id > atom->id) at--;
    if (at > 0 && L->t[at - 1].atom == atom) {
        if (!add_to(&L->t[at - 1].coef, coef)) return false;
        if (L->t[at - 1].coef == 0) lin_take(L, at - 1);
        return true;
    }
    if (L->n == LIN_MAX) return false;
    for (uint32_t i = L->n; i > at; i--) L->t[i] = L->t[i - 1];
    L->t[at] = (lin_term){atom, coef};
    L->n++;
    return true;
}

int64_t lin_take(lin *L, uint32_t i)
{
    int64_t coef = L->t[i].coef;
    L->n--;
    for (; i < L->n; i++) L->t[i] = L->t[i + 1];
    return coef;
}

bool lin_add_const(lin *L, int64_t k)
{
    return add_to(&L->k, k);
}

/* What a math form looks through; NULL when e is an atom. */
static const ir *transparent(const ir *e)
{
    if (e->op == IR_LIKELY || e->op == IR_BROADCAST) return e->arg[0];
    if (e->op == IR_CAST && e->type.bits == 64 && type_no_overflow(e->arg[0]->type))
        return e->arg[0];
    return NULL;
}

/* Opens sums `levels` deep; what lies deeper are atoms. */
static bool add_levels(lin *L, const ir *e, int64_t coef, uint32_t levels)
{
    /* Left-deep sums keep this stack at one entry; a full stack makes the rest an atom. */
    lin_term stack[32];
    uint32_t level[32], n = 0;
    level[n] = 0;
    stack[n++] = (lin_term){e, coef};
    while (n) {
        lin_term w = stack[--n];
        const ir *a = w.atom, *inner;
        uint32_t below = level[n] + 1;
        int64_t v, p;
        level[n] = below;
        if (n + 1 < COUNT_OF(stack)) level[n + 1] = below;
        if (w.coef == INT64_MIN) return false;
        if (ir_as_int(a, &v)) {
            if (!multiply(v, w.coef, &p) || !lin_add_const(L, p)) return false;
        } else if (!type_no_overflow(a->type) || n + 2 > COUNT_OF(stack) || below > levels) {
            if (!add_term(L, a, w.coef)) return false;
        } else if (a->op == IR_ADD || a->op == IR_SUB) {
            stack[n++] = (lin_term){a->arg[0], w.coef};
            stack[n++] = (lin_term){a->arg[1], a->op == IR_ADD ? w.coef : -w.coef};
        } else if (a->op == IR_MUL && (ir_as_int(a->arg[1], &v) || ir_as_int(a->arg[0], &v))) {
            if (!multiply(v, w.coef, &p)) return false;
            stack[n++] = (lin_term){simp_is_number(a->arg[1]) ? a->arg[0] : a->arg[1], p};
        } else if (L->math && (inner = transparent(a))) {
            stack[n++] = (lin_term){inner, w.coef};
        } else if (!add_term(L, a, w.coef)) {
            return false;
        }
    }
    return true;
}

bool lin_add(lin *L, const ir *e, int64_t coef)
{
    return add_levels(L, e, coef, UINT32_MAX);
}

bool lin_add_top(lin *L, const ir *e, int64_t coef, uint32_t levels)
{
    return add_levels(L, e, coef, levels);
}

bool lin_add_lin(lin *L, const lin *M, int64_t coef)
{
    int64_t p;
    if (!multiply(M->k, coef, &p) || !lin_add_const(L, p)) return false;
    for (uint32_t i = 0; i < M->n; i++)
        if (!multiply(M->t[i].coef, coef, &p) || !add_term(L, M->t[i].atom, p))
            return false;
    return true;
}

bool lin_scale(lin *L, int64_t factor)
{
    if (!multiply(L->k, factor, &L->k)) return false;
    for (uint32_t i = 0; i < L->n; i++)
        if (!multiply(L->t[i].coef, factor, &L->t[i].coef)) return false;
    return true;
}

void lin_of(lin *L, const ir *e, bool math)
{
    lin_zero(L, e->type, math);
    if (!type_no_overflow(e->type) || !lin_add(L, e, 1)) {
        lin_zero(L, e->type, math);
        L->n = 1;
        L->t[0] = (lin_term){e, 1};
    }
}

bool lin_diff(lin *L, const ir *a, const ir *b, bool math)
{
    lin_zero(L, a->type, math);
    return lin_add(L, a, 1) && lin_add(L, b, -1);
}

int64_t lin_gcd(const lin *L)
{
    int64_t g = 0;
    for (uint32_t i = 0; i < L->n && g != 1; i++) g = gcd64(g, L->t[i].coef);
    return g;
}

void lin_tighten(lin *L)
{
    int64_t g = lin_gcd(L);
    if (g <= 1) return;
    for (uint32_t i = 0; i < L->n; i++) L->t[i].coef /= g;
    L->k = floor_div(L->k, g);
}

static int64_t magnitude(int64_t v)
{
    return v < 0 ? -v : v;
}

/* The terms whose coefficient has the size of term i's, divided by that coefficient. The first is
 * positive. *used marks them. */
static const ir *build_group(cb_context *c, const lin *L, uint32_t i, bool *used)
{
    int64_t coef = L->t[i].coef;
    const ir *sum = L->t[i].atom;
    used[i] = true;
    if (magnitude(coef) == 1) return sum;
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t j = i + 1; j < L->n; j++) {
            if (used[j] || L->t[j].coef != (pass == 0 ? coef : -coef)) continue;
            used[j] = true;
            sum = ir_bin(c, pass == 0 ? IR_ADD : IR_SUB, sum, L->t[j].atom);
        }
    return ir_mul(c, sum, ir_int(c, L->type, magnitude(coef)));
}

/* Appends item to a sum. */
static const ir *append(cb_context *c, const ir *sum, const ir *item, bool positive)
{
    if (!sum) return positive ? item : NULL;
    return ir_bin(c, positive ? IR_ADD : IR_SUB, sum, item);
}

const ir *lin_build(cb_context *c, const lin *L)
{
    cb_type scalar = type_scalar(L->type);
    int64_t k = L->k;
    if (!type_can_hold(scalar, k) || k == INT64_MIN) return NULL;
    for (uint32_t i = 0; i < L->n; i++)
        if (!type_can_hold(scalar, L->t[i].coef) || !type_can_hold(scalar, -L->t[i].coef))
            return NULL;

    const ir *item[LIN_MAX], *sum = NULL;
    bool positive[LIN_MAX], used[LIN_MAX] = {false};
    uint32_t n = 0, first = LIN_MAX;
    for (uint32_t i = 0; i < L->n; i++) {
        if (used[i]) continue;
        positive[n] = L->t[i].coef > 0;
        if (positive[n] && first == LIN_MAX) first = n;
        item[n++] = build_group(c, L, i, used);
    }
    for (uint32_t i = 0; i < n; i++)
        if (positive[i]) sum = append(c, sum, item[i], true);
    if (n == 1 && !positive[0] && k == 0 && magnitude(L->t[0].coef) > 1)
        return ir_mul(c, item[0]->arg[0], ir_int(c, L->type, -magnitude(L->t[0].coef)));
    if (!sum) { /* nothing positive to begin with: the constant does */
        sum = ir_int(c, L->type, k);
        k = 0;
    }
    for (uint32_t i = 0; i < n; i++)
        if (!positive[i]) sum = append(c, sum, item[i], false);
    if (k == 0) return sum;
    if (k < 0 && type_can_hold(scalar, -k)) return ir_sub(c, sum, ir_int(c, L->type, -k));
    return ir_add(c, sum, ir_int(c, L->type, k));
}

/* Is the atom symbol s, or s widened? */
static bool is_symbol(const ir *atom, ir_sym s)
{
    if (atom->op == IR_CAST && type_no_overflow(atom->arg[0]->type)) atom = atom->arg[0];
    return atom->op == IR_VAR && atom->u.sym == s;
}

bool linear_in(cb_context *c, const ir *e, ir_sym s, int64_t *coef, const ir **rest)
{
    if (!type_no_overflow(e->type)) return false;
    lin L;
    lin_of(&L, simp(simp_facts(c, NULL), e), false);
    *coef = 0;
    for (uint32_t i = 0; i < L.n; i++)
        if (is_symbol(L.t[i].atom, s)) {
            *coef = lin_take(&L, i);
            break;
        }
    for (uint32_t i = 0; i < L.n; i++)
        if (ir_uses(c, L.t[i].atom, s)) return false;
    *rest = lin_build(c, &L);
    return *rest != NULL;
}
