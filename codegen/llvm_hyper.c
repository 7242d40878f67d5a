/* codegen/llvm_hyper.c: hyperbolic functions and their inverses, erf, hypot, in double.
 *
 *     sinh(x)    below 1 a polynomial, else (E - 1/E)/2, E = exp(|x|)
 *     tanh(x)    below 0.6 a polynomial, else 1 - 2/(exp(2|x|) + 1)
 *     asinh(x)   log1p(|x| + x^2/(1 + sqrt(1 + x^2)))
 *     erf(x)     below 1 a polynomial, else 1 - exp(-x^2)*Q(|x|)
 */
#include <math.h>

#include "llvm_fp.h"
#include "polynomials.inc"

typedef LLVMValueRef V;

/* x + x^3*P(x^2) */
static V odd_part(const fp *F, V a, V z, V p)
{
    return fp_fma(F, fp_mul(F, a, z), p, a);
}

/* E/2 and 1/(2E) */
static V half_exp(const fp *F, V a, V *inverse)
{
    V e = fp_exp_of(F, a, NULL, -1);
    *inverse = fp_div(F, cg_float_like(a, 0.25), e);
    return e;
}

V fp_sinh(const fp *F, V x, V unused)
{
    (void)unused;
    V a = fp_abs(F, x), z = fp_mul(F, a, a), inverse;
    V near = odd_part(F, a, z, FP_POLY2(F, sinh, z));
    V e = half_exp(F, a, &inverse);
    V r = fp_select(F, fp_cmpk(F, LLVMRealOLT, a, 1), near, fp_sub(F, e, inverse));
    return fp_copysign(F, r, x);
}

V fp_cosh(const fp *F, V x, V unused)
{
    (void)unused;
    V inverse, e = half_exp(F, fp_abs(F, x), &inverse);
    return fp_add(F, e, inverse);
}

V fp_tanh(const fp *F, V x, V unused)
{
    (void)unused;
    V a = fp_abs(F, x), z = fp_mul(F, a, a);
    V near = odd_part(F, a, z, FP_POLY2(F, tanh, z));
    V b = fp_select(F, fp_cmpk(F, LLVMRealOGT, a, 22), cg_float_like(a, 22), a); /* 1 from there on */
    V e = fp_exp_of(F, fp_add(F, b, b), NULL, 0);
    V far = fp_div(F, cg_float_like(a, 2), fp_addk(F, e, 1));
    far = fp_sub(F, cg_float_like(a, 1), far);
    return fp_copysign(F, fp_select(F, fp_cmpk(F, LLVMRealOLT, a, 0.6), near, far), x);
}

/* ---- inverses -------------------------------------------------------------------------------- */

/* log(a) + log(2) for a beyond any square: the 1 under the root is lost there. */
static V of_large(const fp *F, V a, V r)
{
    V l = fp_add(F, fp_log(F, a, NULL), cg_float_like(a, ln2_hi));
    return fp_select(F, fp_cmpk(F, LLVMRealOGT, a, 0x1p28), l, r);
}

/* sqrt(z.hi + z.lo) as hi + lo; z.hi > 0 */
static fp_dd sqrt_dd(const fp *F, fp_dd z)
{
    V s = fp_sqrt(F, z.hi);
    V rest = fp_add(F, fp_residual(F, z.hi, s, s), z.lo);
    V twice = fp_select(F, fp_cmpk(F, LLVMRealOEQ, s, 0), cg_float_like(s, 1), fp_add(F, s, s));
    return (fp_dd){s, fp_div(F, rest, twice)};
}

V fp_asinh(const fp *F, V x, V unused)
{
    (void)unused;
    V a = fp_abs(F, x), one = cg_float_like(a, 1);
    V b = fp_select(F, fp_cmpk(F, LLVMRealOGT, a, 0x1p28), one, a);
    fp_dd z = fp_two_prod(F, b, b), u = fp_two_sum(F, one, z.hi);
    u.lo = fp_add(F, u.lo, z.lo);
    fp_dd s = sqrt_dd(F, u), d = fp_two_sum(F, one, s.hi);
    d.lo = fp_add(F, d.lo, s.lo);
    /* t = z/d, then a + t, with what the roundings lose */
    V q = fp_div(F, z.hi, d.hi), rest = fp_add(F, fp_residual(F, z.hi, q, d.hi), z.lo);
    rest = fp_div(F, fp_fma(F, fp_neg(F, q), d.lo, rest), d.hi);
    fp_dd t = fp_two_sum(F, b, q);
    V r = fp_log1p_of(F, t.hi, fp_add(F, t.lo, rest));
    r = fp_select(F, fp_cmpk(F, LLVMRealOLT, a, 0x1p-30), a, r);
    return fp_copysign(F, of_large(F, a, r), x);
}

