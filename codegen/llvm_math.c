/* codegen/llvm_math.c: arithmetic with the meaning of docs/semantics.md, on any number of lanes.
 *
 * Integer division is Euclidean and total. Everything comes down to one unsigned division by a
 * divisor that is not zero: with s = x >> (width - 1), all ones where x is negative,
 *
 *     floor(x / d) = ((x ^ s) /u d) ^ s          for d > 0, since x ^ s = -x - 1 where x < 0
 *
 * and a negative divisor negates the quotient. By a constant LLVM turns /u into a multiplication
 * whose upper half is taken (vpmulhuw for u16), and by a power of two we shift. Vectors divided by
 * something not constant go through floating point, which is exact for these widths.
 *
 * Floats may be contracted and reassociated, and the sign of zero may be lost; NaN and infinity are
 * kept, so that comparisons mean what they say.
 */
#include <math.h>
#include <string.h>

#include "llvm_fp.h"

/* ---- helpers --------------------------------------------------------------------------------- */

static LLVMValueRef fast(LLVMValueRef v)
{
    if (LLVMIsAInstruction(v) && LLVMCanValueUseFastMathFlags(v))
        LLVMSetFastMathFlags(v, LLVMFastMathAllowContract | LLVMFastMathAllowReassoc |
                                    LLVMFastMathNoSignedZeros);
    return v;
}

static LLVMValueRef select(cg *g, LLVMValueRef c, LLVMValueRef a, LLVMValueRef b)
{
    return LLVMBuildSelect(g->b, c, a, b, "");
}

static LLVMValueRef icmp(cg *g, LLVMIntPredicate p, LLVMValueRef a, LLVMValueRef b)
{
    return LLVMBuildICmp(g->b, p, a, b, "");
}

static LLVMTypeRef with_lanes_of(LLVMTypeRef t, LLVMValueRef v)
{
    return cg_lanes_type(t, cg_lanes(v));
}

/* The value of an integer constant, the same in all lanes. */
static bool constant(LLVMValueRef v, int64_t *out)
{
    if (!LLVMIsConstant(v) || LLVMIsPoison(v))
        return false;
    unsigned n = cg_lanes(v);
    LLVMValueRef first = v;
    if (LLVMGetTypeKind(LLVMTypeOf(v)) == LLVMVectorTypeKind) {
        first = LLVMGetAggregateElement(v, 0);
        for (unsigned i = 1; i < n; i++)
            if (LLVMGetAggregateElement(v, i) != first)
                return false;
    }
    if (!first || !LLVMIsAConstantInt(first))
        return false;
    *out = LLVMConstIntGetSExtValue(first);
    return true;
}

LLVMValueRef cg_intrinsic(cg *g, const char *name, LLVMValueRef *args, unsigned nargs)
{
    LLVMTypeRef overload = LLVMTypeOf(args[0]);
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMValueRef fn = LLVMGetIntrinsicDeclaration(g->module, id, &overload, 1);
    LLVMTypeRef type = LLVMIntrinsicGetType(g->llvm, id, &overload, 1);
    return LLVMBuildCall2(g->b, type, fn, args, nargs, "");
}

LLVMValueRef cg_call_named(cg *g, const char *name, LLVMTypeRef *overload, unsigned noverload, LLVMTypeRef result,
                           const LLVMValueRef *args, unsigned nargs)
{
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMValueRef fn = LLVMGetIntrinsicDeclaration(g->module, id, overload, noverload), arg[4];
    LLVMTypeRef type = LLVMIntrinsicGetType(g->llvm, id, overload, noverload), want[4];
    LLVMGetParamTypes(type, want);
    for (unsigned i = 0; i < nargs; i++)
        arg[i] = LLVMTypeOf(args[i]) == want[i] ? args[i] : LLVMBuildBitCast(g->b, args[i], want[i], "");
    LLVMValueRef r = LLVMBuildCall2(g->b, type, fn, arg, nargs, "");
    return LLVMTypeOf(r) == result ? r : LLVMBuildBitCast(g->b, r, result, "");
}

LLVMValueRef cg_call_lanes(cg *g, const char *name, LLVMTypeRef result, LLVMValueRef *args,
                           unsigned nargs, bool pure)
{
    LLVMTypeRef *types = NEW_ARRAY(g->ctx->a, LLVMTypeRef, nargs + 1);
    LLVMValueRef *one = NEW_ARRAY(g->ctx->a, LLVMValueRef, nargs + 1);
    unsigned lanes = 1;
    for (unsigned i = 0; i < nargs; i++) {
        types[i] = cg_element(args[i]);
        if (cg_lanes(args[i]) > lanes)
            lanes = cg_lanes(args[i]);
    }
    LLVMTypeRef type = LLVMFunctionType(result, types, nargs, 0);
    LLVMValueRef fn = cg_extern(g, name, type);
    if (pure) {
        cg_attribute(g, fn, LLVMAttributeFunctionIndex, "memory", 0);
        cg_attribute(g, fn, LLVMAttributeFunctionIndex, "willreturn", 0);
    }
    LLVMValueRef all = lanes > 1 ? LLVMGetPoison(cg_lanes_type(result, lanes)) : NULL;
    for (unsigned i = 0; i < lanes; i++) {
        for (unsigned k = 0; k < nargs; k++)
            one[k] = cg_lane(g, args[k], i);
        LLVMValueRef v = LLVMBuildCall2(g->b, type, fn, one, nargs, "");
        all = lanes > 1 ? cg_set_lane(g, all, v, i) : v;
    }
    return all;
}

