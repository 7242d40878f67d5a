/* codegen/llvm_poly.c: exp and log of floats as polynomials, on any number of lanes.
 *
 *     exp(x) = 2^n * exp(r)       n = round(x / ln 2),  r = x - n*ln 2 in [-0.35, 0.35]
 *     log(x) = e*ln 2 + log(1+f)  x = 2^e * (1+f),      1+f in [sqrt(1/2), sqrt(2))
 *
 * A scalar is one lane of the same code, so the tail of a loop gives what its vector body gives.
 * For that no operation here carries a fast-math flag; where the target multiplies and adds at once
 * we ask for it. Both stay within 2 ulp of the exact value, subnormals included; infinities, zeros
 * and NaN come out as the C library has them.
 *
 * Coefficients: interpolation of (exp(r) - 1 - r)/r^2 and (log(1+f) - f + f^2/2)/f^3 in Chebyshev
 * points of the interval.
 */
#include <math.h>

#include "llvm.h"

static const double exp_poly[] = { /* highest power first */
    0.0013926250831497611, 0.008363232883682618, 0.04166655421298415, 0.16666576666119928, 0.5};
static const double log_poly[] = {0.06971611471451172,  -0.11479733846637633, 0.1168541992348674,
                                  -0.12425687331451106, 0.1424905764569748,   -0.16667802319501254,
                                  0.200007157488921,    -0.24999996957950882, 0.33333331180030046};

/* ln 2 in two floats; the first has so few bits that n times it is exact for every exponent n. */
static const double ln2_hi = 0.693359375, ln2_lo = -2.12194440054690583e-4;

static LLVMValueRef mul(cg *g, LLVMValueRef a, LLVMValueRef b)
{
    return LLVMBuildFMul(g->b, a, b, "");
}

static LLVMValueRef add(cg *g, LLVMValueRef a, LLVMValueRef b)
{
    return LLVMBuildFAdd(g->b, a, b, "");
}

static LLVMValueRef mul_add(cg *g, LLVMValueRef a, LLVMValueRef b, LLVMValueRef c)
{
    if (g->target->arch == ARCH_AARCH64 || g->target->features & FEATURE_FMA)
        return cg_intrinsic(g, "llvm.fma", (LLVMValueRef[]){a, b, c}, 3);
    return add(g, mul(g, a, b), c);
}

static LLVMValueRef mul_add_constant(cg *g, LLVMValueRef a, double b, LLVMValueRef c)
{
    return mul_add(g, a, cg_float_like(a, b), c);
}

static LLVMValueRef horner(cg *g, const double *c, size_t n, LLVMValueRef x)
{
    LLVMValueRef p = cg_float_like(x, c[0]);
    for (size_t i = 1; i < n; i++)
        p = mul_add(g, p, x, cg_float_like(x, c[i]));
    return p;
}

static LLVMValueRef bits_of(cg *g, LLVMValueRef f)
{
    return LLVMBuildBitCast(g->b, f, cg_lanes_type(g->i32, cg_lanes(f)), "");
}

static LLVMValueRef float_of(cg *g, LLVMValueRef i)
{
    return LLVMBuildBitCast(g->b, i, cg_lanes_type(g->f32, cg_lanes(i)), "");
}

static LLVMValueRef when(cg *g, LLVMRealPredicate p, LLVMValueRef x, double limit,
                         LLVMValueRef then, LLVMValueRef otherwise)
{
    LLVMValueRef c = LLVMBuildFCmp(g->b, p, x, cg_float_like(x, limit), "");
    return LLVMBuildSelect(g->b, c, then, otherwise, "");
}

/* 2^n for n in [-126, 127] */
static LLVMValueRef power_of_two(cg *g, LLVMValueRef n)
{
    n = LLVMBuildAdd(g->b, n, cg_int_like(n, 127), "");
    return float_of(g, LLVMBuildShl(g->b, n, cg_int_like(n, 23), ""));
}

LLVMValueRef cg_polynomial_exp(cg *g, LLVMValueRef x)
{
    const double magic = 12582912.0; /* 1.5 * 2^23: adding it rounds to an integer */
    x = when(g, LLVMRealOLT, x, -104.0, cg_float_like(x, -104.0), x);
    x = when(g, LLVMRealOGT, x, 89.0, cg_float_like(x, 89.0), x);
    LLVMValueRef t = mul_add_constant(g, x, 1.44269504088896341, cg_float_like(x, magic));
    LLVMValueRef n = LLVMBuildSub(g->b, bits_of(g, t), bits_of(g, cg_float_like(t, magic)), "");
    LLVMValueRef nf = LLVMBuildFSub(g->b, t, cg_float_like(t, magic), "");
    LLVMValueRef r = mul_add_constant(g, nf, -ln2_hi, x);
    r = mul_add_constant(g, nf, -ln2_lo, r);
    LLVMValueRef p = mul_add(g, horner(g, exp_poly, COUNT_OF(exp_poly), r), mul(g, r, r), r);
    p = add(g, p, cg_float_like(p, 1.0));
    /* In two steps, since 2^n itself may be out of range where the result is not. */
    LLVMValueRef half = LLVMBuildAShr(g->b, n, cg_int_like(n, 1), "");
    p = mul(g, p, power_of_two(g, half));
    return mul(g, p, power_of_two(g, LLVMBuildSub(g->b, n, half, "")));
}

LLVMValueRef cg_polynomial_log(cg *g, LLVMValueRef x)
{
    const int64_t root = 0x3f3504f3; /* bits of sqrt(1/2) */
    LLVMValueRef zero = cg_float_like(x, 0.0);
    /* Subnormals are scaled into the normal range. */
    LLVMValueRef y = when(g, LLVMRealOLT, x, 0x1p-126, mul(g, x, cg_float_like(x, 0x1p23)), x);
    LLVMValueRef bias = when(g, LLVMRealOLT, x, 0x1p-126, cg_float_like(x, -23.0), zero);
    LLVMValueRef b = bits_of(g, y);
    LLVMValueRef e = LLVMBuildSub(g->b, b, cg_int_like(b, root), "");
    e = LLVMBuildAShr(g->b, e, cg_int_like(e, 23), "");
    LLVMValueRef m = LLVMBuildSub(g->b, b, LLVMBuildShl(g->b, e, cg_int_like(e, 23), ""), "");
    LLVMValueRef f = LLVMBuildFSub(g->b, float_of(g, m), cg_float_like(x, 1.0), "");
    LLVMValueRef ef = add(g, LLVMBuildSIToFP(g->b, e, LLVMTypeOf(x), ""), bias);
    LLVMValueRef f2 = mul(g, f, f);
    LLVMValueRef r = mul(g, horner(g, log_poly, COUNT_OF(log_poly), f), mul(g, f2, f));
    r = mul_add_constant(g, ef, ln2_lo, r);
    r = mul_add_constant(g, f2, -0.5, r);
    r = mul_add_constant(g, ef, ln2_hi, add(g, f, r));
    /* inf, zero, negative, NaN: their bits mean nothing to the arithmetic above. */
    r = when(g, LLVMRealOEQ, x, INFINITY, x, r);
    r = when(g, LLVMRealOEQ, x, 0.0, cg_float_like(x, -INFINITY), r);
    r = when(g, LLVMRealOLT, x, 0.0, cg_float_like(x, NAN), r);
    LLVMValueRef nan = LLVMBuildFCmp(g->b, LLVMRealUNO, x, x, "");
    return LLVMBuildSelect(g->b, nan, x, r, "");
}
