/* codegen/llvm_fixed.c: fixed point and bit counts, in the forms that become single instructions.
 *
 *     saturating_add u8             llvm.uadd.sat                               vpaddusb
 *     rounding_halving_add u8       trunc((zext a + zext b + 1) >> 1)           vpavgb
 *     mul_shift_right(i16 a, b, 16) trunc((sext a * sext b) >> 16)              vpmulhw
 *     rounding_mul_shift_right(i16 a, b, 15)  where there is such              vpmulhrsw
 *
 * The meaning of every case is that of ir/fixed.c: a product is made in twice the width, where it
 * fits; a shift count is brought near the width first, beyond which nothing changes any more.
 */
#include "llvm.h"

#define NEON(name) {{"llvm.aarch64.neon." name}, {0}, 1, true}

static int64_t width(LLVMValueRef v) { return LLVMGetIntTypeWidth(cg_element(v)); }

static bool constant(const ir *n, int64_t *k)
{
    return ir_as_int(n, k) && !(type_is_uint(n->type) && *k < 0);
}

static LLVMValueRef call1(cg *g, const char *name, LLVMValueRef a)
{
    return cg_intrinsic(g, name, &a, 1);
}

static LLVMValueRef call2(cg *g, const char *name, LLVMValueRef a, LLVMValueRef b)
{
    return cg_intrinsic(g, name, (LLVMValueRef[]){a, b}, 2);
}

static LLVMValueRef resize(cg *g, bool is_signed, LLVMValueRef v, int64_t bits)
{
    LLVMTypeRef t = cg_lanes_type(LLVMIntTypeInContext(g->llvm, (unsigned)bits), cg_lanes(v));
    if (width(v) == bits)
        return v;
    if (width(v) > bits)
        return LLVMBuildTrunc(g->b, v, t, "");
    return is_signed ? LLVMBuildSExt(g->b, v, t, "") : LLVMBuildZExt(g->b, v, t, "");
}

static LLVMValueRef shift_right(cg *g, bool is_signed, LLVMValueRef v, LLVMValueRef n)
{
    return is_signed ? LLVMBuildAShr(g->b, v, n, "") : LLVMBuildLShr(g->b, v, n, "");
}

/* ---- sums ------------------------------------------------------------------------------------ */

static LLVMValueRef halved(cg *g, ir_op op, bool is_signed, LLVMValueRef a, LLVMValueRef b)
{
    LLVMValueRef one = cg_int_like(a, 1), x;
    if (op == IR_HALF_ADD_UP && !is_signed && width(a) <= 16) {
        int64_t bits = width(a);
        a = resize(g, false, a, 2 * bits);
        b = resize(g, false, b, 2 * bits);
        one = cg_int_like(a, 1);
        x = LLVMBuildAdd(g->b, LLVMBuildAdd(g->b, a, b, ""), one, "");
        return resize(g, false, LLVMBuildLShr(g->b, x, one, ""), bits);
    }
    if (op == IR_HALF_ADD && !is_signed && width(a) == 8 && g->target->arch == ARCH_X86_64) {
        /* pavgb rounds up what is odd; there is no shift of bytes */
        x = LLVMBuildAnd(g->b, LLVMBuildXor(g->b, a, b, ""), one, "");
        return LLVMBuildSub(g->b, halved(g, IR_HALF_ADD_UP, false, a, b), x, "");
    }
    /* a + b = (a ^ b) + 2*(a & b) = 2*(a | b) - (a ^ b);  a - b = (a ^ b) - 2*(~a & b) */
    x = shift_right(g, is_signed, LLVMBuildXor(g->b, a, b, ""), one);
    if (op == IR_HALF_ADD)
        return LLVMBuildAdd(g->b, LLVMBuildAnd(g->b, a, b, ""), x, "");
    if (op == IR_HALF_ADD_UP)
        return LLVMBuildSub(g->b, LLVMBuildOr(g->b, a, b, ""), x, "");
    a = LLVMBuildAnd(g->b, LLVMBuildNot(g->b, a, ""), b, "");
    return LLVMBuildSub(g->b, x, a, "");
}

