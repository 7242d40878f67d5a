/* codegen/llvm_trig.c: sin, cos, tan and their inverses, in double.
 *
 *     sin(x):   n = round(x*2/pi), r = x - n*pi/2; then sin or cos of r, |r| <= pi/4, by n mod 4
 *     atan2(y, x):   |y|/|x| up to 1/2:   atan(|y|/|x|)
 *                    up to 2:             pi/4 + atan((|y| - |x|)/(|y| + |x|))
 *                    above:               pi/2 - atan(|x|/|y|)
 *
 * Up to 2^20 multiples of pi/2 the reduction subtracts pi/2 in parts whose products by n are exact.
 * Beyond (Payne and Hanek's way) x is an integer times a power of two, and only some 200 of the
 * 1,400 bits of 2/pi matter: those are multiplied as integers. That is one function for one
 * number, called for the lanes that need it behind a branch that is hardly ever taken.
 */
#include <math.h>

#include "llvm_fp.h"
#include "polynomials.inc"

typedef LLVMValueRef V;

/* ---- the reduction of large numbers ---------------------------------------------------------- */

static V shl(LLVMBuilderRef b, V a, V n) { return LLVMBuildShl(b, a, n, ""); }
static V lshr(LLVMBuilderRef b, V a, V n) { return LLVMBuildLShr(b, a, n, ""); }
static V ik(V like, int64_t k) { return LLVMConstInt(LLVMTypeOf(like), (unsigned long long)k, 1); }

static V bits_table(cg *g)
{
    static const char name[] = "cb.two_over_pi";
    V v = LLVMGetNamedGlobal(g->module, name), word[COUNT_OF(two_over_pi_bits)];
    if (v)
        return v;
    for (size_t i = 0; i < COUNT_OF(two_over_pi_bits); i++)
        word[i] = LLVMConstInt(g->i64, two_over_pi_bits[i], 0);
    v = LLVMAddGlobal(g->module, LLVMArrayType2(g->i64, COUNT_OF(word)), name);
    LLVMSetInitializer(v, LLVMConstArray2(g->i64, word, COUNT_OF(word)));
    LLVMSetLinkage(v, LLVMPrivateLinkage);
    LLVMSetGlobalConstant(v, 1);
    return v;
}

/* Bits 64*w + shift .. + 64 of the table. */
static V bits_from(cg *g, V table, V w, V shift, int64_t ahead)
{
    V word[2];
    for (int i = 0; i < 2; i++) {
        V k = LLVMBuildAdd(g->b, w, cg_i64(g, ahead + i), "");
        word[i] = LLVMBuildLoad2(g->b, g->i64, LLVMBuildInBoundsGEP2(g->b, g->i64, table, &k, 1, ""), "");
    }
    return cg_intrinsic(g, "llvm.fshl", (V[]){word[0], word[1], shift}, 3);
}

/* |x|*2/pi modulo 4 as 128 bits, of which the upper two are before the point; |x| = m*2^e. */
static V quarter_turns(cg *g, V x)
{
    LLVMBuilderRef b = g->b;
    LLVMTypeRef wide = LLVMIntTypeInContext(g->llvm, 128);
    V bits = LLVMBuildBitCast(b, x, g->i64, "");
    V e = LLVMBuildAnd(b, lshr(b, bits, cg_i64(g, 52)), cg_i64(g, 0x7ff), "");
    V m = LLVMBuildAnd(b, bits, cg_i64(g, 0xfffffffffffff), "");
    m = LLVMBuildOr(b, m, cg_i64(g, INT64_C(1) << 52), "");
    /* Bit j of 2/pi is worth 2^-j, so with e - j >= 2 it makes whole turns only. */
    V from = LLVMBuildAdd(b, e, cg_i64(g, 62 - 1075), "");
    V w = lshr(b, from, cg_i64(g, 6)), shift = LLVMBuildAnd(b, from, cg_i64(g, 63), "");
    V table = bits_table(g), part[3];
    m = LLVMBuildZExt(b, m, wide, "");
    for (int i = 0; i < 3; i++) {
        V t = LLVMBuildZExt(b, bits_from(g, table, w, shift, i), wide, "");
        part[i] = LLVMBuildMul(b, t, m, "");
    }
    V sum = LLVMBuildAdd(b, part[1], lshr(b, part[2], ik(m, 64)), "");
    return LLVMBuildAdd(b, sum, shl(b, part[0], ik(m, 64)), "");
}