/* ---- small floats ---------------------------------------------------------------------------- */

static LLVMValueRef lshr(cg *g, LLVMValueRef v, int64_t n)
{
    return LLVMBuildLShr(g->b, v, cg_int_like(v, n), "");
}
static LLVMValueRef shl(cg *g, LLVMValueRef v, int64_t n)
{
    return LLVMBuildShl(g->b, v, cg_int_like(v, n), "");
}
static LLVMValueRef band(cg *g, LLVMValueRef v, int64_t m)
{
    return LLVMBuildAnd(g->b, v, cg_int_like(v, m), "");
}
static LLVMValueRef add_int(cg *g, LLVMValueRef v, int64_t n)
{
    return LLVMBuildAdd(g->b, v, cg_int_like(v, n), "");
}
static LLVMValueRef as(cg *g, LLVMTypeRef t, LLVMValueRef v)
{
    return LLVMBuildBitCast(g->b, v, with_lanes_of(t, v), "");
}

static bool native_half(const cg *g)
{
    return g->target->arch == ARCH_AARCH64 || (g->target->features & FEATURE_F16C);
}

/* Without conversion instructions. The exponent field is moved to float's place and rebiased by a
 * multiplication with 2^112, which treats subnormals rightly; infinity and NaN are set apart. */
static LLVMValueRef half_to_float(cg *g, LLVMValueRef h)
{
    LLVMValueRef w = LLVMBuildZExt(g->b, h, with_lanes_of(g->i32, h), "");
    LLVMValueRef sign = shl(g, band(g, w, 0x8000), 16), body = shl(g, band(g, w, 0x7fff), 13);
    LLVMValueRef f = as(g, g->f32, body);
    f = LLVMBuildFMul(g->b, f, cg_float_like(f, 0x1p112), "");
    LLVMValueRef special = icmp(g, LLVMIntUGE, body, cg_int_like(body, 0x7c00 << 13));
    LLVMValueRef inf = LLVMBuildOr(g->b, body, cg_int_like(body, 0x7f800000), "");
    LLVMValueRef bits = select(g, special, inf, as(g, g->i32, f));
    return as(g, g->f32, LLVMBuildOr(g->b, bits, sign, ""));
}

/* Nearest, ties to even. Normal results: add half a unit less one plus the bit that decides a tie,
 * then drop 13 bits. Subnormal results: adding 0.5 makes the float adder round at that place. */
static LLVMValueRef float_to_half(cg *g, LLVMValueRef f)
{
    LLVMValueRef w = as(g, g->i32, f), sign = band(g, lshr(g, w, 16), 0x8000);
    LLVMValueRef a = band(g, w, 0x7fffffff);
    LLVMValueRef tie = band(g, lshr(g, a, 13), 1);
    LLVMValueRef normal = LLVMBuildAdd(g->b, add_int(g, a, 0xfff - (112LL << 23)), tie, "");
    normal = lshr(g, normal, 13);
    LLVMValueRef small = as(g, g->f32, a);
    small = LLVMBuildFAdd(g->b, small, cg_float_like(small, 0.5), "");
    small = add_int(g, as(g, g->i32, small), -0x3f000000LL);
    LLVMValueRef r = select(g, icmp(g, LLVMIntULT, a, cg_int_like(a, 113LL << 23)), small, normal);
    LLVMValueRef huge = icmp(g, LLVMIntUGE, a, cg_int_like(a, 0x477ff000)); /* 65520 */
    r = select(g, huge, cg_int_like(a, 0x7c00), r);
    r = select(g, icmp(g, LLVMIntUGT, a, cg_int_like(a, 0x7f800000)), cg_int_like(a, 0x7e00), r);
    r = LLVMBuildOr(g->b, r, sign, "");
    return LLVMBuildTrunc(g->b, r, with_lanes_of(g->i16, r), "");
}

