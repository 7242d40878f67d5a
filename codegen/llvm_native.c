/* codegen/llvm_native.c: instructions of the target that LLVM does not find, on vectors of any width.
 *
 *     cg_native(g, &pmaddwd, 32, {a, b})      a, b of 64 i16, AVX2
 *         ->  four calls of llvm.x86.avx2.pmadd.wd, their results joined: 32 i32
 *
 * LLVM's intrinsics for instructions are of the widths that registers have and are taken apart by nobody else.
 */
#include "llvm.h"

/* The widest form, 16 << k bytes, that fills vectors of so many bytes; -1: none does. */
static int widest(const cg *g, const cg_instruction *I, unsigned bytes)
{
    for (int k = 2; k >= 0; k--)
        if (I->name[k] && bytes % (16u << k) == 0 && (!I->needs[k] || (g->target->features & I->needs[k])))
            return k;
    return -1;
}

bool cg_native_fills(const cg *g, const cg_instruction *I, unsigned bytes) { return widest(g, I, bytes) >= 0; }

LLVMValueRef cg_native(cg *g, const cg_instruction *I, unsigned bits, const LLVMValueRef *arg, unsigned nargs)
{
    LLVMValueRef last = arg[nargs - 1], x[CG_NATIVE_OPERANDS];
    unsigned bytes = cg_lanes(last) * cg_width(last) / 8;
    int k = widest(g, I, bytes);
    unsigned n = bytes / (16u << k);
    LLVMValueRef *part = NEW_ARRAY(g->ctx->a, LLVMValueRef, n);
    for (unsigned i = 0; i < n; i++) {
        for (unsigned j = 0; j < nargs; j++) {
            unsigned lanes = cg_lanes(arg[j]) / n;
            x[j] = cg_slice(g, arg[j], i * lanes, lanes);
        }
        /* of widening and of narrowing ones the number of bytes differs, of sums of neighbours the number of lanes */
        unsigned lanes = I->lane_by_lane ? cg_lanes(x[nargs - 1]) : (16u << k) * 8 / bits;
        LLVMTypeRef result = cg_lanes_type(LLVMIntTypeInContext(g->llvm, bits), lanes);
        LLVMTypeRef overload[2] = {result, LLVMTypeOf(x[nargs - 1])};
        part[i] = cg_call_named(g, I->name[k], overload, I->overloads, result, x, nargs);
    }
    return cg_join(g, part, n);
}