/* With t = x - 1: log1p(t + sqrt(t^2 + 2t)) */
V fp_acosh(const fp *F, V x, V unused)
{
    (void)unused;
    V b = fp_select(F, fp_cmpk(F, LLVMRealOGT, x, 0x1p28), cg_float_like(x, 1), x);
    V t = fp_addk(F, b, -1);
    fp_dd z = fp_two_prod(F, t, t), u = fp_two_sum(F, z.hi, fp_add(F, t, t));
    u.lo = fp_add(F, u.lo, z.lo);
    fp_dd s = sqrt_dd(F, u), v = fp_two_sum(F, t, s.hi);
    V r = fp_log1p_of(F, v.hi, fp_add(F, v.lo, s.lo));
    r = fp_select(F, fp_cmpk(F, LLVMRealUGE, x, 1), r, cg_float_like(x, NAN));
    return of_large(F, x, r);
}

/* log1p(2a/(1 - a))/2 */
V fp_atanh(const fp *F, V x, V unused)
{
    (void)unused;
    V a = fp_abs(F, x), d = fp_sub(F, cg_float_like(a, 1), a);
    V d_lo = fp_sub(F, fp_sub(F, cg_float_like(a, 1), d), a), t = fp_add(F, a, a);
    V q = fp_div(F, t, d), rest = fp_residual(F, t, q, d);
    rest = fp_div(F, fp_fma(F, fp_neg(F, q), d_lo, rest), d);
    V small = fp_select(F, fp_cmpk(F, LLVMRealOLT, a, 1), rest, cg_float_like(a, 0));
    V r = fp_mulk(F, fp_log1p_of(F, q, small), 0.5);
    r = fp_select(F, fp_cmpk(F, LLVMRealOGT, a, 1), cg_float_like(a, NAN), r);
    return fp_copysign(F, fp_select(F, fp_cmpk(F, LLVMRealOLT, a, 0x1p-30), a, r), x);
}

/* ---- erf, hypot ------------------------------------------------------------------------------ */

V fp_erf(const fp *F, V x, V unused)
{
    (void)unused;
    V a = fp_abs(F, x), one = cg_float_like(a, 1);
    V near = fp_fma(F, a, FP_POLY2(F, erf, fp_mul(F, a, a)), a);
    V b = fp_select(F, fp_cmpk(F, LLVMRealOGT, a, 6), cg_float_like(a, 6), a); /* 1 from there on */
    V u = fp_div(F, fp_addk(F, b, -2), fp_addk(F, b, 2));
    V e = fp_exp_of(F, fp_neg(F, fp_mul(F, b, b)), NULL, 0);
    V far = fp_fma(F, fp_neg(F, e), FP_POLY2(F, erfc, u), one);
    return fp_copysign(F, fp_select(F, fp_cmp(F, LLVMRealOLT, a, one), near, far), x);
}

V fp_hypot(const fp *F, V x, V y)
{
    V a = fp_abs(F, x), b = fp_abs(F, y), inf = cg_float_like(x, INFINITY), r;
    V any = fp_or(F, fp_cmp(F, LLVMRealOEQ, a, inf), fp_cmp(F, LLVMRealOEQ, b, inf));
    if (F->single) {
        r = fp_sqrt(F, fp_fma(F, a, a, fp_mul(F, b, b)));
    } else {
        V less = fp_cmp(F, LLVMRealOLT, a, b), one = cg_float_like(a, 1);
        V large = fp_select(F, less, b, a), small = fp_select(F, less, a, b);
        V scale = fp_select(F, fp_cmpk(F, LLVMRealOGT, large, 0x1p500), cg_float_like(a, 0x1p-600), one);
        scale = fp_select(F, fp_cmpk(F, LLVMRealOLT, large, 0x1p-400), cg_float_like(a, 0x1p600), scale);
        V back = fp_select(F, fp_cmpk(F, LLVMRealOGT, large, 0x1p500), cg_float_like(a, 0x1p600), one);
        back = fp_select(F, fp_cmpk(F, LLVMRealOLT, large, 0x1p-400), cg_float_like(a, 0x1p-600), back);
        large = fp_mul(F, large, scale);
        small = fp_mul(F, small, scale);
        fp_dd p = fp_two_prod(F, large, large), q = fp_two_prod(F, small, small);
        fp_dd s = fp_quick_sum(F, p.hi, q.hi);
        s.lo = fp_add(F, s.lo, fp_add(F, p.lo, q.lo));
        fp_dd root = sqrt_dd(F, s);
        r = fp_mul(F, fp_add(F, root.hi, root.lo), back);
    }
    r = fp_select(F, fp_cmp(F, LLVMRealUNO, a, b), fp_add(F, a, b), r);
    return fp_select(F, any, inf, r);
}