/* A nonzero 128-bit number as a double times 2^(64 + above) and what that loses. */
static fp_dd fraction(const fp *F, V u)
{
    cg *g = F->g;
    LLVMBuilderRef b = g->b;
    V zeros = cg_intrinsic(g, "llvm.ctlz", (V[]){u, LLVMConstInt(g->i1, 0, 0)}, 2);
    zeros = LLVMBuildAnd(b, zeros, ik(u, 127), "");
    u = shl(b, u, zeros);
    V top = LLVMBuildTrunc(b, lshr(b, u, ik(u, 75)), g->i64, "");
    V next = LLVMBuildTrunc(b, lshr(b, u, ik(u, 22)), g->i64, "");
    next = LLVMBuildAnd(b, next, cg_i64(g, (INT64_C(1) << 53) - 1), "");
    V n = LLVMBuildTrunc(b, zeros, g->i64, "");
    n = LLVMBuildSub(b, cg_i64(g, -51), n, ""); /* the first bit of u is worth 2 turns' quarters */
    V unit = fp_power_of_two(F, n);
    fp_dd r = {LLVMBuildSIToFP(b, top, g->f64, ""), LLVMBuildSIToFP(b, next, g->f64, "")};
    r.hi = fp_mul(F, r.hi, unit);
    r.lo = fp_mul(F, fp_mulk(F, r.lo, 0x1p-53), unit);
    return r;
}

static LLVMTypeRef reduced_type(cg *g)
{
    return LLVMStructTypeInContext(g->llvm, (LLVMTypeRef[]){g->i64, g->f64, g->f64}, 3, 0);
}

/* x = n*pi/2 + hi + lo, for 2^20 <= |x| < inf, as a function of a scalar: {n, hi, lo} */
static void emit_reduction(cg *g, V fn)
{
    const fp F = {g, false};
    LLVMBuilderRef b = g->b;
    V x = LLVMGetParam(fn, 0), v = quarter_turns(g, x);
    /* The nearest integer is taken off: what is left lies in [-1/2, 1/2). */
    V half = lshr(b, v, ik(v, 125));
    V n = LLVMBuildAdd(b, lshr(b, v, ik(v, 126)), LLVMBuildAnd(b, half, ik(v, 1), ""), "");
    V rest = LLVMBuildSub(b, v, shl(b, n, ik(v, 126)), "");
    V below = LLVMBuildICmp(b, LLVMIntSLT, rest, ik(v, 0), "");
    rest = LLVMBuildSelect(b, below, LLVMBuildNeg(b, rest, ""), rest, "");
    fp_dd r = fraction(&F, rest);
    r = fp_mul_dd(&F, r, (fp_dd){LLVMConstReal(g->f64, half_pi_hi), LLVMConstReal(g->f64, half_pi_lo)});
    r = fp_quick_sum(&F, r.hi, r.lo);
    V negative = fp_cmpk(&F, LLVMRealOLT, x, 0);
    V flip = LLVMBuildXor(b, negative, below, "");
    n = LLVMBuildTrunc(b, n, g->i64, "");
    n = LLVMBuildSelect(b, negative, LLVMBuildNeg(b, n, ""), n, "");
    V all = LLVMGetPoison(reduced_type(g));
    all = LLVMBuildInsertValue(b, all, n, 0, "");
    all = LLVMBuildInsertValue(b, all, fp_select(&F, flip, fp_neg(&F, r.hi), r.hi), 1, "");
    all = LLVMBuildInsertValue(b, all, fp_select(&F, flip, fp_neg(&F, r.lo), r.lo), 2, "");
    LLVMBuildRet(b, all);
}

static V reduction(cg *g)
{
    static const char name[] = "cb.reduce";
    V fn = LLVMGetNamedFunction(g->module, name);
    if (!fn) {
        LLVMBasicBlockRef before = LLVMGetInsertBlock(g->b);
        fn = cg_helper(g, name, LLVMFunctionType(reduced_type(g), &g->f64, 1, 0));
        cg_go_on_in(g, LLVMAppendBasicBlockInContext(g->llvm, fn, ""));
        emit_reduction(g, fn);
        cg_go_on_in(g, before);
    }
    return fn;
}

