/* lower/interval.c: between which values an expression lies while its symbols move in intervals.
 *
 *     x in [m, m + 7], y in [0, n]:     x*2 + y - 1     lies in [m*2 - 1, m*2 + n + 13]
 *
 * An expression is first brought to its normal form, so that what cancels has cancelled, then
 * bounded term by term: each operation is monotone in its operands or is treated as the hull of
 * what it may give, so smaller operand intervals never give larger results. Symbols not bound are
 * points. Guards (`x*8 + y < n`, recorded by boxes.c) tighten the sums they speak of. Types that
 * wrap keep an interval only when it fits them; otherwise they have the range of their type, if
 * that is at most 16 bits wide. Floats keep only what rounding and reassociation cannot move.
 */
#include "bounds_of.h"

enum { DEEPEST = 400 };

static interval bounds_of(interval_env *E, const ir *e);

interval_env *interval_env_new(cb_context *c, const low *L, const interval_env *outer)
{
    interval_env *E = NEW(c->a, interval_env);
    E->ctx = c;
    E->L = L ? L : outer ? outer->L : NULL;
    E->facts = outer ? outer->facts : NULL;
    E->outer = outer;
    return E;
}

void interval_bind(interval_env *E, ir_sym s, const ir *lo, const ir *hi)
{
    interval *v = NEW(E->ctx->a, interval);
    v->lo = lo;
    v->hi = hi;
    map_put(E->ctx->a, &E->vars, s, (uint64_t)(uintptr_t)v);
    map_clear(&E->memo);
    map_clear(&E->plain);
}

const interval *interval_lookup(const interval_env *E, ir_sym s)
{
    for (; E; E = E->outer) {
        uint64_t v;
        if (map_get(&E->vars, s, &v)) return (const interval *)(uintptr_t)v;
    }
    return NULL;
}

static const facts *facts_in(const interval_env *E)
{
    return simp_facts(E->ctx, E->facts);
}

/* ---- small intervals ------------------------------------------------------------------------- */

static interval between(const ir *lo, const ir *hi)
{
    return (interval){.lo = lo, .hi = hi};
}

static interval point(const ir *e)
{
    return between(e, e);
}

static bool is_point(interval i)
{
    return i.lo && i.lo == i.hi;
}

static interval constants(interval_env *E, cb_type t, int64_t lo, int64_t hi)
{
    t = type_scalar(t);
    return between(ir_int(E->ctx, t, lo), ir_int(E->ctx, t, hi));
}

/* All values of a type, as far as that is worth knowing. */
static interval whole_type(interval_env *E, cb_type t)
{
    t = type_scalar(t);
    if (type_is_bool(t)) return constants(E, t, 0, 1);
    if (type_is_integer(t) && t.bits <= 16) return constants(E, t, type_min(t), type_max(t));
    if (type_is_uint(t)) return between(ir_int(E->ctx, t, 0), NULL);
    return between(NULL, NULL);
}

static const ir *op2(interval_env *E, ir_op op, const ir *a, const ir *b)
{
    return a && b ? simp_bin(facts_in(E), op, a, b) : NULL;
}

/* The tighter of two valid bounds. */
static const ir *tighter(interval_env *E, ir_op op, const ir *a, const ir *b)
{
    return !a ? b : !b ? a : simp_bin(facts_in(E), op, a, b);
}

static interval hull(interval_env *E, interval a, interval b)
{
    return between(op2(E, IR_MIN, a.lo, b.lo), op2(E, IR_MAX, a.hi, b.hi));
}

static bool at_least(interval_env *E, const ir *e, int64_t k)
{
    const facts *S = facts_in(E);
    if (!e || !type_is_integer(e->type)) return false;
    const_range r = simp_range(S, e);
    if (r.has_lo && r.lo >= k) return true;
    lin L;
    lin_of(&L, e, true);
    return type_no_overflow(e->type) && lin_add_const(&L, -k) && prove_nonneg(S, &L, 60);
}

static bool at_most(interval_env *E, const ir *e, int64_t k)
{
    const facts *S = facts_in(E);
    if (!e || !type_is_integer(e->type)) return false;
    const_range r = simp_range(S, e);
    if (r.has_hi && r.hi <= k) return true;
    lin L;
    lin_of(&L, e, true);
    return type_no_overflow(e->type) && lin_scale(&L, -1) && lin_add_const(&L, k) &&
           prove_nonneg(S, &L, 60);
}

