/* codegen/llvm_fp.c: double arithmetic with its rounding errors, on any number of lanes.
 *
 *     two_prod(a, b):   hi = a*b rounded     lo = fma(a, b, -hi)     hi + lo = a*b exactly
 *
 * Where the target has no multiply-add the error of a product comes from products of halves
 * (Dekker), which costs more and gives the same.
 */
#include "llvm_fp.h"

typedef LLVMValueRef V;

static LLVMBuilderRef at(const fp *F) { return F->g->b; }

V fp_add(const fp *F, V a, V b) { return LLVMBuildFAdd(at(F), a, b, ""); }
V fp_sub(const fp *F, V a, V b) { return LLVMBuildFSub(at(F), a, b, ""); }
V fp_mul(const fp *F, V a, V b) { return LLVMBuildFMul(at(F), a, b, ""); }
V fp_div(const fp *F, V a, V b) { return LLVMBuildFDiv(at(F), a, b, ""); }
V fp_neg(const fp *F, V a) { return LLVMBuildFNeg(at(F), a, ""); }
V fp_abs(const fp *F, V a) { return cg_intrinsic(F->g, "llvm.fabs", &a, 1); }
V fp_sqrt(const fp *F, V a) { return cg_intrinsic(F->g, "llvm.sqrt", &a, 1); }
V fp_addk(const fp *F, V a, double k) { return fp_add(F, a, cg_float_like(a, k)); }
V fp_mulk(const fp *F, V a, double k) { return fp_mul(F, a, cg_float_like(a, k)); }

static bool has_fma(const fp *F)
{
    return F->g->target->arch == ARCH_AARCH64 || F->g->target->features & FEATURE_FMA;
}

V fp_fma(const fp *F, V a, V b, V c)
{
    if (has_fma(F))
        return cg_intrinsic(F->g, "llvm.fma", (V[]){a, b, c}, 3);
    return fp_add(F, fp_mul(F, a, b), c);
}

V fp_fmak(const fp *F, V a, double b, V c) { return fp_fma(F, a, cg_float_like(a, b), c); }

V fp_horner(const fp *F, const double *c, size_t n, V x)
{
    V p = cg_float_like(x, c[0]);
    for (size_t i = 1; i < n; i++)
        p = fp_fma(F, p, x, cg_float_like(x, c[i]));
    return p;
}

V fp_select(const fp *F, V c, V a, V b) { return LLVMBuildSelect(at(F), c, a, b, ""); }
V fp_cmp(const fp *F, LLVMRealPredicate p, V a, V b) { return LLVMBuildFCmp(at(F), p, a, b, ""); }
V fp_cmpk(const fp *F, LLVMRealPredicate p, V a, double k)
{
    return fp_cmp(F, p, a, cg_float_like(a, k));
}
V fp_and(const fp *F, V a, V b) { return LLVMBuildAnd(at(F), a, b, ""); }
V fp_or(const fp *F, V a, V b) { return LLVMBuildOr(at(F), a, b, ""); }

V fp_clamp(const fp *F, V x, double lo, double hi)
{
    x = fp_select(F, fp_cmpk(F, LLVMRealOLT, x, lo), cg_float_like(x, lo), x);
    return fp_select(F, fp_cmpk(F, LLVMRealOGT, x, hi), cg_float_like(x, hi), x);
}

/* ---- sums and products with their errors ----------------------------------------------------- */

fp_dd fp_two_sum(const fp *F, V a, V b)
{
    V s = fp_add(F, a, b), bb = fp_sub(F, s, a);
    return (fp_dd){s, fp_add(F, fp_sub(F, a, fp_sub(F, s, bb)), fp_sub(F, b, bb))};
}

fp_dd fp_quick_sum(const fp *F, V a, V b)
{
    V s = fp_add(F, a, b);
    return (fp_dd){s, fp_sub(F, b, fp_sub(F, s, a))};
}

/* The upper 26 binary digits. */
static V upper(const fp *F, V a)
{
    V i = fp_bits(F, a);
    return fp_from_bits(F, LLVMBuildAnd(at(F), i, fp_int(i, -0x8000000), ""));
}

fp_dd fp_two_prod(const fp *F, V a, V b)
{
    V p = fp_mul(F, a, b);
    if (has_fma(F))
        return (fp_dd){p, fp_fma(F, a, b, fp_neg(F, p))};
    V ah = upper(F, a), bh = upper(F, b), al = fp_sub(F, a, ah), bl = fp_sub(F, b, bh);
    V e = fp_sub(F, fp_mul(F, ah, bh), p);
    e = fp_add(F, e, fp_mul(F, ah, bl));
    e = fp_add(F, e, fp_mul(F, al, bh));
    return (fp_dd){p, fp_add(F, e, fp_mul(F, al, bl))};
}

V fp_residual(const fp *F, V c, V a, V b)
{
    if (has_fma(F))
        return fp_fma(F, fp_neg(F, a), b, c);
    fp_dd p = fp_two_prod(F, a, b);
    return fp_sub(F, fp_sub(F, c, p.hi), p.lo);
}

fp_dd fp_mul_dd(const fp *F, fp_dd a, fp_dd b)
{
    fp_dd p = fp_two_prod(F, a.hi, b.hi);
    p.lo = fp_fma(F, a.hi, b.lo, fp_fma(F, a.lo, b.hi, p.lo));
    return p;
}

/* ---- bits ------------------------------------------------------------------------------------ */

V fp_int(V like, int64_t v) { return cg_int_like(like, v); }

V fp_bits(const fp *F, V x)
{
    return LLVMBuildBitCast(at(F), x, cg_lanes_type(F->g->i64, cg_lanes(x)), "");
}

V fp_from_bits(const fp *F, V i)
{
    return LLVMBuildBitCast(at(F), i, cg_lanes_type(F->g->f64, cg_lanes(i)), "");
}

V fp_sign_bit(const fp *F, V x)
{
    V i = fp_bits(F, x);
    return LLVMBuildAnd(at(F), i, fp_int(i, INT64_MIN), "");
}

V fp_flip(const fp *F, V x, V sign_bit)
{
    return fp_from_bits(F, LLVMBuildXor(at(F), fp_bits(F, x), sign_bit, ""));
}

V fp_copysign(const fp *F, V size, V sign) { return fp_flip(F, size, fp_sign_bit(F, sign)); }

/* Adding 1.5 * 2^52 leaves no digits after the point and puts the integer into the low bits. */
static const double magic = 0x1.8p52;

V fp_nearest(const fp *F, V x, V *as_int)
{
    V t = fp_addk(F, x, magic);
    *as_int = LLVMBuildSub(at(F), fp_bits(F, t), fp_bits(F, cg_float_like(t, magic)), "");
    return fp_addk(F, t, -magic);
}

V fp_small_int(const fp *F, V i)
{
    V m = fp_bits(F, fp_from_bits(F, fp_int(i, 0x4338000000000000)));
    return fp_addk(F, fp_from_bits(F, LLVMBuildAdd(at(F), i, m, "")), -magic);
}

V fp_power_of_two(const fp *F, V n)
{
    n = LLVMBuildAdd(at(F), n, fp_int(n, 1023), "");
    return fp_from_bits(F, LLVMBuildShl(at(F), n, fp_int(n, 52), ""));
}