typedef struct reduced {
    V n, hi, lo; /* n: i64, right modulo 4 */
} reduced;

/* Lane i of x reduced, put into lane i of r. */
static reduced reduce_lane(cg *g, reduced r, V x, V i, bool vector)
{
    LLVMBuilderRef b = g->b;
    V one = vector ? LLVMBuildExtractElement(b, x, i, "") : x;
    V all = LLVMBuildCall2(b, LLVMGlobalGetValueType(reduction(g)), reduction(g), &one, 1, "");
    V *to[3] = {&r.n, &r.hi, &r.lo};
    for (unsigned k = 0; k < 3; k++) {
        V v = LLVMBuildExtractValue(b, all, k, "");
        *to[k] = vector ? LLVMBuildInsertElement(b, *to[k], v, i, "") : v;
    }
    return r;
}

static LLVMBasicBlockRef block(cg *g, V fn)
{
    return LLVMAppendBasicBlockInContext(g->llvm, fn, "");
}

/* A loop over the lanes: those that are large are reduced again. */
static reduced reduce_large(const fp *F, reduced r, V x, V large)
{
    cg *g = F->g;
    LLVMBuilderRef b = g->b;
    bool vector = LLVMGetTypeKind(LLVMTypeOf(x)) == LLVMVectorTypeKind;
    unsigned lanes = cg_lanes(x);
    V any = vector ? cg_intrinsic(g, "llvm.vector.reduce.or", &large, 1) : large;
    LLVMBasicBlockRef from = LLVMGetInsertBlock(b);
    V fn = LLVMGetBasicBlockParent(from);
    LLVMBasicBlockRef head = block(g, fn), call = block(g, fn), next = block(g, fn), end = block(g, fn);
    LLVMBuildCondBr(b, any, head, end);

    LLVMPositionBuilderAtEnd(b, head);
    V i = LLVMBuildPhi(b, g->i64, "");
    reduced in = {LLVMBuildPhi(b, LLVMTypeOf(r.n), ""), LLVMBuildPhi(b, LLVMTypeOf(r.hi), ""),
                  LLVMBuildPhi(b, LLVMTypeOf(r.hi), "")};
    V here = vector ? LLVMBuildExtractElement(b, large, i, "") : large;
    LLVMBuildCondBr(b, here, call, next);

    LLVMPositionBuilderAtEnd(b, call);
    reduced done = reduce_lane(g, in, x, i, vector);
    LLVMBuildBr(b, next);

    LLVMPositionBuilderAtEnd(b, next);
    V *of[3] = {&in.n, &in.hi, &in.lo}, *made[3] = {&done.n, &done.hi, &done.lo};
    V *first[3] = {&r.n, &r.hi, &r.lo}, joined[3], out[3];
    for (int k = 0; k < 3; k++) {
        joined[k] = LLVMBuildPhi(b, LLVMTypeOf(*of[k]), "");
        LLVMAddIncoming(joined[k], (V[]){*of[k], *made[k]}, (LLVMBasicBlockRef[]){head, call}, 2);
    }
    V after = LLVMBuildAdd(b, i, cg_i64(g, 1), "");
    V more = LLVMBuildICmp(b, LLVMIntULT, after, cg_i64(g, lanes), "");
    LLVMBuildCondBr(b, more, head, end);
    LLVMAddIncoming(i, (V[]){cg_i64(g, 0), after}, (LLVMBasicBlockRef[]){from, next}, 2);

    LLVMPositionBuilderAtEnd(b, end);
    for (int k = 0; k < 3; k++) {
        LLVMAddIncoming(*of[k], (V[]){*first[k], joined[k]}, (LLVMBasicBlockRef[]){from, next}, 2);
        out[k] = LLVMBuildPhi(b, LLVMTypeOf(*of[k]), "");
        LLVMAddIncoming(out[k], (V[]){*first[k], joined[k]}, (LLVMBasicBlockRef[]){from, next}, 2);
    }
    return (reduced){out[0], out[1], out[2]};
}

