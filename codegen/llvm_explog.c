/* codegen/llvm_explog.c: exp and log, their relatives and pow, in double.
 *
 *     exp(x) = 2^n*exp(r)           n = round(x/ln 2), r = x - n*ln 2, |r| <= 0.347
 *     log(x) = e*ln 2 + log(1 + f)  x = 2^e*(1 + f), 1 + f from sqrt(1/2) to sqrt(2)
 *     log(1 + f) = 2s + s^3*P(s^2)  s = f/(2 + f)
 *     pow(x, y) = exp(y*log(x))     the logarithm and the product as sums of two doubles
 *
 * What the arithmetic cannot say (zeros, infinities, NaN, negative arguments) is put right by
 * selections at the end.
 */
#include <math.h>

#include "llvm_fp.h"
#include "polynomials.inc"

typedef LLVMValueRef V;

/* ---- exponentials ---------------------------------------------------------------------------- */

/* r = x + lo - n*ln 2 as hi + lo */
static fp_dd reduce_exp(const fp *F, V x, V lo, V *n)
{
    V nf = fp_nearest(F, fp_mulk(F, x, log2_e), n);
    V a = fp_fmak(F, nf, -ln2_two[0], x); /* exact: n has 11 bits, the constant 41 */
    if (F->single)
        return (fp_dd){fp_fmak(F, nf, -ln2_two[1], a), NULL};
    V b = fp_mulk(F, nf, -ln2_two[1]);
    if (lo)
        b = fp_add(F, b, lo);
    V hi = fp_add(F, a, b);
    return (fp_dd){hi, fp_add(F, fp_sub(F, a, hi), b)};
}

/* What exp(r) is more than 1 + r.hi. */
static V exp_rest(const fp *F, fp_dd r)
{
    V p = FP_POLY2(F, exp, r.hi), square = fp_mul(F, r.hi, r.hi);
    return F->single ? fp_mul(F, p, square) : fp_fma(F, p, square, r.lo);
}

/* p*2^n in two steps, since 2^n itself may be out of range where the result is not. */
static V scale(const fp *F, V p, V n)
{
    LLVMBuilderRef b = F->g->b;
    if (F->single)
        return fp_mul(F, p, fp_power_of_two(F, n));
    V half = LLVMBuildLShr(b, LLVMBuildAdd(b, n, fp_int(n, 2048), ""), fp_int(n, 1), "");
    half = LLVMBuildSub(b, half, fp_int(n, 1024), "");
    p = fp_mul(F, p, fp_power_of_two(F, half));
    return fp_mul(F, p, fp_power_of_two(F, LLVMBuildSub(b, n, half, "")));
}

static V finish_exp(const fp *F, fp_dd r, V n, int shift)
{
    V p = fp_addk(F, fp_add(F, r.hi, exp_rest(F, r)), 1);
    if (shift)
        n = LLVMBuildAdd(F->g->b, n, fp_int(n, shift), "");
    return scale(F, p, n);
}

V fp_exp_of(const fp *F, V x, V lo, int shift)
{
    V n;
    x = F->single ? fp_clamp(F, x, -200, 200) : fp_clamp(F, x, -747, 711);
    fp_dd r = reduce_exp(F, x, lo, &n);
    return finish_exp(F, r, n, shift);
}

V fp_exp(const fp *F, V x, V unused)
{
    (void)unused;
    return fp_exp_of(F, x, NULL, 0);
}

V fp_exp2(const fp *F, V x, V unused)
{
    (void)unused;
    V n;
    x = F->single ? fp_clamp(F, x, -250, 250) : fp_clamp(F, x, -1077, 1025);
    V t = fp_sub(F, x, fp_nearest(F, x, &n)); /* exact */
    fp_dd r = {fp_mulk(F, t, ln2_hi), NULL};
    if (!F->single) {
        r = fp_two_prod(F, t, cg_float_like(t, ln2_hi));
        r.lo = fp_fmak(F, t, ln2_lo, r.lo);
    }
    return finish_exp(F, r, n, 0);
}

