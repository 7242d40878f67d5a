/* codegen/llvm_compat.c: what differs between LLVM versions (19 to 22), and registering targets.
 *
 * LLVM 22 dropped the alignment operand of the masked memory intrinsics and takes an `align`
 * attribute on the pointer instead. We look at the intrinsic's type rather than at the version:
 *
 *     19:  llvm.masked.load(ptr p, i32 4, <8 x i1> mask, <8 x float> rest)
 *     22:  llvm.masked.load(ptr align 4 p, <8 x i1> mask, <8 x float> rest)
 */
#include <pthread.h>
#include <string.h>

#include <llvm-c/Target.h>

#include "llvm.h"

static void register_all(void)
{
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
}

/* LLVM's registry is one list per process and filling it is not safe in two threads at once; the
 * flag guards LLVM's own state and holds none of ours. */
void cg_register_targets(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_all);
}

/* Calls llvm.masked.NAME with operands a, pointer(s), mask and rest, leaving out NULLs. `at` is the
 * position of the pointer. */
static LLVMValueRef masked(cg *g, const char *name, LLVMTypeRef data, LLVMTypeRef pointer,
                           LLVMValueRef value, LLVMValueRef p, unsigned align, LLVMValueRef mask,
                           LLVMValueRef pass)
{
    LLVMTypeRef overload[2] = {data, pointer};
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMValueRef fn = LLVMGetIntrinsicDeclaration(g->module, id, overload, 2);
    LLVMTypeRef type = LLVMIntrinsicGetType(g->llvm, id, overload, 2);
    LLVMValueRef arg[4];
    unsigned n = 0, at = value ? 2 : 1;
    if (value)
        arg[n++] = value;
    arg[n++] = p;
    bool has_align = LLVMCountParamTypes(type) == 4;
    if (has_align)
        arg[n++] = cg_i32(g, align);
    arg[n++] = mask;
    if (pass)
        arg[n++] = pass;
    LLVMValueRef call = LLVMBuildCall2(g->b, type, fn, arg, n, "");
    if (!has_align) {
        unsigned kind = LLVMGetEnumAttributeKindForName("align", 5);
        LLVMAddCallSiteAttribute(call, at, LLVMCreateEnumAttribute(g->llvm, kind, align));
    }
    return call;
}

LLVMValueRef cg_masked_load(cg *g, LLVMTypeRef t, LLVMValueRef p, unsigned align, LLVMValueRef mask,
                            LLVMValueRef pass)
{
    return masked(g, "llvm.masked.load", t, g->ptr, NULL, p, align, mask, pass);
}

LLVMValueRef cg_masked_store(cg *g, LLVMValueRef v, LLVMValueRef p, unsigned align,
                             LLVMValueRef mask)
{
    return masked(g, "llvm.masked.store", LLVMTypeOf(v), g->ptr, v, p, align, mask, NULL);
}

LLVMValueRef cg_gather(cg *g, LLVMTypeRef t, LLVMValueRef ps, unsigned align, LLVMValueRef mask,
                       LLVMValueRef pass)
{
    return masked(g, "llvm.masked.gather", t, LLVMTypeOf(ps), NULL, ps, align, mask, pass);
}

LLVMValueRef cg_scatter(cg *g, LLVMValueRef v, LLVMValueRef ps, unsigned align, LLVMValueRef mask)
{
    return masked(g, "llvm.masked.scatter", LLVMTypeOf(v), LLVMTypeOf(ps), v, ps, align, mask,
                  NULL);
}

void cg_version(text *t)
{
    unsigned major, minor, patch;
    LLVMGetVersion(&major, &minor, &patch);
    text_printf(t, "LLVM %u.%u.%u", major, minor, patch);
}
