/* codegen/llvm_vector.c: lanes rearranged, reduced and made.
 *
 * Shuffles of any number of parts become one shufflevector of two operands, whose operands are the
 * parts joined pair by pair:
 *
 *     shuffle(a, b, c; 0 8 16 1 9 17 ...)  ->  %ab = a ++ b   %c_ = c ++ ?   shufflevector %ab, %c_
 *
 * Reductions of floats go pairwise by halves where that is one instruction, so that the order of operations
 * does not depend on the target; sums of narrow integers are llvm_dot.c's.
 */
#include <string.h>

#include "llvm.h"

LLVMValueRef cg_lane(cg *g, LLVMValueRef v, unsigned i)
{
    if (LLVMGetTypeKind(LLVMTypeOf(v)) != LLVMVectorTypeKind)
        return v;
    return LLVMBuildExtractElement(g->b, v, cg_i32(g, i), "");
}

LLVMValueRef cg_set_lane(cg *g, LLVMValueRef v, LLVMValueRef x, unsigned i)
{
    return LLVMBuildInsertElement(g->b, v, x, cg_i32(g, i), "");
}

static LLVMValueRef mask_constant(cg *g, const int32_t *lane, unsigned n)
{
    LLVMValueRef *c = NEW_ARRAY(g->ctx->a, LLVMValueRef, n);
    for (unsigned i = 0; i < n; i++)
        c[i] = lane[i] < 0 ? LLVMGetPoison(g->i32) : cg_i32(g, lane[i]);
    return LLVMConstVector(c, n);
}

/* One shufflevector of vectors a and b (NULL: none) of one type; a scalar when n is 1. */
static LLVMValueRef shuffle2(cg *g, LLVMValueRef a, LLVMValueRef b, const int32_t *lane, unsigned n)
{
    unsigned w = cg_lanes(a);
    if (n == 1 && lane[0] >= 0)
        return cg_lane(g, (unsigned)lane[0] < w ? a : b, (unsigned)lane[0] % w);
    bool same = !b && n == w;
    for (unsigned i = 0; i < n && same; i++)
        same = lane[i] == (int32_t)i;
    if (same)
        return a;
    if (!b)
        b = LLVMGetPoison(LLVMTypeOf(a));
    LLVMValueRef v = LLVMBuildShuffleVector(g->b, a, b, mask_constant(g, lane, n), "");
    /* Without optimisation LLVM 19 to 22 do not come to an end with a wide one that is converted in the same block, for AVX-512. */
    if (n >= 32 && (g->target->features & FEATURE_O0) && (g->target->features & FEATURE_AVX512)) {
        LLVMBasicBlockRef next = cg_block(g, "shuffled");
        LLVMBuildBr(g->b, next);
        cg_go_on_in(g, next);
    }
    return v;
}

/* v as a vector of w lanes, the further ones of any value. */
static LLVMValueRef padded(cg *g, LLVMValueRef v, unsigned w)
{
    unsigned have = cg_lanes(v);
    if (LLVMGetTypeKind(LLVMTypeOf(v)) != LLVMVectorTypeKind)
        return cg_set_lane(g, LLVMGetPoison(cg_lanes_type(LLVMTypeOf(v), w)), v, 0);
    int32_t *lane = NEW_ARRAY(g->ctx->a, int32_t, w);
    for (unsigned i = 0; i < w; i++)
        lane[i] = i < have ? (int32_t)i : -1;
    return shuffle2(g, v, NULL, lane, w);
}

LLVMValueRef cg_shuffle(cg *g, LLVMValueRef *parts, unsigned nparts, const int32_t *lane,
                        unsigned n)
{
    arena *a = g->ctx->a;
    unsigned w = 2; /* a vector type even when all parts are scalars */
    for (unsigned i = 0; i < nparts; i++)
        if (cg_lanes(parts[i]) > w)
            w = cg_lanes(parts[i]);
    /* Where each lane of the concatenation lies once every part is w wide. */
    vec(int32_t) place = {0};
    LLVMValueRef *v = NEW_ARRAY(a, LLVMValueRef, nparts + 1);
    for (unsigned i = 0; i < nparts; i++) {
        for (unsigned k = 0; k < cg_lanes(parts[i]); k++)
            vec_push(a, &place, (int32_t)(i * w + k));
        v[i] = padded(g, parts[i], w);
    }
    int32_t *out = NEW_ARRAY(a, int32_t, n);
    for (unsigned i = 0; i < n; i++)
        out[i] = lane[i] < 0 ? -1 : place.at[lane[i]];
    while (nparts > 2) {
        int32_t *all = NEW_ARRAY(a, int32_t, 2 * w);
        for (unsigned i = 0; i < 2 * w; i++)
            all[i] = (int32_t)i;
        for (unsigned i = 0; i < nparts; i += 2)
            v[i / 2] = i + 1 < nparts ? shuffle2(g, v[i], v[i + 1], all, 2 * w)
                                      : padded(g, v[i], 2 * w);
        nparts = (nparts + 1) / 2;
        w *= 2;
    }
    return shuffle2(g, v[0], nparts > 1 ? v[1] : NULL, out, n);
}