/* 2*((s*r.hi + (s - 1/2)) + s*rest), s = 2^(n - 1), so that it does not overflow too early. */
V fp_expm1(const fp *F, V x, V unused)
{
    (void)unused;
    V n, y = fp_clamp(F, x, -50, F->single ? 200 : 709.79); /* n stays below 1025 */
    fp_dd r = reduce_exp(F, y, NULL, &n);
    V rest = exp_rest(F, r);
    V s = fp_power_of_two(F, LLVMBuildAdd(F->g->b, n, fp_int(n, -1), ""));
    fp_dd sum = fp_two_sum(F, fp_addk(F, s, -0.5), fp_mul(F, s, r.hi));
    V v = fp_add(F, sum.hi, fp_fma(F, s, rest, sum.lo));
    v = fp_mulk(F, v, 2);
    return fp_select(F, fp_cmpk(F, LLVMRealOLT, fp_abs(F, x), 0x1p-54), x, v);
}

/* ---- logarithms ------------------------------------------------------------------------------ */

/* x = 2^e*m, m from sqrt(1/2) to sqrt(2); e as a double. */
static V split(const fp *F, V x, V *e)
{
    LLVMBuilderRef b = F->g->b;
    const int64_t root = 0x3fe6a09e667f3bcd, one = 0x3ff0000000000000;
    V tiny = NULL;
    if (!F->single) { /* no f32 is subnormal in double */
        tiny = fp_cmpk(F, LLVMRealOLT, x, 0x1p-1022);
        x = fp_select(F, tiny, fp_mulk(F, x, 0x1p54), x);
    }
    V i = fp_bits(F, x), t = LLVMBuildAdd(b, i, fp_int(i, one - root), "");
    V k = LLVMBuildLShr(b, t, fp_int(i, 52), "");
    *e = fp_small_int(F, LLVMBuildSub(b, k, fp_int(i, 1023), ""));
    if (tiny)
        *e = fp_add(F, *e, fp_select(F, tiny, cg_float_like(x, -54), cg_float_like(x, 0)));
    t = LLVMBuildAnd(b, t, fp_int(i, 0xfffffffffffff), "");
    return fp_from_bits(F, LLVMBuildAdd(b, t, fp_int(i, root), ""));
}

/* Of zero, infinity, negative numbers and NaN the bits mean nothing to split(). */
static V special_log(const fp *F, V x, V r)
{
    r = fp_select(F, fp_cmpk(F, LLVMRealOEQ, x, INFINITY), x, r);
    r = fp_select(F, fp_cmpk(F, LLVMRealOEQ, x, 0), cg_float_like(x, -INFINITY), r);
    return fp_select(F, fp_cmpk(F, LLVMRealUGE, x, 0), fp_select(F, fp_cmp(F, LLVMRealUNO, x, x), x, r),
                     cg_float_like(x, NAN));
}

/* e*ln 2 + log(1 + f) + lo */
static V log_of(const fp *F, V f, V e, V lo)
{
    V s = fp_div(F, f, fp_addk(F, f, 2)), z = fp_mul(F, s, s);
    V p = fp_mul(F, FP_POLY2(F, log, z), z);
    if (F->single) {
        V sum = fp_fma(F, s, p, fp_add(F, s, s));
        return fp_fmak(F, e, ln2_hi, lo ? fp_add(F, sum, lo) : sum);
    }
    V half = fp_mulk(F, fp_mul(F, f, f), 0.5);
    V small = fp_fma(F, s, fp_add(F, half, p), fp_mulk(F, e, ln2_two[1]));
    if (lo)
        small = fp_add(F, small, lo);
    /* (e*ln2_hi + f) is not exact, unlike in e*ln2_hi - ((half - small) - f) */
    return fp_sub(F, fp_mulk(F, e, ln2_two[0]), fp_sub(F, fp_sub(F, half, small), f));
}

