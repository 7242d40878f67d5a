/* codegen/jit.c: an object in memory, linked into this process.
 *
 * The object is the very one that would be written to disk. Each piece of code has a linker of its
 * own (an LLJIT), so that freeing one takes nothing from another. The names it may refer to are
 * given one by one, runtime and C library, which works in a static program too; functions of the
 * user's are looked up in the process.
 */
#include <math.h>
#include <string.h>

#include <llvm-c/LLJIT.h>
#include <llvm-c/Orc.h>

#include "../dsl/front.h"
#include "llvm.h"

struct jit_code {
    LLVMOrcLLJITRef lljit;
    cb_allocator_fns fns; /* it outlives the context it came from */
    deferred cleanup;
    char error[512]; /* what the linker complained about */
};

/* A function of the C library with its float twin. */
#define PAIR1(fn)                                                                                \
    {#fn, (uintptr_t)(double (*)(double))fn}, {#fn "f", (uintptr_t)(float (*)(float))fn##f}
#define PAIR2(fn)                                                                                \
    {#fn, (uintptr_t)(double (*)(double, double))fn},                                            \
    {#fn "f", (uintptr_t)(float (*)(float, float))fn##f}

typedef struct known {
    const char *name;
    uintptr_t address;
} known;

/* Calls use(env, name, address) for every name. */
static void for_known(void (*use)(void *env, const char *name, uintptr_t address), void *env)
{
    const known names[] = {
        PAIR1(floor), PAIR1(ceil), PAIR1(trunc), PAIR1(rint), PAIR2(fmod),
        {"fma", (uintptr_t)(double (*)(double, double, double))fma},
        {"fmaf", (uintptr_t)(float (*)(float, float, float))fmaf},
        {"memcpy", (uintptr_t)memcpy},
        {"memmove", (uintptr_t)memmove},
        {"memset", (uintptr_t)memset},
        {"cb_rt_alloc", (uintptr_t)cb_rt_alloc},
        {"cb_rt_free", (uintptr_t)cb_rt_free},
        {"cb_rt_par_for", (uintptr_t)cb_rt_par_for},
        {"cb_rt_error", (uintptr_t)cb_rt_error},
        {"cb_rt_print", (uintptr_t)cb_rt_print},
        {"cb_rt_lock", (uintptr_t)cb_rt_lock},
        {"cb_rt_unlock", (uintptr_t)cb_rt_unlock},
        {"cb_rt_cancelled", (uintptr_t)cb_rt_cancelled},
    };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        use(env, names[i].name, names[i].address);
}

/* ---- errors of LLVM -------------------------------------------------------------------------- */

static void keep(jit_code *j, LLVMErrorRef e)
{
    char *why = LLVMGetErrorMessage(e);
    size_t n = strlen(why);
    if (!j->error[0]) { /* the first says most */
        if (n >= sizeof j->error)
            n = sizeof j->error - 1;
        memcpy(j->error, why, n);
        j->error[n] = 0;
    }
    LLVMDisposeErrorMessage(why);
}

static void on_error(void *arg, LLVMErrorRef e) { keep(arg, e); }

/* ---- linking --------------------------------------------------------------------------------- */

typedef struct definitions {
    LLVMOrcExecutionSessionRef session;
    LLVMOrcCSymbolMapPair *pair;
    size_t n, cap;
} definitions;

static void define(void *env, const char *name, uintptr_t address)
{
    definitions *d = env;
    if (d->n == d->cap)
        return;
    LLVMOrcCSymbolMapPair *p = &d->pair[d->n++];
    memset(p, 0, sizeof *p);
    p->Name = LLVMOrcExecutionSessionIntern(d->session, name);
    p->Sym.Address = (LLVMOrcExecutorAddress)address;
    p->Sym.Flags.GenericFlags = LLVMJITSymbolGenericFlagsExported |
                                LLVMJITSymbolGenericFlagsCallable;
}

/* Functions of the user's that set_extern has given. */
static void define_given(definitions *d, cb_context *c)
{
    const map *given = &front_of(c)->functions;
    for (uint32_t i = 0; i < given->n; i++)
        define(d, (const char *)(uintptr_t)given->entry[i].key, (uintptr_t)given->entry[i].val);
}

static LLVMErrorRef link_object(cb_context *c, jit_code *j, const char *object, size_t n, const char *name)
{
    LLVMErrorRef e = LLVMOrcCreateLLJIT(&j->lljit, NULL);
    if (e)
        return e;
    LLVMOrcJITDylibRef lib = LLVMOrcLLJITGetMainJITDylib(j->lljit);
    definitions d = {.session = LLVMOrcLLJITGetExecutionSession(j->lljit)};
    LLVMOrcExecutionSessionSetErrorReporter(d.session, on_error, j);
    d.cap = 96 + front_of(c)->functions.n;
    d.pair = NEW_ARRAY(c->a, LLVMOrcCSymbolMapPair, d.cap);
    for_known(define, &d);
    define_given(&d, c);
    e = LLVMOrcJITDylibDefine(lib, LLVMOrcAbsoluteSymbols(d.pair, d.n));
    if (e)
        return e;
    LLVMOrcDefinitionGeneratorRef process;
    e = LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess(
        &process, LLVMOrcLLJITGetGlobalPrefix(j->lljit), NULL, NULL);
    if (e)
        return e;
    LLVMOrcJITDylibAddGenerator(lib, process);
    LLVMMemoryBufferRef copy = LLVMCreateMemoryBufferWithMemoryRangeCopy(object, n, name);
    return LLVMOrcLLJITAddObjectFile(j->lljit, lib, copy);
}

static void give_back(void *arg) { jit_free(arg); }

jit_code *jit_load(cb_context *c, const char *object, size_t n, const char *name)
{
    const cb_allocator_fns *fns = arena_fns(c->a);
    jit_code *j = fns->alloc(fns->user, sizeof *j);
    if (!j) {
        diag_failed(&c->diags, c->diags.errors, (cb_loc){0});
        return NULL;
    }
    memset(j, 0, sizeof *j);
    j->fns = *fns;
    cg_register_targets();
    guard_defer(&c->esc, &j->cleanup, give_back, j);
    const char *symbol = arena_printf(c->a, "%s_argv", name);
    bool is_object = n > 4 && memcmp(object, "\177ELF", 4) == 0;
    LLVMErrorRef e = is_object ? link_object(c, j, object, n, name) : NULL;
    LLVMOrcExecutorAddress address = 0;
    if (!e && is_object)
        e = LLVMOrcLLJITLookup(j->lljit, &address, symbol);
    if (!e && is_object) {
        guard_undefer(&c->esc, &j->cleanup);
        return j;
    }
    if (e)
        keep(j, e);
    diag *d = diag_begin(&c->diags, DIAG_JIT_LOAD, (cb_loc){0}, "'%s' could not be loaded: %s",
                         name, is_object ? j->error : "it is not an object file");
    diag_help(&c->diags, d, "%s",
              strstr(j->error, "Symbols not found")
                  ? "the object calls C functions that this program does not have: link both into one that does"
                  : "it must be an object file made by Carbide for this machine");
    diag_end(&c->diags, d);
    guard_undefer(&c->esc, &j->cleanup);
    jit_free(j);
    return NULL;
}

void *jit_symbol(jit_code *j, const char *symbol)
{
    LLVMOrcExecutorAddress address = 0;
    LLVMErrorRef e = LLVMOrcLLJITLookup(j->lljit, &address, symbol);
    if (e) {
        LLVMConsumeError(e);
        return NULL;
    }
    return (void *)(uintptr_t)address;
}

void jit_free(jit_code *j)
{
    if (!j)
        return;
    if (j->lljit) {
        LLVMErrorRef e = LLVMOrcDisposeLLJIT(j->lljit);
        if (e)
            LLVMConsumeError(e);
    }
    j->fns.free(j->fns.user, j);
}
