/* codegen/llvm_ccall.c: calls of C functions of scalars.
 *
 *     resp(w[ramp(x, 1, 4)], 2) if P          if (P[0]) v0 = response(w[x], 2)
 *                                             if (P[1]) v1 = response(w[x + 1], 2) ...
 *
 * A lane that is off calls nothing and gives 0. Of a pure function LLVM is told so: calls with equal
 * arguments may be one. f16 and bf16 travel as their bits, bool as a byte.
 */
#include <string.h>

#include "llvm.h"

void cg_extend_argument(cg *g, LLVMValueRef call, unsigned i, cb_type t)
{
    if (t.bits >= 32 || t.code == CB_HANDLE)
        return;
    const char *word = t.code == CB_INT ? "signext" : "zeroext";
    unsigned kind = LLVMGetEnumAttributeKindForName(word, 7);
    LLVMAddCallSiteAttribute(call, i + 1, LLVMCreateEnumAttribute(g->llvm, kind, 0));
}

static void mark_call(cg *g, LLVMValueRef call, const char *name)
{
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAddCallSiteAttribute(call, LLVMAttributeFunctionIndex, LLVMCreateEnumAttribute(g->llvm, kind, 0));
}

typedef struct calling {
    const ir *n;
    LLVMTypeRef type, result;
    LLVMValueRef fn, *arg, *one;
} calling;

static LLVMValueRef call_lane(cg *g, const calling *k, unsigned lane)
{
    unsigned nargs = k->n->nargs - 1;
    for (unsigned i = 0; i < nargs; i++)
        k->one[i] = cg_lane(g, k->arg[i], lane);
    LLVMValueRef call = LLVMBuildCall2(g->b, k->type, k->fn, k->one, nargs, "");
    for (unsigned i = 0; i < nargs; i++)
        cg_extend_argument(g, call, i, k->n->arg[i]->type);
    mark_call(g, call, "nobuiltin");
    if (ir_is_impure_call(k->n))
        return call;
    mark_call(g, call, "memory"); /* none */
    mark_call(g, call, "willreturn");
    return call;
}

/* The same where `on`, else 0. */
static LLVMValueRef call_where(cg *g, const calling *k, unsigned lane, LLVMValueRef on)
{
    LLVMValueRef v[2] = {LLVMConstNull(k->result), NULL};
    LLVMBasicBlockRef from[2] = {LLVMGetInsertBlock(g->b), NULL}, after = cg_begin_if(g, on);
    v[1] = call_lane(g, k, lane);
    from[1] = LLVMGetInsertBlock(g->b);
    cg_end_if(g, after);
    LLVMValueRef phi = LLVMBuildPhi(g->b, k->result, "");
    LLVMAddIncoming(phi, v, from, 2);
    return phi;
}

LLVMValueRef cg_c_call(cg *g, const ir *n, LLVMValueRef *arg)
{
    unsigned nargs = n->nargs - 1, lanes = n->type.lanes;
    bool is_bool = type_is_bool(n->type), always = ir_is_true(n->arg[nargs]);
    calling k = {.n = n, .arg = arg, .one = NEW_ARRAY(g->ctx->a, LLVMValueRef, nargs + 1)};
    LLVMTypeRef *types = NEW_ARRAY(g->ctx->a, LLVMTypeRef, nargs + 1);
    for (unsigned i = 0; i < nargs; i++) {
        cb_type t = n->arg[i]->type;
        if (type_is_bool(t))
            arg[i] = cg_cast(g, type_lanes(T_U8, t.lanes), t, arg[i]);
        types[i] = cg_memory_type(g, type_scalar(t));
    }
    k.result = cg_memory_type(g, type_scalar(n->type));
    k.type = LLVMFunctionType(k.result, types, nargs, 0);
    k.fn = cg_extern(g, ir_sym_name(g->ctx, n->u.ref.sym), k.type);
    LLVMValueRef all = lanes > 1 ? LLVMGetPoison(cg_lanes_type(k.result, lanes)) : NULL;
    for (unsigned i = 0; i < lanes; i++) {
        LLVMValueRef v = always ? call_lane(g, &k, i) : call_where(g, &k, i, cg_lane(g, arg[nargs], i));
        all = lanes > 1 ? cg_set_lane(g, all, v, i) : v;
    }
    return is_bool ? cg_cast(g, n->type, type_lanes(T_U8, lanes), all) : all;
}