V fp_log(const fp *F, V x, V unused)
{
    (void)unused;
    V e, m = split(F, x, &e);
    return special_log(F, x, log_of(F, fp_addk(F, m, -1), e, NULL));
}

/* log(m) of m from sqrt(1/2) to sqrt(2), with an error below 2^-64 of it. */
static fp_dd log_dd(const fp *F, V m)
{
    V f = fp_addk(F, m, -1), d = fp_addk(F, f, 2);
    V d_lo = fp_sub(F, f, fp_addk(F, d, -2));
    V inverse = fp_div(F, cg_float_like(f, 1), d), s = fp_mul(F, f, inverse);
    V rest = fp_residual(F, f, s, d);
    rest = fp_residual(F, rest, s, d_lo);
    fp_dd S = {s, fp_mul(F, rest, inverse)};
    fp_dd z = fp_two_prod(F, s, s);
    z.lo = fp_fma(F, fp_add(F, s, s), S.lo, z.lo);
    V w = fp_mul(F, FP_POLY(F, log_tail, z.hi), z.hi);
    fp_dd c = fp_quick_sum(F, cg_float_like(w, two_thirds_hi), w);
    c.lo = fp_addk(F, c.lo, two_thirds_lo);
    fp_dd t = fp_mul_dd(F, fp_mul_dd(F, z, S), c);
    fp_dd r = fp_quick_sum(F, fp_add(F, s, s), t.hi);
    r.lo = fp_add(F, r.lo, fp_fma(F, S.lo, cg_float_like(s, 2), t.lo));
    return fp_quick_sum(F, r.hi, r.lo);
}

static fp_dd log_whole(const fp *F, V x)
{
    V e, m = split(F, x, &e);
    fp_dd a = log_dd(F, m), r = fp_two_sum(F, fp_mulk(F, e, ln2_two[0]), a.hi);
    r.lo = fp_add(F, r.lo, fp_fmak(F, e, ln2_two[1], a.lo));
    return fp_quick_sum(F, r.hi, r.lo);
}

static fp_dd constant(V like, double hi, double lo)
{
    return (fp_dd){cg_float_like(like, hi), cg_float_like(like, lo)};
}

V fp_log2(const fp *F, V x, V unused)
{
    (void)unused;
    V e, m = split(F, x, &e), r;
    if (F->single) {
        V l = log_of(F, fp_addk(F, m, -1), cg_float_like(m, 0), NULL);
        r = fp_fmak(F, l, inverse_ln2_hi, e);
    } else {
        fp_dd l = fp_mul_dd(F, log_dd(F, m), constant(m, inverse_ln2_hi, inverse_ln2_lo));
        fp_dd s = fp_quick_sum(F, e, l.hi); /* e is 0 or the larger */
        r = fp_add(F, s.hi, fp_add(F, s.lo, l.lo));
    }
    return special_log(F, x, r);
}

V fp_log10(const fp *F, V x, V unused)
{
    (void)unused;
    V r;
    if (F->single) {
        V e, m = split(F, x, &e);
        r = fp_mulk(F, log_of(F, fp_addk(F, m, -1), e, NULL), inverse_ln10_hi);
    } else {
        fp_dd l = fp_mul_dd(F, log_whole(F, x), constant(x, inverse_ln10_hi, inverse_ln10_lo));
        r = fp_add(F, l.hi, l.lo);
    }
    return special_log(F, x, r);
}

