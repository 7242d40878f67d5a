/* codegen/llvm_fast.c: the fast variants, for f32 in f32.
 *
 *     fast_inverse(x):   y = bits(0x7ef311c7 - bits(x)), within 1/8 of 1/x; then with e = 1 - x*y
 *                        y + y*(e + e^2), and once more y + y*e
 *
 * Short polynomials, few corrections, and nothing for arguments outside the stated ranges, where
 * the value is any value (the same in every lane and under every schedule). Errors are in CB_OPS and
 * docs/semantics.md, and tests/math measures them.
 */
#include <math.h>

#include "llvm_fp.h"
#include "polynomials.inc"

typedef LLVMValueRef V;

static V bits32(cg *g, V x)
{
    return LLVMBuildBitCast(g->b, x, cg_lanes_type(g->i32, cg_lanes(x)), "");
}

static V from_bits32(cg *g, V i)
{
    return LLVMBuildBitCast(g->b, i, cg_lanes_type(g->f32, cg_lanes(i)), "");
}

/* x rounded to an integer, |x| below 2^22, and as an i32 right modulo 2^22. */
static V nearest32(const fp *F, V x, V *n)
{
    const double magic = 0x1.8p23;
    V t = fp_addk(F, x, magic);
    *n = LLVMBuildSub(F->g->b, bits32(F->g, t), bits32(F->g, cg_float_like(t, magic)), "");
    return fp_addk(F, t, -magic);
}

/* Of x no further out than where results are normal numbers: what is too small for one is 2^-126 then, what is too large 3.4e38. */
static V fast_exp(const fp *F, V x)
{
    LLVMBuilderRef b = F->g->b;
    V n, y = fp_clamp(F, x, -87.33, 88.72), nf = nearest32(F, fp_mulk(F, y, log2_e), &n);
    V r = fp_fmak(F, nf, -0x1.63p-1, y); /* ln 2 in two parts, the first of few digits */
    r = fp_fmak(F, nf, 0x1.bd0106p-13, r);
    V p = fp_fma(F, FP_POLY(F, exp_fast, r), fp_mul(F, r, r), fp_addk(F, r, 1));
    return from_bits32(F->g, LLVMBuildAdd(b, bits32(F->g, p), LLVMBuildShl(b, n, fp_int(n, 23), ""), ""));
}

static V fast_log(const fp *F, V x)
{
    LLVMBuilderRef b = F->g->b;
    const int64_t root = 0x3f3504f3; /* bits of sqrt(1/2) */
    V i = bits32(F->g, x), e = LLVMBuildAShr(b, LLVMBuildSub(b, i, fp_int(i, root), ""), fp_int(i, 23), "");
    V m = LLVMBuildSub(b, i, LLVMBuildShl(b, e, fp_int(i, 23), ""), "");
    V f = fp_addk(F, from_bits32(F->g, m), -1), ef = LLVMBuildSIToFP(b, e, LLVMTypeOf(x), "");
    return fp_fma(F, f, FP_POLY(F, log_fast, f), fp_mulk(F, ef, ln2_hi));
}

/* sin(r)*(-1)^n, r = x - n*pi; for cos n is a half more than an integer. */
static V fast_circular(const fp *F, V x, bool cosine)
{
    LLVMBuilderRef b = F->g->b;
    V n, t = fp_mulk(F, x, two_over_pi / 2), nf;
    if (cosine)
        t = fp_addk(F, t, -0.5);
    nf = nearest32(F, t, &n);
    if (cosine)
        nf = fp_addk(F, nf, 0.5);
    /* pi in three parts, multiples of the first two by n up to 2,608 and a half exact */
    V r = fp_fmak(F, nf, -0x1.92p1, x);
    r = fp_fmak(F, nf, -0x1.fb4p-11, r);
    r = fp_fmak(F, nf, -0x1.4442d18p-23, r);
    V z = fp_mul(F, r, r), v = fp_fma(F, fp_mul(F, r, z), FP_POLY(F, sin_fast, z), r);
    if (cosine) /* cos(x) = -sin(x - pi/2 - n*pi)*(-1)^n */
        n = LLVMBuildAdd(b, n, fp_int(n, 1), "");
    V sign = LLVMBuildShl(b, n, fp_int(n, 31), "");
    return from_bits32(F->g, LLVMBuildXor(b, bits32(F->g, v), sign, ""));
}

static V fast_inverse(const fp *F, V x)
{
    V i = bits32(F->g, x), one = cg_float_like(x, 1);
    V y = from_bits32(F->g, LLVMBuildSub(F->g->b, fp_int(i, 0x7ef311c7), i, ""));
    V e = fp_fma(F, fp_neg(F, x), y, one);
    y = fp_fma(F, y, fp_fma(F, e, e, e), y);
    return fp_fma(F, y, fp_fma(F, fp_neg(F, x), y, one), y);
}

static V fast_inverse_sqrt(const fp *F, V x)
{
    V i = bits32(F->g, x), half = fp_mulk(F, x, -0.5);
    i = LLVMBuildLShr(F->g->b, i, fp_int(i, 1), "");
    V y = from_bits32(F->g, LLVMBuildSub(F->g->b, fp_int(i, 0x5f375a86), i, ""));
    for (int k = 0; k < 2; k++)
        y = fp_mul(F, y, fp_fma(F, fp_mul(F, half, y), y, cg_float_like(x, 1.5)));
    return y;
}

V cg_fast(cg *g, ir_op op, V x, V y)
{
    const fp F = {g, true};
    switch ((int)op) {
    case IR_FAST_EXP: return fast_exp(&F, x);
    case IR_FAST_LOG: return fast_log(&F, x);
    case IR_FAST_SIN: return fast_circular(&F, x, false);
    case IR_FAST_COS: return fast_circular(&F, x, true);
    case IR_FAST_POW: return fast_exp(&F, fp_mul(&F, y, fast_log(&F, x)));
    case IR_FAST_INVERSE: return fast_inverse(&F, x);
    case IR_FAST_INVERSE_SQRT: return fast_inverse_sqrt(&F, x);
    default: return NULL;
    }
}