static LLVMValueRef difference(cg *g, cb_type t, LLVMValueRef a, LLVMValueRef b)
{
    if (type_is_float(t)) {
        a = LLVMBuildFSub(g->b, cg_widen(g, t, a), cg_widen(g, t, b), "");
        return cg_narrow(g, t, call1(g, "llvm.fabs", a));
    }
    bool is_signed = type_is_int(t);
    /* LLVM would put c + max(a, b) - min(a, b) in another order, in which it does not see the distance */
    static const cg_instruction neon[2] = {NEON("uabd"), NEON("sabd")};
    unsigned bits = t.bits;
    if (g->target->arch == ARCH_AARCH64 && bits <= 32 && cg_native_fills(g, &neon[is_signed], cg_lanes(a) * bits / 8))
        return cg_native(g, &neon[is_signed], bits, (LLVMValueRef[]){a, b}, 2);
    LLVMValueRef hi = call2(g, is_signed ? "llvm.smax" : "llvm.umax", a, b);
    return LLVMBuildSub(g->b, hi, call2(g, is_signed ? "llvm.smin" : "llvm.umin", a, b), "");
}

/* ---- scaling by powers of two ---------------------------------------------------------------- */

/* v/2^n for n >= 0, half rounded up or everything down; any n. */
static LLVMValueRef scale_down(cg *g, bool is_signed, bool up, LLVMValueRef v, LLVMValueRef n)
{
    LLVMValueRef last = cg_int_like(v, width(v) - 1), one = cg_int_like(v, 1), zero = cg_int_like(v, 0);
    LLVMValueRef over = LLVMBuildICmp(g->b, LLVMIntUGT, n, last, ""), r, half;
    r = shift_right(g, is_signed, v, LLVMBuildSelect(g->b, over, last, n, ""));
    if (!is_signed)
        r = LLVMBuildSelect(g->b, over, zero, r, "");
    if (!up)
        return r;
    n = LLVMBuildSub(g->b, n, one, ""); /* of 0 no half is lost */
    over = LLVMBuildICmp(g->b, LLVMIntUGT, n, last, "");
    half = shift_right(g, is_signed, v, LLVMBuildSelect(g->b, over, last, n, ""));
    half = LLVMBuildAnd(g->b, half, one, "");
    LLVMValueRef none = LLVMBuildICmp(g->b, is_signed ? LLVMIntSLT : LLVMIntUGT, n,
                                      is_signed ? zero : last, "");
    half = LLVMBuildSelect(g->b, none, zero, half, "");
    return LLVMBuildAdd(g->b, r, half, "");
}

/* v*2^n, n from 0 to the width or less, or the nearest value of v's type. */
static LLVMValueRef scale_up(cg *g, bool is_signed, LLVMValueRef v, LLVMValueRef n)
{
    LLVMValueRef last = cg_int_like(v, width(v) - 1), zero = cg_int_like(v, 0);
    LLVMValueRef by = call2(g, "llvm.umin", n, last);
    LLVMValueRef r = call2(g, is_signed ? "llvm.sshl.sat" : "llvm.ushl.sat", v, by);
    if (is_signed) /* one place less changes nothing: 1 << (width - 1) is beyond already */
        return r;
    LLVMValueRef far = LLVMBuildICmp(g->b, LLVMIntUGT, n, last, "");
    far = LLVMBuildAnd(g->b, far, LLVMBuildICmp(g->b, LLVMIntNE, v, zero, ""), "");
    return LLVMBuildSelect(g->b, far, cg_int_like(v, -1), r, "");
}

/* The count in the type of v, between -limit and limit. */
static LLVMValueRef count_like(cg *g, LLVMValueRef v, const ir *n, LLVMValueRef count, int64_t limit)
{
    bool is_signed = type_is_int(n->type);
    if (width(count) < 16)
        count = resize(g, is_signed, count, 16);
    if (is_signed)
        count = call2(g, "llvm.smax", count, cg_int_like(count, -limit));
    count = call2(g, is_signed ? "llvm.smin" : "llvm.umin", count, cg_int_like(count, limit));
    return resize(g, is_signed, count, width(v));
}

/* ARM: v*2^count or the value of v's type nearest to it, where count is below 0 rounded to nearest (up) or down. NULL: there is
 * none, or the lanes do not fill it. By a constant to the right nothing saturates, and LLVM knows a shorter form. */