LLVMValueRef cg_widen(cg *g, cb_type t, LLVMValueRef a)
{
    if (!type_is_float(t) || t.bits != 16)
        return a;
    if (t.code == CB_BFLOAT)
        return as(g, g->f32, shl(g, LLVMBuildZExt(g->b, a, with_lanes_of(g->i32, a), ""), 16));
    if (!native_half(g))
        return half_to_float(g, a);
    LLVMValueRef h = as(g, LLVMHalfTypeInContext(g->llvm), a);
    return LLVMBuildFPExt(g->b, h, with_lanes_of(g->f32, a), "");
}

LLVMValueRef cg_narrow(cg *g, cb_type t, LLVMValueRef a)
{
    if (!type_is_float(t) || t.bits != 16)
        return a;
    if (t.code == CB_FLOAT) {
        if (!native_half(g))
            return float_to_half(g, a);
        LLVMTypeRef half = with_lanes_of(LLVMHalfTypeInContext(g->llvm), a);
        return as(g, g->i16, LLVMBuildFPTrunc(g->b, a, half, ""));
    }
    /* bf16: the upper half of a float, rounded to even; NaN stays NaN. */
    LLVMValueRef w = as(g, g->i32, a);
    LLVMValueRef r = LLVMBuildAdd(g->b, add_int(g, w, 0x7fff), band(g, lshr(g, w, 16), 1), "");
    LLVMValueRef quiet = LLVMBuildOr(g->b, w, cg_int_like(w, 0x400000), "");
    r = lshr(g, select(g, LLVMBuildFCmp(g->b, LLVMRealUNO, a, a, ""), quiet, r), 16);
    return LLVMBuildTrunc(g->b, r, with_lanes_of(g->i16, r), "");
}

/* ---- division -------------------------------------------------------------------------------- */

/* x /u k of bytes x, as x * ceil(2^16 / k) / 2^16: the product is above x * 2^16 / k by less than
 * x <= 255 < 2^16 / k, hence the quotient is exact for every k in 1..255. */
static LLVMValueRef divide_byte(cg *g, LLVMValueRef x, int64_t k)
{
    LLVMValueRef w = LLVMBuildZExt(g->b, x, with_lanes_of(g->i32, x), "");
    w = LLVMBuildMul(g->b, w, cg_int_like(w, (65536 + k - 1) / k), "");
    return LLVMBuildTrunc(g->b, lshr(g, w, 16), LLVMTypeOf(x), "");
}

/* x /u d, d never 0. */
static LLVMValueRef divide(cg *g, LLVMValueRef x, LLVMValueRef d)
{
    LLVMTypeRef narrow = LLVMTypeOf(x);
    unsigned bits = cg_width(x);
    int64_t k;
    bool fixed = constant(d, &k);
    /* LLVM 19 and 22 make 0 of (a / 10)[0, 0, 1, 1, 2, 2, 3, 3] * b, a of four bytes, on x86 with
     * AVX2: their quotient of fewer than 16 bytes ends in a vpackuswb with nothing in its upper
     * half, whose lanes get lost when shuffles are combined. */
    if (fixed && bits == 8 && cg_lanes(x) < 16)
        return divide_byte(g, x, k & 255);
    if (cg_lanes(x) == 1 || bits == 64 || fixed)
        return LLVMBuildUDiv(g->b, x, d, "");
    /* No vector unit divides integers. The quotient of two integers of at most 16 (32) bits is
     * further from the next integer than float (double) rounds. */
    LLVMTypeRef t = with_lanes_of(bits == 32 ? g->f64 : g->f32, x), wide = with_lanes_of(g->i32, x);
    if (bits < 32) {
        x = LLVMBuildZExt(g->b, x, wide, "");
        d = LLVMBuildZExt(g->b, d, wide, "");
    }
    LLVMValueRef q = LLVMBuildFDiv(g->b, LLVMBuildUIToFP(g->b, x, t, ""),
                                   LLVMBuildUIToFP(g->b, d, t, ""), "");
    q = LLVMBuildFPToUI(g->b, q, wide, "");
    return bits == 32 ? q : LLVMBuildTrunc(g->b, q, narrow, "");
}

/* All ones where x < 0, else 0. */
static LLVMValueRef sign_mask(cg *g, LLVMValueRef x)
{
    return LLVMBuildAShr(g->b, x, cg_int_like(x, cg_width(x) - 1), "");
}

static LLVMValueRef floor_divide(cg *g, bool is_signed, LLVMValueRef x, LLVMValueRef d)
{
    if (!is_signed)
        return divide(g, x, d);
    LLVMValueRef s = sign_mask(g, x);
    return LLVMBuildXor(g->b, divide(g, LLVMBuildXor(g->b, x, s, ""), d), s, "");
}

static int log2_exact(uint64_t v)
{
    int n = 0;
    if (!v || v & (v - 1))
        return -1;
    while (v >>= 1)
        n++;
    return n;
}