static reduced reduce(const fp *F, V x)
{
    reduced r;
    V nf = fp_nearest(F, fp_mulk(F, x, two_over_pi), &r.n);
    V a = fp_fmak(F, nf, -half_pi_parts[0], x); /* exact */
    if (F->single) {
        a = fp_fmak(F, nf, -half_pi_parts[1], a);
        r.hi = fp_fmak(F, nf, -half_pi_parts[2], a);
        r.lo = cg_float_like(x, 0);
    } else {
        fp_dd c = fp_two_sum(F, a, fp_mulk(F, nf, -half_pi_parts[1]));
        fp_dd d = fp_two_sum(F, c.hi, fp_mulk(F, nf, -half_pi_parts[2]));
        V small = fp_fmak(F, nf, -half_pi_parts[3], fp_add(F, c.lo, d.lo));
        d = fp_quick_sum(F, d.hi, small);
        r.hi = d.hi;
        r.lo = d.lo;
    }
    V size = fp_abs(F, x), large = fp_cmpk(F, LLVMRealOGE, size, 1.5e6);
    large = fp_and(F, large, fp_cmpk(F, LLVMRealOLT, size, INFINITY));
    return reduce_large(F, r, x, large);
}

/* ---- sin, cos, tan --------------------------------------------------------------------------- */

static fp_dd sin_of(const fp *F, reduced r)
{
    V z = fp_mul(F, r.hi, r.hi), cube = fp_mul(F, z, r.hi), p = FP_POLY2(F, sin, z);
    if (F->single)
        return (fp_dd){r.hi, fp_mul(F, cube, p)};
    V small = fp_mul(F, r.lo, fp_fmak(F, z, -0.5, cg_float_like(z, 1)));
    return (fp_dd){r.hi, fp_fma(F, cube, p, small)};
}

static fp_dd cos_of(const fp *F, reduced r)
{
    V z = fp_mul(F, r.hi, r.hi), p = FP_POLY2(F, cos, z), half = fp_mulk(F, z, 0.5);
    V one = cg_float_like(z, 1), w = fp_sub(F, one, half), square = fp_mul(F, z, z);
    if (F->single)
        return (fp_dd){w, fp_mul(F, square, p)};
    V small = fp_sub(F, fp_sub(F, one, w), half);
    small = fp_fma(F, fp_neg(F, r.hi), r.lo, small);
    return (fp_dd){w, fp_fma(F, square, p, small)};
}

/* Bit `k` of n. */
static V bit(const fp *F, V n, int64_t k)
{
    V v = LLVMBuildAnd(F->g->b, n, fp_int(n, k), "");
    return LLVMBuildICmp(F->g->b, LLVMIntNE, v, fp_int(n, 0), "");
}

static fp_dd choose(const fp *F, V c, fp_dd a, fp_dd b)
{
    return (fp_dd){fp_select(F, c, a.hi, b.hi), fp_select(F, c, a.lo, b.lo)};
}

static V circular(const fp *F, V x, bool cosine)
{
    reduced r = reduce(F, x);
    fp_dd s = sin_of(F, r), c = cos_of(F, r);
    if (cosine)
        r.n = LLVMBuildAdd(F->g->b, r.n, fp_int(r.n, 1), "");
    fp_dd v = choose(F, bit(F, r.n, 1), c, s);
    V sign = LLVMBuildAnd(F->g->b, r.n, fp_int(r.n, 2), "");
    sign = LLVMBuildShl(F->g->b, sign, fp_int(sign, 62), "");
    return fp_flip(F, fp_add(F, v.hi, v.lo), sign);
}

/* The sign of zero and subnormal numbers got lost on the way. */
static V small_itself(const fp *F, V x, V r)
{
    return fp_select(F, fp_cmpk(F, LLVMRealOLT, fp_abs(F, x), 0x1p-27), x, r);
}

V fp_sin(const fp *F, V x, V unused)
{
    (void)unused;
    return small_itself(F, x, circular(F, x, false));
}

V fp_cos(const fp *F, V x, V unused)
{
    (void)unused;
    return circular(F, x, true);
}