static LLVMValueRef shift_at_once(cg *g, bool is_signed, bool up, LLVMValueRef v, LLVMValueRef count)
{
    static const cg_instruction neon[2][2] = {{NEON("uqshl"), NEON("sqshl")}, {NEON("uqrshl"), NEON("sqrshl")}};
    static const cg_instruction by_constant[2] = {NEON("urshl"), NEON("srshl")};
    const cg_instruction *I = LLVMIsConstant(count) ? &by_constant[is_signed] : &neon[up][is_signed];
    if (g->target->arch != ARCH_AARCH64 || width(v) > 64 || !cg_native_fills(g, I, cg_lanes(v) * (unsigned)width(v) / 8))
        return NULL;
    return cg_native(g, I, (unsigned)width(v), (LLVMValueRef[]){v, count}, 2);
}

/* v/2^n by a constant. */
static LLVMValueRef scaled_by(cg *g, bool is_signed, bool up, LLVMValueRef v, int64_t n)
{
    int64_t bits = width(v);
    if (n <= 0)
        return scale_up(g, is_signed, v, cg_int_like(v, n < -bits ? bits : -n));
    if (!up) {
        if (n >= bits)
            return is_signed ? LLVMBuildAShr(g->b, v, cg_int_like(v, bits - 1), "") : cg_int_like(v, 0);
        return shift_right(g, is_signed, v, cg_int_like(v, n));
    }
    if (n > bits)
        return cg_int_like(v, 0);
    LLVMValueRef at_once = shift_at_once(g, is_signed, true, v, cg_int_like(v, -n));
    if (at_once)
        return at_once;
    /* of y = v >> (n - 1) the half, rounded up */
    LLVMValueRef y = shift_right(g, is_signed, v, cg_int_like(v, n - 1));
    return LLVMBuildSub(g->b, y, shift_right(g, is_signed, y, cg_int_like(v, 1)), "");
}

/* v/2^n (2^n for left), n any expression. */
static LLVMValueRef scaled(cg *g, bool is_signed, bool up, bool left, LLVMValueRef v, const ir *n,
                           LLVMValueRef count)
{
    int64_t k, bits = width(v);
    if (ir_as_int(n, &k)) {
        if (k > 2 * bits || (type_is_uint(n->type) && k < 0))
            k = 2 * bits;
        if (k < -2 * bits)
            k = -2 * bits;
        return scaled_by(g, is_signed, up, v, left ? -k : k);
    }
    count = count_like(g, v, n, count, bits + 1);
    LLVMValueRef at_once = shift_at_once(g, is_signed, up, v, left ? count : LLVMBuildNeg(g->b, count, ""));
    if (at_once)
        return at_once;
    if (left)
        count = LLVMBuildNeg(g->b, count, "");
    LLVMValueRef zero = cg_int_like(v, 0);
    LLVMValueRef down = LLVMBuildICmp(g->b, LLVMIntSGT, count, zero, "");
    LLVMValueRef there = scale_down(g, is_signed, up, v, LLVMBuildSelect(g->b, down, count, zero, ""));
    LLVMValueRef back = scale_up(
        g, is_signed, v, LLVMBuildSelect(g->b, down, zero, LLVMBuildNeg(g->b, count, ""), ""));
    return LLVMBuildSelect(g->b, down, there, back, "");
}

/* ---- products -------------------------------------------------------------------------------- */

/* The upper half of twice a product: i16 by i16 and 15 bits, on ARM i32 by i32 and 31 too. NULL: there is none, or
 * the lanes do not fill it. On x86 the instruction is the rounding one, and gives -32768 for the one product that saturates,
 * and for no other. */