/* Quotient (or remainder) by a constant. */
static LLVMValueRef divide_constant(cg *g, bool mod, bool is_signed, LLVMValueRef x, int64_t k)
{
    unsigned bits = cg_width(x);
    uint64_t all = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    bool negative = is_signed && k < 0;
    uint64_t d = (negative ? 0 - (uint64_t)k : (uint64_t)k) & all;
    if (d == 0)
        return mod ? x : cg_int_like(x, 0);
    int shift = log2_exact(d);
    if (mod && shift >= 0)
        return band(g, x, (int64_t)(d - 1));
    LLVMValueRef q;
    if (shift >= 0)
        q = is_signed ? LLVMBuildAShr(g->b, x, cg_int_like(x, shift), "") : lshr(g, x, shift);
    else
        q = floor_divide(g, is_signed, x, cg_int_like(x, (int64_t)d));
    if (mod) /* the same for d and -d */
        return LLVMBuildSub(g->b, x, LLVMBuildMul(g->b, q, cg_int_like(x, (int64_t)d), ""), "");
    return negative ? LLVMBuildNeg(g->b, q, "") : q;
}

static LLVMValueRef euclid(cg *g, bool mod, cb_type t, LLVMValueRef x, LLVMValueRef d)
{
    bool is_signed = type_is_int(t);
    int64_t k;
    if (constant(d, &k))
        return divide_constant(g, mod, is_signed, x, k);
    LLVMValueRef zero = cg_int_like(d, 0), one = cg_int_like(d, 1);
    LLVMValueRef none = icmp(g, LLVMIntEQ, d, zero);
    LLVMValueRef s = is_signed ? sign_mask(g, d) : NULL, size = d;
    if (is_signed) /* |d| as an unsigned number: right for the least integer too */
        size = LLVMBuildSub(g->b, LLVMBuildXor(g->b, d, s, ""), s, "");
    size = select(g, none, one, size);
    LLVMValueRef q = floor_divide(g, is_signed, x, size);
    if (mod) {
        LLVMValueRef r = LLVMBuildSub(g->b, x, LLVMBuildMul(g->b, q, size, ""), "");
        return select(g, none, x, r);
    }
    if (is_signed)
        q = LLVMBuildSub(g->b, LLVMBuildXor(g->b, q, s, ""), s, "");
    return select(g, none, zero, q);
}

static LLVMValueRef toward_zero(cg *g, bool mod, cb_type t, LLVMValueRef x, LLVMValueRef d)
{
    if (!type_is_int(t))
        return euclid(g, mod, t, x, d);
    LLVMValueRef sx = sign_mask(g, x), sd = sign_mask(g, d);
    LLVMValueRef zero = cg_int_like(d, 0), none = icmp(g, LLVMIntEQ, d, zero);
    LLVMValueRef ax = LLVMBuildSub(g->b, LLVMBuildXor(g->b, x, sx, ""), sx, "");
    LLVMValueRef ad = LLVMBuildSub(g->b, LLVMBuildXor(g->b, d, sd, ""), sd, "");
    LLVMValueRef q = divide(g, ax, select(g, none, cg_int_like(d, 1), ad));
    LLVMValueRef s = LLVMBuildXor(g->b, sx, sd, "");
    q = LLVMBuildSub(g->b, LLVMBuildXor(g->b, q, s, ""), s, "");
    q = select(g, none, zero, q);
    return mod ? LLVMBuildSub(g->b, x, LLVMBuildMul(g->b, q, d, ""), "") : q;
}

/* fmod, made non-negative for positive divisors. */
static LLVMValueRef float_mod(cg *g, LLVMValueRef a, LLVMValueRef d)
{
    LLVMValueRef arg[2] = {a, d}, zero = cg_float_like(a, 0);
    const char *name = cg_element(a) == g->f64 ? "fmod" : "fmodf";
    LLVMValueRef r = cg_call_lanes(g, name, cg_element(a), arg, 2, true);
    LLVMValueRef below = LLVMBuildFCmp(g->b, LLVMRealOLT, r, zero, "");
    below = LLVMBuildAnd(g->b, below, LLVMBuildFCmp(g->b, LLVMRealOGT, d, zero, ""), "");
    return select(g, below, LLVMBuildFAdd(g->b, r, d, ""), r);
}

/* ---- two operands ---------------------------------------------------------------------------- */

/* LLVM would narrow an operation between conversions to the small type and then reassociate it
 * there: small floats are rounded after every operation, on every target alike. */
static LLVMValueRef free_order(cb_type t, LLVMValueRef v)
{
    return t.bits == 16 ? v : fast(v);
}