/* Constant ends, when there are. */
static const_range constant_ends(interval_env *E, interval i)
{
    const_range r = {.modulus = 1};
    if (i.lo && type_is_integer(i.lo->type)) {
        const_range a = simp_range(facts_in(E), i.lo);
        r.has_lo = a.has_lo;
        r.lo = a.lo;
    }
    if (i.hi && type_is_integer(i.hi->type)) {
        const_range b = simp_range(facts_in(E), i.hi);
        r.has_hi = b.has_hi;
        r.hi = b.hi;
    }
    return r;
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* The lower (sign 1) or upper (sign -1) bound of a sum, term by term. */
static const ir *end_of_sum(interval_env *E, const lin *L, int sign)
{
    lin sum;
    lin_zero(&sum, type_scalar(L->type), false);
    sum.k = L->k;
    for (uint32_t i = 0; i < L->n; i++) {
        interval t = bounds_of(E, L->t[i].atom);
        const ir *end = (L->t[i].coef > 0) == (sign > 0) ? t.lo : t.hi;
        if (!end || !lin_add(&sum, end, L->t[i].coef)) return NULL;
    }
    return simp_lin(facts_in(E), &sum);
}

/* Does adding m times guard G to L remove everything of G that moves? */
static bool cancels(const lin *L, const interval_guard *known, int sign, int64_t *m)
{
    const lin *G = &known->form;
    *m = 0;
    for (uint32_t g = 0; g < G->n; g++) {
        if (!known->moves[g]) continue;
        bool found = false;
        for (uint32_t i = 0; i < L->n && !found; i++) {
            if (L->t[i].atom != G->t[g].atom || L->t[i].coef % G->t[g].coef) continue;
            int64_t q = sign * (L->t[i].coef / G->t[g].coef);
            found = q > 0 && (*m == 0 || *m == q);
            *m = q;
        }
        if (!found) return false;
    }
    return *m > 0;
}

/* A guard G >= 0 gives L >= L - m*G and L <= L + m*G. */
static const ir *guarded_end(interval_env *E, const lin *L, int sign, const ir *end)
{
    for (const interval_env *F = E; F; F = F->outer)
        for (const interval_guard *g = F->guards; g; g = g->next) {
            lin M = *L;
            int64_t m;
            if (type_scalar(g->form.type).bits != L->type.bits || !cancels(L, g, sign, &m))
                continue;
            if (!lin_add_lin(&M, &g->form, -sign * m)) continue;
            const ir *other = end_of_sum(E, &M, sign);
            end = tighter(E, sign > 0 ? IR_MAX : IR_MIN, end, other);
        }
    return end;
}

static bool any_guard(const interval_env *E)
{
    for (; E; E = E->outer)
        if (E->guards) return true;
    return false;
}

static interval sum_bounds(interval_env *E, const lin *L)
{
    interval r = between(end_of_sum(E, L, 1), end_of_sum(E, L, -1));
    if (is_point(r) || E->within_guard || !any_guard(E)) return r;
    map memo = E->memo;
    E->memo = E->plain;
    E->within_guard = true;
    r.lo = guarded_end(E, L, 1, r.lo);
    r.hi = guarded_end(E, L, -1, r.hi);
    E->within_guard = false;
    E->plain = E->memo;
    E->memo = memo;
    return r;
}

/* Arithmetic that wraps: by constant ends, if the result fits. */
static interval wrapping_bounds(interval_env *E, const ir *e, interval a, interval b)
{
    const_range x = constant_ends(E, a), y = constant_ends(E, b);
    cb_type t = type_scalar(e->type);
    int64_t lo, hi;
    bool bad =
        !x.has_lo || !x.has_hi || !y.has_lo || !y.has_hi || !type_is_integer(t) || t.bits == 64;
    if (bad) return whole_type(E, t);
    if (e->op == IR_ADD) {
        lo = x.lo + y.lo;
        hi = x.hi + y.hi;
    } else if (e->op == IR_SUB) {
        lo = x.lo - y.hi;
        hi = x.hi - y.lo;
    } else {
        int64_t p[4];
        if (__builtin_mul_overflow(x.lo, y.lo, &p[0]) ||
            __builtin_mul_overflow(x.lo, y.hi, &p[1]) ||
            __builtin_mul_overflow(x.hi, y.lo, &p[2]) || __builtin_mul_overflow(x.hi, y.hi, &p[3]))
            return whole_type(E, t);
        lo = hi = p[0];
        for (int i = 1; i < 4; i++) {
            if (p[i] < lo) lo = p[i];
            if (p[i] > hi) hi = p[i];
        }
    }
    return type_min(t) <= lo && hi <= type_max(t) ? constants(E, t, lo, hi) : whole_type(E, t);
}

/* ---- products and quotients ------------------------------------------------------------------ */

/* p*i for a point p, by its sign. */
static interval scaled(interval_env *E, const ir *p, interval i)
{
    const ir *a = op2(E, IR_MUL, i.lo, p), *b = op2(E, IR_MUL, i.hi, p);
    if (at_least(E, p, 0)) return between(a, b);
    if (at_most(E, p, 0)) return between(b, a);
    return between(op2(E, IR_MIN, a, b), op2(E, IR_MAX, a, b));
}

static interval product_bounds(interval_env *E, interval a, interval b)
{
    if (is_point(a)) return scaled(E, a.lo, b);
    if (is_point(b)) return scaled(E, b.lo, a);
    if (at_least(E, a.lo, 0) && at_least(E, b.lo, 0))
        return between(op2(E, IR_MUL, a.lo, b.lo), op2(E, IR_MUL, a.hi, b.hi));
    if (!a.lo || !a.hi || !b.lo || !b.hi) return between(NULL, NULL);
    return hull(E, scaled(E, a.lo, b), scaled(E, a.hi, b));
}

static interval quotient_bounds(interval_env *E, const ir *e, interval a, interval b)
{
    int64_t k;
    if (b.lo && b.lo == b.hi && ir_as_int(b.lo, &k) && k != 0) {
        const ir *lo = op2(E, (ir_op)e->op, a.lo, b.lo), *hi = op2(E, (ir_op)e->op, a.hi, b.lo);
        if (type_is_uint(e->type) || k > 0) return between(lo, hi);
        return e->type.bits >= 32 ? between(hi, lo)
                                  : whole_type(E, e->type); /* smallest / -1 wraps */
    }
    if (at_least(E, b.lo, 1)) {
        if (is_point(b))
            return between(op2(E, (ir_op)e->op, a.lo, b.lo), op2(E, (ir_op)e->op, a.hi, b.lo));
        const ir *zero = ir_int(E->ctx, type_scalar(e->type), 0); /* |x/y| <= |x| */
        return between(op2(E, IR_MIN, a.lo, zero), op2(E, IR_MAX, a.hi, zero));
    }
    if (!type_no_overflow(e->type)) return whole_type(E, e->type);
    return between(
        op2(E, IR_MIN, a.lo, op2(E, IR_SUB, ir_int(E->ctx, type_scalar(e->type), 0), a.hi)),
        op2(E, IR_MAX, a.hi, op2(E, IR_SUB, ir_int(E->ctx, type_scalar(e->type), 0), a.lo)));
}

static interval remainder_bounds(interval_env *E, const ir *e, interval a, interval b)
{
    cb_type t = type_scalar(e->type);
    int64_t k;
    if (!type_is_integer(t)) return between(NULL, NULL);
    const ir *zero = ir_int(E->ctx, t, 0), *one = ir_int(E->ctx, t, 1);
    if (is_point(b) && ir_as_int(b.lo, &k) && k > 0) {
        const_range x = constant_ends(E, a);
        if (x.has_lo && x.has_hi && floor_div(x.lo, k) == floor_div(x.hi, k))
            return constants(E, t, floor_mod(x.lo, k), floor_mod(x.hi, k));
        /* [lo, hi] itself when it lies in [0, k - 1] */
        if (at_least(E, a.lo, 0) && at_most(E, a.hi, k - 1)) return a;
        return constants(E, t, 0, k - 1);
    }
    if (at_least(E, b.lo, 1)) return between(zero, op2(E, IR_SUB, b.hi, one));
    if (type_is_uint(t)) return between(zero, op2(E, IR_MAX, a.hi, b.hi)); /* x % 0 = x */
    return whole_type(E, t);
}

/* ---- fixed point ----------------------------------------------------------------------------- */

/* Monotone in each operand while the others stand still, so the extremes are at the corners. */
static interval corner_bounds(interval_env *E, const ir *e)
{
    cb_type t = type_scalar(e->type), count = type_scalar(e->arg[e->nargs - 1]->type);
    const_range end[3];
    int64_t arg[3], lo = INT64_MAX, hi = INT64_MIN;
    for (uint32_t i = 0; i < e->nargs; i++) {
        end[i] = constant_ends(E, bounds_of(E, e->arg[i]));
        if (!end[i].has_lo || !end[i].has_hi || (type_is_uint(t) && t.bits == 64))
            return whole_type(E, t);
    }
    for (uint32_t corner = 0; corner < 1u << e->nargs; corner++) {
        for (uint32_t i = 0; i < e->nargs; i++) arg[i] = corner >> i & 1 ? end[i].hi : end[i].lo;
        int64_t v = value_fixed((ir_op)e->op, t, count, arg);
        if (v < lo) lo = v;
        if (v > hi) hi = v;
    }
    return constants(E, t, lo, hi);
}

/* Sums: the ends may be expressions too. */
static interval average_bounds(interval_env *E, const ir *e)
{
    interval a = bounds_of(E, e->arg[0]), b = bounds_of(E, e->arg[1]);
    bool minus = e->op == IR_SAT_SUB || e->op == IR_HALF_SUB;
    const ir *below = minus ? b.hi : b.lo, *above = minus ? b.lo : b.hi;
    const ir *lo = op2(E, (ir_op)e->op, a.lo, below), *hi = op2(E, (ir_op)e->op, a.hi, above);
    interval w = whole_type(E, e->type);
    if (e->op == IR_HALF_SUB && type_is_uint(e->type)) { /* wraps below 0 */
        const_range x = constant_ends(E, a), y = constant_ends(E, b);
        if (!x.has_lo || !y.has_hi || x.lo < y.hi) return w;
    }
    return between(lo ? lo : w.lo, hi ? hi : w.hi);
}

static interval distance_bounds(interval_env *E, const ir *e)
{
    cb_type t = type_scalar(e->type);
    if (type_is_float(t)) return between(ir_float(E->ctx, t, 0), NULL);
    interval a = bounds_of(E, e->arg[0]), b = bounds_of(E, e->arg[1]);
    const_range x = constant_ends(E, a), y = constant_ends(E, b);
    const ir *hi = op2(E, IR_MAX, op2(E, IR_ABSD, a.hi, b.lo), op2(E, IR_ABSD, a.lo, b.hi));
    const ir *lo = ir_int(E->ctx, t, 0);
    if (x.has_lo && y.has_hi && x.lo >= y.hi) lo = ir_int(E->ctx, t, x.lo - y.hi);
    if (y.has_lo && x.has_hi && y.lo >= x.hi) lo = ir_int(E->ctx, t, y.lo - x.hi);
    return between(lo, hi ? hi : whole_type(E, t).hi);
}

static interval count_bounds(interval_env *E, const ir *e)
{
    const_range x = constant_ends(E, bounds_of(E, e->arg[0]));
    cb_type t = type_scalar(e->type);
    int64_t lo = 0, hi = t.bits;
    if (e->op == IR_CLZ && x.has_lo && x.lo >= 0) {
        hi = value_fixed(IR_CLZ, t, t, &x.lo);
        if (x.has_hi) lo = value_fixed(IR_CLZ, t, t, &x.hi);
    }
    return constants(E, t, lo, hi);
}

/* ---- everything else ------------------------------------------------------------------------- */

static interval compare_bounds(interval_env *E, const ir *e, interval a, interval b)
{
    const ir *no = ir_bool(E->ctx, false), *yes = ir_bool(E->ctx, true);
    ir_op op = (ir_op)e->op;
    if (type_is_float(e->arg[0]->type) || op == IR_EQ || op == IR_NE) return between(no, yes);
    const ir *lo = op2(E, op, a.hi, b.lo), *hi = op2(E, op, a.lo, b.hi);
    return between(lo ? lo : no, hi ? hi : yes);
}

static interval select_bounds(interval_env *E, const ir *e)
{
    interval c = bounds_of(E, e->arg[0]), a = bounds_of(E, e->arg[1]), b = bounds_of(E, e->arg[2]);
    if (c.lo && ir_is_true(c.lo)) return a;
    if (c.hi && ir_is_false(c.hi)) return b;
    if (!is_point(c)) return hull(E, a, b);
    const facts *S = facts_in(E);
    return between(a.lo && b.lo ? simp_select(S, c.lo, a.lo, b.lo) : NULL,
                   a.hi && b.hi ? simp_select(S, c.lo, a.hi, b.hi) : NULL);
}

/* Some place, whichever it is. */
static interval places_bounds(interval_env *E, const ir *e)
{
    interval i = bounds_of(E, e->arg[0]);
    for (uint32_t k = 1; k < e->nargs; k++)
        i = hull(E, i, bounds_of(E, e->arg[k]));
    return i;
}

static bool range_fits(interval_env *E, interval i, cb_type t)
{
    const_range r = constant_ends(E, i);
    if (!r.has_lo || !r.has_hi) return false;
    if (type_is_uint(t) && t.bits == 64) return r.lo >= 0;
    return type_min(t) <= r.lo && r.hi <= type_max(t);
}

static interval cast_ends(interval_env *E, cb_type t, interval i)
{
    const facts *S = facts_in(E);
    return between(i.lo ? simp_cast(S, t, i.lo) : NULL, i.hi ? simp_cast(S, t, i.hi) : NULL);
}

static interval cast_bounds(interval_env *E, const ir *e, interval a)
{
    cb_type t = type_scalar(e->type), from = type_scalar(e->arg[0]->type);
    if (type_is_bool(t)) return whole_type(E, t);
    if (type_is_float(t)) return cast_ends(E, t, a); /* rounding is monotone */
    if (!type_is_integer(t)) return between(NULL, NULL);
    if (type_is_float(from)) { /* saturates; NaN gives 0 */
        interval r = cast_ends(E, t, a);
        const ir *zero = ir_int(E->ctx, t, 0);
        r = between(op2(E, IR_MIN, r.lo, zero), op2(E, IR_MAX, r.hi, zero));
        interval w = whole_type(E, t);
        return between(r.lo ? r.lo : w.lo, r.hi ? r.hi : w.hi);
    }
    bool widens =
        type_is_bool(from) ||
        (from.code == t.code ? from.bits <= t.bits : type_is_uint(from) && from.bits < t.bits);
    if (widens || range_fits(E, a, t)) return cast_ends(E, t, a);
    return whole_type(E, t);
}

static interval abs_bounds(interval_env *E, const ir *e, interval a)
{
    cb_type t = type_scalar(e->type);
    const facts *S = facts_in(E);
    if (type_is_uint(e->arg[0]->type)) return a;
    const ir *zero = ir_const(E->ctx, t, 0);
    if (!a.lo || !a.hi) return type_is_float(t) ? between(zero, NULL) : whole_type(E, t);
    return between(zero, op2(E, IR_MAX, simp_un(S, IR_ABS, a.lo), simp_un(S, IR_ABS, a.hi)));
}

static interval shift_bounds(interval_env *E, const ir *e, interval a, interval b)
{
    int64_t k;
    cb_type t = type_scalar(e->type);
    if (!is_point(b) || !ir_as_int(b.lo, &k) || k < 0 || k >= t.bits) return whole_type(E, t);
    if (e->op == IR_SHR) return between(op2(E, IR_SHR, a.lo, b.lo), op2(E, IR_SHR, a.hi, b.lo));
    const_range x = constant_ends(E, a);
    int64_t m = k < 40 ? (int64_t)1 << k : 0, lo, hi;
    if (!m || !x.has_lo || !x.has_hi || __builtin_mul_overflow(x.lo, m, &lo) ||
        __builtin_mul_overflow(x.hi, m, &hi) || t.bits == 64 || lo < type_min(t) ||
        hi > type_max(t))
        return whole_type(E, t);
    return constants(E, t, lo, hi);
}

static interval bit_bounds(interval_env *E, const ir *e, interval a, interval b)
{
    cb_type t = type_scalar(e->type);
    const_range x = constant_ends(E, a), y = constant_ends(E, b);
    bool xs = x.has_lo && x.lo >= 0 && x.has_hi, ys = y.has_lo && y.lo >= 0 && y.has_hi;
    if (type_is_bool(t) || (!xs && !ys)) return whole_type(E, t);
    if (e->op == IR_BIT_AND) return constants(E, t, 0, !ys || (xs && x.hi < y.hi) ? x.hi : y.hi);
    if (!xs || !ys) return whole_type(E, t);
    int64_t m = x.hi | y.hi;
    for (int s = 1; s < 64; s *= 2) m |= m >> s;
    return constants(E, t, 0, m);
}

static interval call_bounds(interval_env *E, const ir *e)
{
    interval w = whole_type(E, e->type);
    const low_func *f = E->L ? (const low_func *)(uintptr_t)0 : NULL;
    uint64_t v;
    if (E->L && map_get(&E->L->func_of, e->u.ref.sym, &v)) f = (const low_func *)(uintptr_t)v;
    if (!f || !f->value_min || !f->value_max) return w;
    const ir *lo = f->value_min[e->u.ref.index], *hi = f->value_max[e->u.ref.index];
    return between(lo ? lo : w.lo, hi ? hi : w.hi);
}

static interval ramp_bounds(interval_env *E, const ir *e)
{
    interval base = bounds_of(E, e->arg[0]), stride = bounds_of(E, e->arg[1]);
    cb_type t = type_scalar(e->type);
    if (!type_no_overflow(t)) return whole_type(E, t);
    interval reach =
        scaled(E, ir_int(E->ctx, t, e->type.lanes / e->arg[0]->type.lanes - 1), stride);
    interval last = between(op2(E, IR_ADD, base.lo, reach.lo), op2(E, IR_ADD, base.hi, reach.hi));
    return hull(E, base, last);
}

/* Operations on two operands whose bounds follow from theirs. */
static interval binary_bounds(interval_env *E, const ir *e)
{
    interval a = bounds_of(E, e->arg[0]), b = bounds_of(E, e->arg[1]);
    if (is_point(a) && is_point(b) && e->type.lanes == 1)
        return point(op2(E, (ir_op)e->op, a.lo, b.lo));
    switch ((int)e->op) {
    case IR_MIN: return between(op2(E, IR_MIN, a.lo, b.lo), tighter(E, IR_MIN, a.hi, b.hi));
    case IR_MAX: return between(tighter(E, IR_MAX, a.lo, b.lo), op2(E, IR_MAX, a.hi, b.hi));
    case IR_EQ: case IR_NE: case IR_LT: case IR_LE: return compare_bounds(E, e, a, b);
    case IR_AND:
    case IR_OR: return between(op2(E, (ir_op)e->op, a.lo, b.lo), op2(E, (ir_op)e->op, a.hi, b.hi));
    case IR_BIT_AND: case IR_BIT_OR: case IR_BIT_XOR: return bit_bounds(E, e, a, b);
    case IR_SHL: case IR_SHR: return shift_bounds(E, e, a, b);
    case IR_MOD: return remainder_bounds(E, e, a, b);
    case IR_DIV:
        return type_is_integer(e->type) ? quotient_bounds(E, e, a, b) : between(NULL, NULL);
    case IR_MUL:
        if (type_no_overflow(e->type)) return product_bounds(E, a, b);
        return wrapping_bounds(E, e, a, b);
    case IR_ADD: case IR_SUB: return wrapping_bounds(E, e, a, b);
    default: return whole_type(E, e->type);
    }
}

/* An operation about which nothing is known but that it is a function of points. */
static interval opaque_bounds(interval_env *E, const ir *e)
{
    const ir *arg[4];
    bool points = e->nargs > 0 && e->nargs <= COUNT_OF(arg) && e->type.lanes == 1;
    for (uint32_t i = 0; i < e->nargs && points; i++) {
        interval a = bounds_of(E, e->arg[i]);
        arg[i] = a.lo;
        points = is_point(a);
    }
    if (!points) return whole_type(E, e->type);
    return point(
        simp_node(facts_in(E), ir_node(E->ctx, (ir_op)e->op, e->type, e->u.bits, arg, e->nargs)));
}

static interval var_bounds(interval_env *E, const ir *e)
{
    const interval *v = interval_lookup(E, e->u.sym);
    if (!v) return point(e);
    interval w = whole_type(E, e->type);
    return between(v->lo ? v->lo : w.lo, v->hi ? v->hi : w.hi);
}

static interval promise_bounds(interval_env *E, const ir *e)
{
    interval x = bounds_of(E, e->arg[0]), lo = bounds_of(E, e->arg[1]),
             hi = bounds_of(E, e->arg[2]);
    return between(tighter(E, IR_MAX, x.lo, lo.lo), tighter(E, IR_MIN, x.hi, hi.hi));
}

/* What a C function answers is known as far as what it is asked is. */
static interval query_bounds(interval_env *E, const ir *e)
{
    const ir **arg = NEW_ARRAY(E->ctx->a, const ir *, e->nargs + 1);
    for (uint32_t i = 0; i < e->nargs; i++) {
        interval a = bounds_of(E, e->arg[i]);
        if (!a.lo || a.lo != a.hi) return between(NULL, NULL);
        arg[i] = a.lo;
    }
    return point(ir_with_args(E->ctx, e, arg));
}

static interval node_bounds(interval_env *E, const ir *e)
{
    interval a;
    switch ((ir_op)e->op) {
    case IR_INT: case IR_FLOAT: case IR_FIELD: return point(e);
    case IR_VAR: return var_bounds(E, e);
    case IR_ADD: case IR_SUB: case IR_MUL:
        if (type_no_overflow(e->type)) {
            lin L;
            lin_of(&L, e, false);
            if (L.n != 1 || L.t[0].atom != e) return sum_bounds(E, &L);
            if (e->op != IR_MUL) return between(NULL, NULL);
        }
        return binary_bounds(E, e);
    case IR_DIV:
    case IR_MOD:
    case IR_MIN:
    case IR_MAX:
    case IR_EQ:
    case IR_NE:
    case IR_LT:
    case IR_LE:
    case IR_AND:
    case IR_OR: case IR_BIT_AND: case IR_BIT_OR: case IR_BIT_XOR: case IR_SHL: case IR_SHR:
        return binary_bounds(E, e);
    case IR_NOT:
        a = bounds_of(E, e->arg[0]);
        return between(simp_un(facts_in(E), IR_NOT, a.hi), simp_un(facts_in(E), IR_NOT, a.lo));
    case IR_ABS: return abs_bounds(E, e, bounds_of(E, e->arg[0]));
    case IR_SAT_ADD: case IR_SAT_SUB: case IR_HALF_ADD: case IR_HALF_SUB: case IR_HALF_ADD_UP:
        return average_bounds(E, e);
    case IR_ROUND_SHL: case IR_ROUND_SHR: case IR_MUL_SHR: case IR_ROUND_MUL_SHR:
        return corner_bounds(E, e);
    case IR_ABSD: return distance_bounds(E, e);
    case IR_POPCOUNT: case IR_CLZ: case IR_CTZ: return count_bounds(E, e);
    case IR_SELECT: return select_bounds(E, e);
    case IR_PLACES: return places_bounds(E, e);
    case IR_CAST: return cast_bounds(E, e, bounds_of(E, e->arg[0]));
    case IR_LIKELY: case IR_BROADCAST: return bounds_of(E, e->arg[0]);
    case IR_PROMISE: return promise_bounds(E, e);
    case IR_CALL: return call_bounds(E, e);
    case IR_RAMP: return ramp_bounds(E, e);
    case IR_LET:
        return bounds_of(E,
                         simp(facts_in(E), ir_substitute1(E->ctx, e->arg[1], e->u.sym, e->arg[0])));
    case IR_QUERY: case IR_QUERY_DIM: return query_bounds(E, e);
    case IR_POISON: case IR_UNDEF: case IR_STRING: case IR_LOAD: case IR_IMPURE: case IR_C_CALL: case IR_SHUFFLE: case IR_REDUCE:
        return whole_type(E, e->type);
    case IR_DIV_TZ:
    case IR_MOD_TZ:
    case IR_BIT_NOT:
    case IR_REINTERPRET:
    case IR_IS_NAN:
    case IR_FMA:
    IR_MATH_CASES:
    IR_STRICT_CASES:
        return opaque_bounds(E, e);
    IR_STATEMENT_CASES:
    case IR_OP_COUNT: break;
    }
    return between(NULL, NULL);
}

static interval bounds_of(interval_env *E, const ir *e)
{
    if (e->nargs == 0) return node_bounds(E, e);
    const interval *known = map_getp(&E->memo, e);
    if (known) return *known;
    interval r = e->depth > DEEPEST ? whole_type(E, e->type) : node_bounds(E, e);
    map_putp(E->ctx->a, &E->memo, e, arena_copy(E->ctx->a, &r, sizeof r));
    return r;
}

static const ir *strip(ir_mapper *m, const ir *n)
{
    return n->op == IR_LIKELY ? ir_apply(m, n->arg[0]) : ir_map(m, n);
}

const ir *without_hints(cb_context *c, const ir *e)
{
    if (e->nargs == 0) return e;
    ir_mapper m = {.ctx = c, .fn = strip};
    return ir_apply(&m, e);
}

interval interval_of(interval_env *E, const ir *e)
{
    interval r = bounds_of(E, simp(facts_in(E), without_hints(E->ctx, e)));
    return r;
}