V fp_tan(const fp *F, V x, V unused)
{
    (void)unused;
    reduced r = reduce(F, x);
    fp_dd s = sin_of(F, r), c = cos_of(F, r);
    V odd = bit(F, r.n, 1), sign = fp_int(r.n, INT64_MIN), q;
    fp_dd num = choose(F, odd, c, s), den = choose(F, odd, s, c);
    if (F->single) {
        q = fp_div(F, fp_add(F, num.hi, num.lo), fp_add(F, den.hi, den.lo));
    } else {
        num = fp_quick_sum(F, num.hi, num.lo);
        den = fp_quick_sum(F, den.hi, den.lo);
        V inverse = fp_div(F, cg_float_like(x, 1), den.hi);
        q = fp_mul(F, num.hi, inverse);
        V rest = fp_add(F, fp_residual(F, num.hi, q, den.hi), num.lo);
        rest = fp_fma(F, fp_neg(F, q), den.lo, rest);
        q = fp_fma(F, rest, inverse, q);
    }
    sign = LLVMBuildSelect(F->g->b, odd, sign, fp_int(sign, 0), "");
    return small_itself(F, x, fp_flip(F, q, sign));
}

/* ---- the inverses ---------------------------------------------------------------------------- */

/* atan(a/b) of a, b >= 0, not both 0, within the range of quotients. */
static fp_dd atan_of(const fp *F, V a, V b)
{
    V zero = cg_float_like(a, 0);
    V mid = fp_cmp(F, LLVMRealOGT, a, fp_mulk(F, b, 0.5));
    V far = fp_cmp(F, LLVMRealOGT, a, fp_mulk(F, b, 2));
    fp_dd sum = fp_two_sum(F, a, b);
    V num = fp_select(F, far, fp_neg(F, b), fp_select(F, mid, fp_sub(F, a, b), a));
    V den = fp_select(F, far, a, fp_select(F, mid, sum.hi, b)), q, small = NULL;
    if (F->single) {
        q = fp_div(F, num, den);
    } else {
        V inverse = fp_div(F, cg_float_like(a, 1), den);
        V den_lo = fp_select(F, far, zero, fp_select(F, mid, sum.lo, zero));
        q = fp_mul(F, num, inverse);
        small = fp_fma(F, fp_neg(F, q), den_lo, fp_residual(F, num, q, den));
        small = fp_mul(F, small, inverse);
    }
    V z = fp_mul(F, q, q), p = fp_mul(F, fp_mul(F, FP_POLY2(F, atan, z), z), q);
    fp_dd base = {cg_float_like(a, quarter_pi_hi), cg_float_like(a, quarter_pi_lo)};
    base = choose(F, mid, base, (fp_dd){zero, zero});
    base = choose(F, far, (fp_dd){cg_float_like(a, half_pi_hi), cg_float_like(a, half_pi_lo)}, base);
    if (small) /* the derivative of atan is 1/(1 + z) */
        p = fp_fma(F, small, fp_sub(F, cg_float_like(z, 1), z), p);
    fp_dd r = fp_quick_sum(F, base.hi, q);
    r.lo = fp_add(F, r.lo, fp_add(F, p, base.lo));
    return r;
}

V fp_atan(const fp *F, V x, V unused)
{
    (void)unused;
    V a = fp_abs(F, x);
    a = fp_select(F, fp_cmpk(F, LLVMRealOGT, a, 0x1p60), cg_float_like(a, 0x1p60), a);
    fp_dd r = atan_of(F, a, cg_float_like(x, 1));
    return fp_copysign(F, fp_add(F, r.hi, r.lo), x);
}

/* Both infinite count as equal, one alone as infinitely larger than the other; then both are
 * brought where their quotients and inverses are normal numbers. */