static LLVMValueRef float_arith(cg *g, ir_op op, cb_type t, LLVMValueRef a, LLVMValueRef b)
{
    if (op == IR_ADD)
        return free_order(t, LLVMBuildFAdd(g->b, a, b, ""));
    if (op == IR_SUB)
        return free_order(t, LLVMBuildFSub(g->b, a, b, ""));
    if (op == IR_MUL)
        return free_order(t, LLVMBuildFMul(g->b, a, b, ""));
    if (op == IR_DIV || op == IR_DIV_TZ)
        return free_order(t, LLVMBuildFDiv(g->b, a, b, ""));
    if (op == IR_MOD || op == IR_MOD_TZ)
        return float_mod(g, a, b);
    /* The form of minps and maxps: the second operand when one is NaN. */
    LLVMRealPredicate less = op == IR_MIN ? LLVMRealOLT : LLVMRealOGT;
    return free_order(t, select(g, LLVMBuildFCmp(g->b, less, a, b, ""), a, b));
}

LLVMValueRef cg_arith(cg *g, ir_op op, cb_type t, LLVMValueRef a, LLVMValueRef b)
{
    if (type_is_float(t)) {
        LLVMValueRef r = float_arith(g, op, t, cg_widen(g, t, a), cg_widen(g, t, b));
        return cg_narrow(g, t, r);
    }
    bool is_signed = type_is_int(t);
    switch (op) {
    case IR_ADD: return LLVMBuildAdd(g->b, a, b, "");
    case IR_SUB: return LLVMBuildSub(g->b, a, b, "");
    case IR_MUL: return LLVMBuildMul(g->b, a, b, "");
    case IR_DIV: return euclid(g, false, t, a, b);
    case IR_MOD: return euclid(g, true, t, a, b);
    case IR_DIV_TZ: return toward_zero(g, false, t, a, b);
    case IR_MOD_TZ: return toward_zero(g, true, t, a, b);
    case IR_MIN:
        return cg_intrinsic(g, is_signed ? "llvm.smin" : "llvm.umin", (LLVMValueRef[]){a, b}, 2);
    case IR_MAX:
        return cg_intrinsic(g, is_signed ? "llvm.smax" : "llvm.umax", (LLVMValueRef[]){a, b}, 2);
    case IR_AND: case IR_BIT_AND: return LLVMBuildAnd(g->b, a, b, "");
    case IR_OR: case IR_BIT_OR: return LLVMBuildOr(g->b, a, b, "");
    case IR_BIT_XOR: return LLVMBuildXor(g->b, a, b, "");
    default: break; /* not arithmetic: a caller's mistake */
    }
    diag_bug(&g->ctx->diags, "cg_arith", "'%s' is not arithmetic", ir_ops[op].spelling);
}

LLVMValueRef cg_compare(cg *g, ir_op op, cb_type t, LLVMValueRef a, LLVMValueRef b)
{
    if (type_is_float(t)) {
        LLVMRealPredicate p = op == IR_EQ   ? LLVMRealOEQ
                              : op == IR_NE ? LLVMRealUNE
                              : op == IR_LT ? LLVMRealOLT
                                            : LLVMRealOLE;
        return LLVMBuildFCmp(g->b, p, cg_widen(g, t, a), cg_widen(g, t, b), "");
    }
    bool is_signed = type_is_int(t);
    if (op == IR_EQ || op == IR_NE)
        return icmp(g, op == IR_EQ ? LLVMIntEQ : LLVMIntNE, a, b);
    if (op == IR_LT)
        return icmp(g, is_signed ? LLVMIntSLT : LLVMIntULT, a, b);
    return icmp(g, is_signed ? LLVMIntSLE : LLVMIntULE, a, b);
}

LLVMValueRef cg_abs(cg *g, cb_type t, LLVMValueRef a)
{
    if (type_is_float(t)) {
        LLVMValueRef w = cg_widen(g, t, a);
        return cg_narrow(g, t, cg_intrinsic(g, "llvm.fabs", &w, 1));
    }
    if (!type_is_int(t))
        return a;
    return cg_intrinsic(g, "llvm.abs", (LLVMValueRef[]){a, LLVMConstInt(g->i1, 0, 0)}, 2);
}

/* ---- shifts ---------------------------------------------------------------------------------- */

/* a shifted by n, any non-negative number in a's type (as unsigned). */
static LLVMValueRef shift_by(cg *g, bool left, bool is_signed, LLVMValueRef a, LLVMValueRef n)
{
    LLVMValueRef last = cg_int_like(n, cg_width(a) - 1);
    LLVMValueRef over = icmp(g, LLVMIntUGT, n, last);
    if (!left && is_signed) /* the sign is what is left */
        return LLVMBuildAShr(g->b, a, select(g, over, last, n), "");
    LLVMValueRef r = left ? LLVMBuildShl(g->b, a, n, "") : LLVMBuildLShr(g->b, a, n, "");
    return PLANTED(g->ctx, LLVM_SHIFT) ? r : select(g, over, cg_int_like(a, 0), r);
}