LLVMValueRef cg_join(cg *g, LLVMValueRef *parts, unsigned nparts)
{
    unsigned n = 0;
    for (unsigned i = 0; i < nparts; i++)
        n += cg_lanes(parts[i]);
    int32_t *lane = NEW_ARRAY(g->ctx->a, int32_t, n);
    for (unsigned i = 0; i < n; i++)
        lane[i] = (int32_t)i;
    return cg_shuffle(g, parts, nparts, lane, n);
}

LLVMValueRef cg_slice(cg *g, LLVMValueRef v, unsigned from, unsigned n)
{
    if (n == cg_lanes(v))
        return v;
    int32_t *lane = NEW_ARRAY(g->ctx->a, int32_t, n);
    for (unsigned i = 0; i < n; i++)
        lane[i] = (int32_t)(from + i);
    return shuffle2(g, v, NULL, lane, n);
}

LLVMValueRef cg_splat(cg *g, LLVMValueRef v, unsigned n)
{
    unsigned w = cg_lanes(v);
    if (n == 1)
        return v;
    if (LLVMIsConstant(v) && w == 1) {
        LLVMValueRef *c = NEW_ARRAY(g->ctx->a, LLVMValueRef, n);
        for (unsigned i = 0; i < n; i++)
            c[i] = v;
        return LLVMConstVector(c, n);
    }
    int32_t *lane = NEW_ARRAY(g->ctx->a, int32_t, (size_t)n * w);
    for (unsigned i = 0; i < n * w; i++)
        lane[i] = (int32_t)(i % w);
    return shuffle2(g, w == 1 ? padded(g, v, n) : v, NULL, lane, n * w);
}

LLVMValueRef cg_ramp(cg *g, cb_type t, LLVMValueRef base, LLVMValueRef stride, unsigned n)
{
    unsigned w = cg_lanes(base);
    LLVMValueRef *c = NEW_ARRAY(g->ctx->a, LLVMValueRef, (size_t)n * w);
    cb_type scalar = type_scalar(t);
    for (unsigned i = 0; i < n * w; i++) {
        LLVMValueRef k = cg_i64(g, i / w);
        /* Through the general conversion, which folds constants. */
        c[i] = cg_cast(g, scalar, T_I64, k);
    }
    LLVMValueRef step = cg_arith(g, IR_MUL, t, LLVMConstVector(c, n * w), cg_splat(g, stride, n));
    return cg_arith(g, IR_ADD, t, cg_splat(g, base, n), step);
}

/* Every k-th lane from `from`. */
static LLVMValueRef every(cg *g, LLVMValueRef v, unsigned from, unsigned k)
{
    unsigned n = cg_lanes(v) / k;
    int32_t *lane = NEW_ARRAY(g->ctx->a, int32_t, n);
    for (unsigned i = 0; i < n; i++)
        lane[i] = (int32_t)(from + i * k);
    return shuffle2(g, v, NULL, lane, n);
}

/* All lanes of integers, in any order: LLVM knows addv, psadbw, phminposuw. NULL: not of that kind. */
static LLVMValueRef reduce_all(cg *g, ir_op op, cb_type t, LLVMValueRef v)
{
    static const struct {
        ir_op op;
        const char *name[2]; /* unsigned, signed */
    } known[] = {
        {IR_ADD, {"llvm.vector.reduce.add", "llvm.vector.reduce.add"}},   {IR_MUL, {"llvm.vector.reduce.mul", "llvm.vector.reduce.mul"}},
        {IR_MIN, {"llvm.vector.reduce.umin", "llvm.vector.reduce.smin"}}, {IR_MAX, {"llvm.vector.reduce.umax", "llvm.vector.reduce.smax"}},
        {IR_BIT_AND, {"llvm.vector.reduce.and", "llvm.vector.reduce.and"}}, {IR_BIT_OR, {"llvm.vector.reduce.or", "llvm.vector.reduce.or"}},
        {IR_BIT_XOR, {"llvm.vector.reduce.xor", "llvm.vector.reduce.xor"}},
    };
    for (size_t i = 0; i < COUNT_OF(known) && type_is_integer(t) && cg_lanes(v) > 1; i++)
        if (known[i].op == op)
            return cg_intrinsic(g, known[i].name[type_is_int(t)], &v, 1);
    return NULL;
}

LLVMValueRef cg_reduce(cg *g, ir_op op, cb_type t, LLVMValueRef v, unsigned lanes)
{
    unsigned group = cg_lanes(v) / lanes;
    LLVMValueRef all = lanes == 1 ? reduce_all(g, op, t, v) : NULL;
    if (all)
        return all;
    while (group > 1) {
        unsigned n = cg_lanes(v), half = n / 2;
        LLVMValueRef a, b;
        if (group % 2) {
            /* An odd number: lane by lane of each group. */
            a = every(g, v, 0, group);
            for (unsigned i = 1; i < group; i++)
                a = cg_arith(g, op, t, a, every(g, v, i, group));
            return a;
        }
        if (lanes == 1) { /* one group: halves need no crossing of lanes until the end */
            a = cg_slice(g, v, 0, half);
            b = cg_slice(g, v, half, half);
        } else { /* neighbours, the form that multiply-add instructions have */
            a = every(g, v, 0, 2);
            b = every(g, v, 1, 2);
        }
        v = cg_arith(g, op, t, a, b);
        group /= 2;
    }
    return v;
}