static void tame(const fp *F, V *a, V *b)
{
    V zero = cg_float_like(*a, 0), one = cg_float_like(*a, 1);
    V a_inf = fp_cmpk(F, LLVMRealOEQ, *a, INFINITY), b_inf = fp_cmpk(F, LLVMRealOEQ, *b, INFINITY);
    V none = fp_and(F, fp_cmpk(F, LLVMRealOEQ, *a, 0), fp_cmpk(F, LLVMRealOEQ, *b, 0));
    V large = fp_cmp(F, LLVMRealOGT, *a, *b), scale = one;
    if (!F->single) {
        large = fp_select(F, large, *a, *b);
        scale = fp_select(F, fp_cmpk(F, LLVMRealOGT, large, 0x1p1000), cg_float_like(one, 0x1p-60), one);
        scale = fp_select(F, fp_cmpk(F, LLVMRealOLT, large, 0x1p-960), cg_float_like(one, 0x1p120), scale);
    }
    V a2 = fp_select(F, a_inf, one, fp_select(F, b_inf, zero, fp_mul(F, *a, scale)));
    V b2 = fp_select(F, b_inf, one, fp_select(F, a_inf, zero, fp_mul(F, *b, scale)));
    *a = fp_select(F, fp_cmp(F, LLVMRealUNO, *a, *b), fp_add(F, *a, *b), a2);
    *b = fp_select(F, none, one, b2);
}

V fp_atan2(const fp *F, V y, V x)
{
    V a = fp_abs(F, y), b = fp_abs(F, x);
    tame(F, &a, &b);
    fp_dd r = atan_of(F, a, b);
    fp_dd left = fp_quick_sum(F, cg_float_like(x, whole_pi_hi), fp_neg(F, r.hi));
    left.lo = fp_add(F, left.lo, fp_sub(F, cg_float_like(x, whole_pi_lo), r.lo));
    V sign = fp_sign_bit(F, x);
    V behind = LLVMBuildICmp(F->g->b, LLVMIntNE, sign, fp_int(sign, 0), "");
    r = choose(F, behind, left, r);
    return fp_copysign(F, fp_add(F, r.hi, r.lo), y);
}

/* asin(s) of s = a up to 1/2, of s = sqrt((1 - a)/2) beyond; as s + rest. */
static fp_dd asin_of(const fp *F, V a, V far)
{
    V z = fp_select(F, far, fp_mulk(F, fp_sub(F, cg_float_like(a, 1), a), 0.5), fp_mul(F, a, a));
    V s = fp_select(F, far, fp_sqrt(F, z), a);
    V rest = fp_mul(F, fp_mul(F, FP_POLY2(F, asin, z), z), s);
    if (F->single)
        return (fp_dd){s, rest};
    V zero = cg_float_like(a, 0), twice = fp_add(F, s, s);
    V small = fp_div(F, fp_residual(F, z, s, s),
                   fp_select(F, fp_cmpk(F, LLVMRealOEQ, s, 0), cg_float_like(a, 1), twice));
    return (fp_dd){s, fp_add(F, rest, fp_select(F, far, small, zero))};
}

/* hi + lo - (a.hi + a.lo) */
static V less(const fp *F, double hi, double lo, fp_dd a)
{
    fp_dd r = fp_quick_sum(F, cg_float_like(a.hi, hi), fp_neg(F, a.hi));
    r.lo = fp_add(F, r.lo, fp_sub(F, cg_float_like(a.hi, lo), a.lo));
    return fp_add(F, r.hi, r.lo);
}

static fp_dd twice(const fp *F, fp_dd a)
{
    return (fp_dd){fp_add(F, a.hi, a.hi), fp_add(F, a.lo, a.lo)};
}

V fp_asin(const fp *F, V x, V unused)
{
    (void)unused;
    V a = fp_abs(F, x), far = fp_cmpk(F, LLVMRealOGT, a, 0.5);
    fp_dd s = asin_of(F, a, far);
    V near = fp_add(F, s.hi, s.lo), r = less(F, half_pi_hi, half_pi_lo, twice(F, s));
    return fp_copysign(F, fp_select(F, far, r, near), x);
}

V fp_acos(const fp *F, V x, V unused)
{
    (void)unused;
    V a = fp_abs(F, x), far = fp_cmpk(F, LLVMRealOGT, a, 0.5), sign = fp_sign_bit(F, x);
    fp_dd s = asin_of(F, a, far), t = twice(F, s);
    fp_dd signed_s = {fp_flip(F, s.hi, sign), fp_flip(F, s.lo, sign)};
    V near = less(F, half_pi_hi, half_pi_lo, signed_s);
    V right = fp_add(F, t.hi, t.lo), left = less(F, whole_pi_hi, whole_pi_lo, t);
    V r = fp_select(F, fp_cmpk(F, LLVMRealOLT, x, 0), left, right);
    return fp_select(F, far, r, near);
}