LLVMValueRef cg_shift(cg *g, bool left, cb_type t, cb_type tn, LLVMValueRef a, LLVMValueRef n)
{
    bool is_signed = type_is_int(t);
    int64_t bits = cg_width(a), k;
    if (constant(n, &k)) {
        if (tn.code == CB_UINT && (k < 0 || k > bits))
            k = bits; /* a large unsigned number */
        if (k < 0) {
            left = !left;
            k = k < -bits ? bits : -k;
        }
        if (k >= bits && (left || !is_signed))
            return cg_int_like(a, 0);
        LLVMValueRef by = cg_int_like(a, k < bits ? k : bits - 1);
        return left ? LLVMBuildShl(g->b, a, by, "")
                    : is_signed ? LLVMBuildAShr(g->b, a, by, "") : LLVMBuildLShr(g->b, a, by, "");
    }
    /* Bring n into [-bits, bits] in its own type, then into a's type, where that fits. */
    LLVMTypeRef to = LLVMTypeOf(a);
    bool shrink = cg_width(n) > (unsigned)bits;
    if (!type_is_int(tn)) {
        n = cg_intrinsic(g, "llvm.umin", (LLVMValueRef[]){n, cg_int_like(n, bits)}, 2);
        n = shrink ? LLVMBuildTrunc(g->b, n, to, "")
                   : cg_width(n) < (unsigned)bits ? LLVMBuildZExt(g->b, n, to, "") : n;
        return shift_by(g, left, is_signed, a, n);
    }
    n = cg_intrinsic(g, "llvm.smin", (LLVMValueRef[]){n, cg_int_like(n, bits)}, 2);
    n = cg_intrinsic(g, "llvm.smax", (LLVMValueRef[]){n, cg_int_like(n, -bits)}, 2);
    n = shrink ? LLVMBuildTrunc(g->b, n, to, "")
               : cg_width(n) < (unsigned)bits ? LLVMBuildSExt(g->b, n, to, "") : n;
    LLVMValueRef there = shift_by(g, left, is_signed, a, n);
    LLVMValueRef back = shift_by(g, !left, is_signed, a, LLVMBuildNeg(g->b, n, ""));
    return select(g, icmp(g, LLVMIntSLT, n, cg_int_like(n, 0)), back, there);
}

/* ---- conversions ----------------------------------------------------------------------------- */

static LLVMValueRef int_to_int(cg *g, cb_type to, cb_type from, LLVMValueRef a)
{
    LLVMTypeRef t = cg_type(g, type_lanes(to, cg_lanes(a)));
    if (to.bits < from.bits)
        return LLVMBuildTrunc(g->b, a, t, "");
    if (to.bits == from.bits)
        return a;
    bool is_signed = type_is_int(from) && !(PLANTED(g->ctx, LLVM_SIGN) && from.bits < 32);
    return is_signed ? LLVMBuildSExt(g->b, a, t, "") : LLVMBuildZExt(g->b, a, t, "");
}

/* Saturates; NaN gives 0. The first selection has the form of maxps: whatever is not above the
 * lower bound, NaN too, becomes that bound. Into 8 and 16 bits the upper bound is a minps before
 * the conversion, which then goes through 32 bits; into more it is looked at after the conversion,
 * whose result is not used where it has none. */
static LLVMValueRef float_to_int(cg *g, cb_type to, LLVMValueRef a)
{
    bool is_signed = type_is_int(to), narrow = to.bits <= 16;
    double above = ldexp(1.0, is_signed ? to.bits - 1 : to.bits), least = is_signed ? -above : 0.5; /* which is 0 too; LLVM makes an AND of a choice of 0.0 */
    LLVMTypeRef result = cg_type(g, type_lanes(to, cg_lanes(a)));
    LLVMTypeRef t = narrow ? with_lanes_of(g->i32, a) : result;
    LLVMValueRef lo = cg_float_like(a, least);
    LLVMValueRef v = select(g, LLVMBuildFCmp(g->b, LLVMRealOGT, a, lo, ""), a, lo);
    if (narrow) {
        LLVMValueRef hi = cg_float_like(a, above - 1);
        v = select(g, LLVMBuildFCmp(g->b, LLVMRealOLT, v, hi, ""), v, hi);
    }
    v = is_signed || narrow ? LLVMBuildFPToSI(g->b, v, t, "") : LLVMBuildFPToUI(g->b, v, t, "");
    if (!narrow) {
        LLVMValueRef over = LLVMBuildFCmp(g->b, LLVMRealOGE, a, cg_float_like(a, above), "");
        v = select(g, over, cg_int_like(v, type_max(to)), v);
    }
    if (is_signed) /* NaN went to the least value, which is 0 for unsigned types only */
        v = select(g, LLVMBuildFCmp(g->b, LLVMRealUNO, a, a, ""), cg_int_like(v, 0), v);
    return narrow ? LLVMBuildTrunc(g->b, v, result, "") : v;
}

