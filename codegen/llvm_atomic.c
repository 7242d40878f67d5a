/* codegen/llvm_atomic.c: updates of memory that threads share.
 *
 *     hist[i] = hist[i] + 1           atomicrmw add
 *     p[i] = p[i]*y                   loop: load, multiply, compare and swap
 *     best.0[i], best.1[i] = ...      a lock of the runtime around both
 *
 * No order among different places is promised: the end of the parallel loop is where results are
 * seen.
 */
#include "../lower/combine.h"
#include "llvm.h"

static LLVMValueRef place_of(cg *g, ir_sym buffer, cb_type t, const ir *index)
{
    LLVMValueRef at = cg_expr(g, index);
    return LLVMBuildInBoundsGEP2(g->b, cg_memory_type(g, t), cg_memory_of(g, buffer)->base, &at, 1, "");
}

/* The instruction for an operation; false: there is none. */
static bool instruction(ir_op op, cb_type t, LLVMAtomicRMWBinOp *out)
{
    bool f = t.code == CB_FLOAT && t.bits >= 32;
    if (!f && type_is_float(t))
        return false; /* small floats are widened around every operation */
    switch ((int)op) {
    case IR_ADD: *out = f ? LLVMAtomicRMWBinOpFAdd : LLVMAtomicRMWBinOpAdd; return true;
    case IR_MIN: *out = f ? LLVMAtomicRMWBinOpFMin : type_is_int(t) ? LLVMAtomicRMWBinOpMin : LLVMAtomicRMWBinOpUMin; return true;
    case IR_MAX: *out = f ? LLVMAtomicRMWBinOpFMax : type_is_int(t) ? LLVMAtomicRMWBinOpMax : LLVMAtomicRMWBinOpUMax; return true;
    case IR_AND:
    case IR_BIT_AND: *out = LLVMAtomicRMWBinOpAnd; return true;
    case IR_OR:
    case IR_BIT_OR: *out = LLVMAtomicRMWBinOpOr; return true;
    case IR_NE:
    case IR_BIT_XOR: *out = LLVMAtomicRMWBinOpXor; return true;
    default: return false;
    }
}

static LLVMValueRef to_memory(cg *g, cb_type t, LLVMValueRef v)
{
    return type_is_bool(t) ? LLVMBuildZExt(g->b, v, cg_memory_type(g, t), "") : v;
}

static bool emit_instruction(cg *g, const ir *atomic)
{
    update u;
    LLVMAtomicRMWBinOp op;
    if (!update_read(g->ctx, atomic, &u) || u.n != 1 || u.form.group[0].form != ASSOC_FORM_OP)
        return false;
    const ir *y = u.form.incoming[0];
    if (!instruction(u.form.group[0].op, y->type, &op))
        return false;
    LLVMValueRef v = to_memory(g, y->type, cg_expr(g, y));
    LLVMValueRef p = place_of(g, u.buffer[0], y->type, u.index[0]);
    LLVMValueRef done = LLVMBuildAtomicRMW(g->b, op, p, v, LLVMAtomicOrderingMonotonic, 0);
    LLVMSetAlignment(done, type_bytes(y->type));
    return true;
}

/* Whatever it computes from what is there: until nothing has come between. */
static void emit_swap(cg *g, const ir *s)
{
    cb_type t = s->arg[1]->type;
    LLVMTypeRef bits = LLVMIntTypeInContext(g->llvm, 8 * type_bytes(t)), memory = cg_memory_type(g, t);
    LLVMValueRef p = place_of(g, s->u.info->sym, t, s->arg[0]);
    LLVMValueRef first = LLVMBuildLoad2(g->b, bits, p, "");
    LLVMSetAlignment(first, type_bytes(t));
    LLVMSetOrdering(first, LLVMAtomicOrderingMonotonic);
    LLVMBasicBlockRef before = LLVMGetInsertBlock(g->b), again = cg_block(g, "again"), after = cg_block(g, "swapped");
    LLVMBuildBr(g->b, again);
    cg_go_on_in(g, again);
    LLVMValueRef seen = LLVMBuildPhi(g->b, bits, "");
    LLVMAddIncoming(seen, &first, &before, 1);
    LLVMValueRef old = LLVMBuildBitCast(g->b, seen, memory, "");
    if (type_is_bool(t))
        old = LLVMBuildTrunc(g->b, old, g->i1, "");
    const ir *self = ir_load(g->ctx, t, s->u.info->sym, 0, s->arg[0], ir_bool(g->ctx, true));
    map_putp(g->ctx->a, &g->memo, self, old);
    LLVMValueRef new = LLVMBuildBitCast(g->b, to_memory(g, t, cg_expr(g, s->arg[1])), bits, "");
    LLVMValueRef pair = LLVMBuildAtomicCmpXchg(g->b, p, seen, new, LLVMAtomicOrderingMonotonic,
                                               LLVMAtomicOrderingMonotonic, 0);
    LLVMSetAlignment(pair, type_bytes(t));
    LLVMValueRef was = LLVMBuildExtractValue(g->b, pair, 0, ""), ok = LLVMBuildExtractValue(g->b, pair, 1, "");
    LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b);
    LLVMAddIncoming(seen, &was, &here, 1);
    LLVMBuildCondBr(g->b, ok, after, again);
    cg_go_on_in(g, after);
    cg_forget(g);
}

static void emit_locked(cg *g, const ir *s)
{
    LLVMTypeRef type = LLVMFunctionType(g->nothing, &g->ptr, 1, 0);
    LLVMValueRef lock = place_of(g, s->u.info->sym, T_I32, s->arg[0]);
    LLVMBuildCall2(g->b, type, cg_extern(g, "cb_rt_lock", type), &lock, 1, "");
    cg_stmt(g, s->arg[1]);
    LLVMBuildCall2(g->b, type, cg_extern(g, "cb_rt_unlock", type), &lock, 1, "");
    cg_forget(g);
}

void cg_atomic(cg *g, const ir *s)
{
    cg_forget(g);
    if (s->nargs == 2) {
        emit_locked(g, s);
        return;
    }
    const ir *store = s->arg[0];
    if (store->op != IR_STORE || store->arg[0]->type.lanes != 1)
        diag_bug(&g->ctx->diags, "cg_llvm", "an atomic update of more than one element reached code generation");
    if (!ir_is_true(store->arg[2]))
        diag_bug(&g->ctx->diags, "cg_llvm", "an atomic update under a predicate reached code generation");
    if (!emit_instruction(g, s))
        emit_swap(g, store);
}