/* u = 1 + x rounded, c what the rounding lost: log u + c/u. */
V fp_log1p_of(const fp *F, V x, V lo)
{
    fp_dd u = fp_two_sum(F, cg_float_like(x, 1), x);
    if (lo)
        u.lo = fp_add(F, u.lo, lo);
    V e, m = split(F, u.hi, &e), c = fp_div(F, u.lo, u.hi);
    /* Near 1, x itself is the better m - 1. */
    V near = fp_cmpk(F, LLVMRealOEQ, e, 0);
    V f = fp_select(F, near, x, fp_addk(F, m, -1));
    c = fp_select(F, near, lo ? fp_div(F, lo, u.hi) : cg_float_like(x, 0), c);
    V r = special_log(F, u.hi, log_of(F, f, e, c));
    return fp_select(F, fp_cmpk(F, LLVMRealOLT, fp_abs(F, x), 0x1p-54), x, r);
}

V fp_log1p(const fp *F, V x, V unused)
{
    (void)unused;
    return fp_log1p_of(F, x, NULL);
}

/* ---- powers ---------------------------------------------------------------------------------- */

/* |x|^y for finite x != 0. */
static V pow_of(const fp *F, V ax, V y)
{
    y = fp_clamp(F, y, -0x1p65, 0x1p65); /* the same results, and no product overflows */
    if (F->single) {
        V e, m = split(F, ax, &e);
        return fp_exp_of(F, fp_mul(F, y, log_of(F, fp_addk(F, m, -1), e, NULL)), NULL, 0);
    }
    fp_dd l = log_whole(F, ax), p = fp_two_prod(F, y, l.hi);
    p.lo = fp_fma(F, y, l.lo, p.lo);
    V lo = fp_select(F, fp_cmpk(F, LLVMRealOLT, fp_abs(F, p.hi), 800), p.lo, cg_float_like(y, 0));
    return fp_exp_of(F, p.hi, lo, 0);
}

/* Is y an integer? *odd: an odd one? */
static V is_integer(const fp *F, V y, V *odd)
{
    LLVMBuilderRef b = F->g->b;
    V a = fp_abs(F, y), big = fp_cmpk(F, LLVMRealOGE, a, 0x1p52);
    V t = fp_addk(F, a, 0x1p52), whole = fp_cmp(F, LLVMRealOEQ, fp_addk(F, t, -0x1p52), a);
    V i = fp_bits(F, fp_select(F, big, a, t));
    V last = LLVMBuildICmp(b, LLVMIntNE, LLVMBuildAnd(b, i, fp_int(i, 1), ""), fp_int(i, 0), "");
    whole = fp_or(F, whole, big);
    *odd = fp_and(F, fp_and(F, last, whole), fp_cmpk(F, LLVMRealOLT, a, 0x1p53));
    return whole;
}

V fp_pow(const fp *F, V x, V y)
{
    V zero = cg_float_like(x, 0), one = cg_float_like(x, 1), inf = cg_float_like(x, INFINITY);
    V ax = fp_abs(F, x), odd, whole = is_integer(F, y, &odd);
    V is_zero = fp_cmpk(F, LLVMRealOEQ, x, 0), is_inf = fp_cmpk(F, LLVMRealOEQ, ax, INFINITY);
    V r = pow_of(F, ax, y), down = fp_cmpk(F, LLVMRealOLT, y, 0);
    r = fp_select(F, is_zero, fp_select(F, down, inf, zero), r);
    r = fp_select(F, is_inf, fp_select(F, down, zero, inf), r);
    /* A negative base: the sign of odd powers, and no value between the integers. */
    V sign = fp_sign_bit(F, x);
    r = fp_flip(F, r, LLVMBuildSelect(F->g->b, odd, sign, fp_int(sign, 0), ""));
    V none = fp_and(F, fp_cmpk(F, LLVMRealOLT, x, 0), LLVMBuildNot(F->g->b, fp_or(F, whole, is_inf), ""));
    r = fp_select(F, none, cg_float_like(x, NAN), r);
    r = fp_select(F, fp_cmp(F, LLVMRealUNO, x, y), fp_add(F, x, y), r);
    V always = fp_or(F, fp_cmpk(F, LLVMRealOEQ, y, 0), fp_cmpk(F, LLVMRealOEQ, x, 1));
    return fp_select(F, always, one, r);
}