/* A double as the float next to it whose last bit is 1 ("round to odd"), unless it is a float: what
 * is rounded from there to a 16-bit float is rounded once. */
static LLVMValueRef double_to_odd_float(cg *g, LLVMValueRef d)
{
    LLVMValueRef f = LLVMBuildFPTrunc(g->b, d, with_lanes_of(g->f32, d), "");
    LLVMValueRef back = LLVMBuildFPExt(g->b, f, LLVMTypeOf(d), ""), bits = as(g, g->i32, f);
    LLVMValueRef size = cg_intrinsic(g, "llvm.fabs", &d, 1), over = cg_intrinsic(g, "llvm.fabs", &back, 1);
    LLVMValueRef inexact = LLVMBuildFCmp(g->b, LLVMRealONE, back, d, "");
    LLVMValueRef even = icmp(g, LLVMIntEQ, band(g, bits, 1), cg_int_like(bits, 0));
    LLVMValueRef beyond = LLVMBuildFCmp(g->b, LLVMRealOGT, over, size, "");
    LLVMValueRef odd = LLVMBuildAdd(
        g->b, bits, select(g, beyond, cg_int_like(bits, -1), cg_int_like(bits, 1)), "");
    return as(g, g->f32, select(g, LLVMBuildAnd(g->b, inexact, even, ""), odd, bits));
}

/* An integer as a float. */
static LLVMValueRef int_to_float(cg *g, bool is_signed, LLVMValueRef a, LLVMTypeRef t)
{
    if (is_signed)
        return LLVMBuildSIToFP(g->b, a, t, "");
    return LLVMBuildUIToFP(g->b, a, t, "");
}

/* An integer of 64 bits as a double, its last place standing for all that does not fit. */
static LLVMValueRef long_to_odd_double(cg *g, bool is_signed, LLVMValueRef a)
{
    LLVMTypeRef t = with_lanes_of(g->f64, a);
    LLVMValueRef rest = band(g, a, 0x7ff), zero = cg_int_like(a, 0);
    LLVMValueRef sticky = select(g, icmp(g, LLVMIntNE, rest, zero), cg_int_like(a, 0x800), zero);
    sticky = LLVMBuildOr(g->b, band(g, a, ~(int64_t)0x7ff), sticky, "");
    LLVMValueRef size = is_signed ? cg_abs(g, T_I64, a) : a; /* as unsigned */
    LLVMValueRef large = icmp(g, LLVMIntUGE, size, cg_int_like(a, INT64_C(1) << 53));
    a = select(g, large, sticky, a);
    return int_to_float(g, is_signed, a, t);
}

LLVMValueRef cg_cast(cg *g, cb_type to, cb_type from, LLVMValueRef a)
{
    LLVMValueRef zero;
    if (to.code == from.code && to.bits == from.bits)
        return a;
    if (type_is_bool(to)) {
        a = cg_widen(g, from, a);
        zero = type_is_float(from) ? cg_float_like(a, 0) : cg_int_like(a, 0);
        return type_is_float(from) ? LLVMBuildFCmp(g->b, LLVMRealUNE, a, zero, "")
                                   : icmp(g, LLVMIntNE, a, zero);
    }
    if (!type_is_float(from) && !type_is_float(to))
        return int_to_int(g, to, from, a);
    LLVMTypeRef t = with_lanes_of(to.bits == 64 ? g->f64 : g->f32, a);
    if (!type_is_float(from) && to.bits == 16 && from.bits >= 32) {
        bool is_signed = type_is_int(from);
        LLVMTypeRef f64 = with_lanes_of(g->f64, a);
        a = from.bits == 64 ? long_to_odd_double(g, is_signed, a) : int_to_float(g, is_signed, a, f64);
        return cg_narrow(g, to, double_to_odd_float(g, a));
    }
    if (!type_is_float(from)) {
        return cg_narrow(g, to, int_to_float(g, type_is_int(from), a, t));
    }
    a = cg_widen(g, from, a);
    if (!type_is_float(to))
        return float_to_int(g, to, a);
    if (from.bits == 64 && to.bits == 16)
        return cg_narrow(g, to, double_to_odd_float(g, a));
    if (LLVMTypeOf(a) != t)
        a = to.bits == 64 ? LLVMBuildFPExt(g->b, a, t, "") : LLVMBuildFPTrunc(g->b, a, t, "");
    return cg_narrow(g, to, a);
}

/* ---- elementary functions -------------------------------------------------------------------- */

/* Exact in every lane. */
static const struct {
    ir_op op;
    const char *intrinsic;
} exact[] = {{IR_SQRT, "llvm.sqrt"}, {IR_FLOOR, "llvm.floor"}, {IR_CEIL, "llvm.ceil"},
             {IR_ROUND, "llvm.rint"}, {IR_TRUNC, "llvm.trunc"}};