static LLVMValueRef multiply_high(cg *g, bool up, LLVMValueRef a, LLVMValueRef b)
{
    static const cg_instruction hrsw = {
        {"llvm.x86.ssse3.pmul.hr.sw.128", "llvm.x86.avx2.pmul.hr.sw", "llvm.x86.avx512.pmul.hr.sw.512"},
        {FEATURE_SSE41, FEATURE_AVX2, FEATURE_AVX512}, 0, true};
    static const cg_instruction neon[2] = {NEON("sqdmulh"), NEON("sqrdmulh")};
    bool arm = g->target->arch == ARCH_AARCH64;
    const cg_instruction *I = arm ? &neon[up] : &hrsw;
    if (!cg_native_fills(g, I, cg_lanes(a) * (unsigned)width(a) / 8) || (!arm && (!up || width(a) != 16)))
        return NULL;
    LLVMValueRef r = cg_native(g, I, (unsigned)width(a), (LLVMValueRef[]){a, b}, 2);
    if (arm)
        return r;
    LLVMValueRef over = LLVMBuildICmp(g->b, LLVMIntEQ, r, cg_int_like(r, INT16_MIN), "");
    return LLVMBuildXor(g->b, r, LLVMBuildSExt(g->b, over, LLVMTypeOf(r), ""), "");
}

static LLVMValueRef product(cg *g, const ir *n, LLVMValueRef *arg)
{
    bool is_signed = type_is_int(n->type), up = n->op == IR_ROUND_MUL_SHR;
    int64_t bits = n->type.bits, k = 0;
    bool known = constant(n->arg[2], &k);
    if (known && is_signed && k == bits - 1 && (bits == 16 || bits == 32)) {
        LLVMValueRef r = multiply_high(g, up, arg[0], arg[1]);
        if (r)
            return r;
    }
    LLVMValueRef a = resize(g, is_signed, arg[0], 2 * bits), b = resize(g, is_signed, arg[1], 2 * bits);
    LLVMValueRef v = scaled(g, is_signed, up, false, LLVMBuildMul(g->b, a, b, ""), n->arg[2], arg[2]);
    if (!known || k < bits) { /* may be beyond the type */
        LLVMValueRef hi = resize(g, is_signed, cg_int_like(arg[0], type_max(type_scalar(n->type))), 2 * bits);
        LLVMValueRef lo = resize(g, is_signed, cg_int_like(arg[0], type_min(type_scalar(n->type))), 2 * bits);
        v = call2(g, is_signed ? "llvm.smin" : "llvm.umin", v, hi);
        if (is_signed)
            v = call2(g, "llvm.smax", v, lo);
    }
    return resize(g, false, v, bits);
}

/* ---- all ------------------------------------------------------------------------------------- */

static LLVMValueRef zeros(cg *g, const char *name, LLVMValueRef a)
{
    return cg_intrinsic(g, name, (LLVMValueRef[]){a, LLVMConstInt(g->i1, 0, 0)}, 2);
}

static LLVMValueRef fused(cg *g, cb_type t, const LLVMValueRef *arg)
{
    LLVMValueRef w[3];
    for (int i = 0; i < 3; i++)
        w[i] = cg_widen(g, t, arg[i]);
    return cg_narrow(g, t, cg_intrinsic(g, "llvm.fma", w, 3));
}

LLVMValueRef cg_fixed(cg *g, const ir *n, LLVMValueRef *arg)
{
    LLVMValueRef a = arg[0], b = arg[1];
    cb_type t = n->arg[0]->type;
    bool is_signed = type_is_int(t);
    switch ((int)n->op) {
    case IR_SAT_ADD: return call2(g, is_signed ? "llvm.sadd.sat" : "llvm.uadd.sat", a, b);
    case IR_SAT_SUB: return call2(g, is_signed ? "llvm.ssub.sat" : "llvm.usub.sat", a, b);
    case IR_HALF_ADD:
    case IR_HALF_SUB:
    case IR_HALF_ADD_UP: return halved(g, (ir_op)n->op, is_signed, a, b);
    case IR_ABSD: return difference(g, t, a, b);
    case IR_ROUND_SHL:
    case IR_ROUND_SHR:
        return scaled(g, is_signed, !PLANTED(g->ctx, LLVM_ROUND), n->op == IR_ROUND_SHL, a, n->arg[1],
                      b);
    case IR_MUL_SHR:
    case IR_ROUND_MUL_SHR: return product(g, n, arg);
    case IR_POPCOUNT: return call1(g, "llvm.ctpop", a);
    case IR_CLZ: return zeros(g, "llvm.ctlz", a);
    case IR_CTZ: return zeros(g, "llvm.cttz", a);
    case IR_FMA: return fused(g, t, arg);
    default: break;
    }
    cg_unsupported(g, n);
}