/* Equal operands are one number, or zeros of two signs: their bits joined keep the sign of min,
 * their common bits that of max. */
static LLVMValueRef strict_min(cg *g, bool max, LLVMValueRef a, LLVMValueRef b)
{
    LLVMTypeRef bits = with_lanes_of(cg_element(a) == g->f64 ? g->i64 : g->i32, a);
    LLVMValueRef ia = LLVMBuildBitCast(g->b, a, bits, ""), ib = LLVMBuildBitCast(g->b, b, bits, "");
    LLVMValueRef zero = max ? LLVMBuildAnd(g->b, ia, ib, "") : LLVMBuildOr(g->b, ia, ib, "");
    zero = LLVMBuildBitCast(g->b, zero, LLVMTypeOf(a), "");
    LLVMRealPredicate less = max ? LLVMRealOGT : LLVMRealOLT;
    LLVMValueRef r = select(g, LLVMBuildFCmp(g->b, less, a, b, ""), a, b); /* b when a is NaN */
    r = select(g, LLVMBuildFCmp(g->b, LLVMRealOEQ, a, b, ""), zero, r);
    return select(g, LLVMBuildFCmp(g->b, LLVMRealUNO, b, b, ""), a, r);
}

/* LLVM looks at the flags of the outer operation only: (a - b) + b would be a whatever the difference is. */
static LLVMValueRef fenced(cg *g, LLVMValueRef v)
{
    bool mixed = !(g->target->features & (FEATURE_STRICT | FEATURE_O0));
    return mixed && LLVMIsAInstruction(v) ? cg_intrinsic(g, "llvm.arithmetic.fence", &v, 1) : v;
}

/* No fast-math flag: LLVM keeps order, roundings and signs of zero. */
static LLVMValueRef strict_arith(cg *g, ir_op op, LLVMValueRef a, LLVMValueRef b)
{
    switch ((int)op) {
    case IR_STRICT_ADD: return fenced(g, LLVMBuildFAdd(g->b, a, b, ""));
    case IR_STRICT_SUB: return fenced(g, LLVMBuildFSub(g->b, a, b, ""));
    case IR_STRICT_MUL: return fenced(g, LLVMBuildFMul(g->b, a, b, ""));
    case IR_STRICT_DIV: return fenced(g, LLVMBuildFDiv(g->b, a, b, ""));
    case IR_STRICT_MOD: return float_mod(g, a, b);
    default: return strict_min(g, op == IR_STRICT_MAX, a, b);
    }
}

/* The accurate function, which does for the fast one of f64. */
static ir_op accurate(ir_op op)
{
    switch ((int)op) {
    case IR_FAST_EXP: return IR_EXP;
    case IR_FAST_LOG: return IR_LOG;
    case IR_FAST_SIN: return IR_SIN;
    case IR_FAST_COS: return IR_COS;
    case IR_FAST_POW: return IR_POW;
    default: return op;
    }
}

static LLVMValueRef inverse(cg *g, bool root, LLVMValueRef x)
{
    if (root)
        x = cg_intrinsic(g, "llvm.sqrt", &x, 1);
    return LLVMBuildFDiv(g->b, cg_float_like(x, 1), x, "");
}

/* One or two operands of f32 or f64. */
static LLVMValueRef math(cg *g, ir_op op, LLVMValueRef *arg, unsigned nargs)
{
    bool is_double = cg_element(arg[0]) == g->f64;
    for (size_t i = 0; i < COUNT_OF(exact); i++)
        if (exact[i].op == op)
            return cg_intrinsic(g, exact[i].intrinsic, arg, nargs);
    LLVMValueRef r = is_double ? NULL : cg_fast(g, op, arg[0], arg[1]);
    if (r)
        return r;
    if (op == IR_FAST_INVERSE || op == IR_FAST_INVERSE_SQRT)
        return inverse(g, op == IR_FAST_INVERSE_SQRT, arg[0]);
    if (op == IR_EXP && !is_double)
        return cg_polynomial_exp(g, arg[0]);
    if (op == IR_LOG && !is_double)
        return cg_polynomial_log(g, arg[0]);
    return cg_elementary(g, accurate(op), arg[0], arg[1]);
}

LLVMValueRef cg_math(cg *g, ir_op op, cb_type t, LLVMValueRef *args, unsigned nargs)
{
    LLVMValueRef arg[2] = {NULL, NULL};
    for (unsigned i = 0; i < nargs && i < 2; i++)
        arg[i] = cg_widen(g, t, args[i]);
    LLVMValueRef r = ir_is_strict(op) ? strict_arith(g, op, arg[0], arg[1]) : math(g, op, arg, nargs);
    if (!r)
        diag_bug(&g->ctx->diags, "cg_math", "'%s' is no function", ir_ops[op].spelling);
    return cg_narrow(g, t, r);
}
