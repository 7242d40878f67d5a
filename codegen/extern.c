/* codegen/extern.c: C functions called from this process: where they are, and calling them.
 *
 *     set_extern("sharpen", sharpen)     or any exported function of the process with that name
 *
 * Compiled code calls them directly; the interpreter, which knows a function's arguments only at run
 * time, through libffi.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <ffi.h>

#include "codegen.h"

#include "../dsl/front.h"

#include <string.h>

static uintptr_t find(cb_context *c, const char *name)
{
    uintptr_t at = extern_address(c, name);
    void *self = at ? NULL : dlopen(NULL, RTLD_NOW);
    if (self) {
        at = (uintptr_t)dlsym(self, name);
        dlclose(self);
    }
    return at;
}

typedef struct search {
    cb_context *c;
    bool ok;
} search;

static void missing(search *S, cb_loc loc, const char *function, const char *say)
{
    diag *d = diag_begin(&S->c->diags, DIAG_NO_FUNCTION, loc, "%s", say);
    diag_help(&S->c->diags, d, "say where it is: set_extern(\"%s\", %s)", function, function);
    diag_end(&S->c->diags, d);
    S->ok = false;
}

static void find_called(void *env, const definition *def, const ir *call)
{
    search *S = env;
    const char *name = ir_sym_name(S->c, call->u.ref.sym);
    if (!find(S->c, name))
        missing(S, def->loc, name,
                arena_printf(S->c->a, "the C function '%s' is called, which this program does not have", name));
}

bool extern_found(pipeline *p)
{
    search S = {p->ctx, true};
    for (uint32_t i = 0; i < p->funcs.n; i++) {
        const definition *def = p->funcs.at[i]->defs.at[0];
        if (def->kind == DEF_EXTERN && !find(S.c, def->function))
            missing(&S, def->loc, def->function,
                    arena_printf(S.c->a, "'%s' is computed by the C function '%s', which this program does not have",
                                 p->funcs.at[i]->name, def->function));
    }
    c_calls_of(p, find_called, &S);
    return S.ok;
}

static ffi_type *ffi_type_of(cb_type t)
{
    if (t.code == CB_HANDLE)
        return &ffi_type_pointer;
    if (type_is_float(t) && t.bits >= 32)
        return t.bits == 64 ? &ffi_type_double : &ffi_type_float;
    bool sign = t.code == CB_INT;
    switch (t.bits) {
    case 16: return sign ? &ffi_type_sint16 : &ffi_type_uint16;
    case 32: return sign ? &ffi_type_sint32 : &ffi_type_uint32;
    case 64: return sign ? &ffi_type_sint64 : &ffi_type_uint64;
    default: return sign ? &ffi_type_sint8 : &ffi_type_uint8;
    }
}

int extern_invoke(void *user, const char *name, uint32_t n, const cb_type *types, void **values)
{
    cb_context *c = user;
    ffi_cif cif;
    ffi_type **type = NEW_ARRAY(c->a, ffi_type *, n + 1);
    void **arg = NEW_ARRAY(c->a, void *, n + 1);
    void *env = NULL;
    uintptr_t at = find(c, name);
    ffi_arg result = 0;
    if (!at)
        return CB_ERR_INTERNAL;
    type[0] = &ffi_type_pointer;
    arg[0] = &env;
    for (uint32_t i = 0; i < n; i++) {
        type[i + 1] = ffi_type_of(types[i]);
        arg[i + 1] = values[i];
    }
    if (ffi_prep_cif(&cif, FFI_DEFAULT_ABI, n + 1, &ffi_type_sint, type) != FFI_OK)
        return CB_ERR_INTERNAL;
    void (*fn)(void);
    memcpy(&fn, &at, sizeof at); /* ISO C has no conversion from an object's address */
    ffi_call(&cif, fn, &result, arg);
    return (int)result;
}

bool extern_element(void *user, const char *name, cb_type t, uint32_t n, const cb_type *types, void **values, void *result)
{
    ffi_cif cif;
    ffi_type *type[16];
    union {
        ffi_arg small; /* libffi widens integers to this */
        char bytes[16];
    } got = {.bytes = {0}};
    uintptr_t at = find(user, name);
    if (!at || n > 16)
        return false;
    for (uint32_t i = 0; i < n; i++)
        type[i] = ffi_type_of(types[i]);
    if (ffi_prep_cif(&cif, FFI_DEFAULT_ABI, n, ffi_type_of(t), type) != FFI_OK)
        return false;
    void (*fn)(void);
    memcpy(&fn, &at, sizeof at);
    ffi_call(&cif, fn, &got, values);
    uint64_t bits = got.small;
    uint8_t b1 = (uint8_t)bits;
    uint16_t b2 = (uint16_t)bits;
    uint32_t b4 = (uint32_t)bits;
    if (type_is_float(t) && t.bits >= 32)
        memcpy(result, got.bytes, t.bits / 8);
    else if (t.bits <= 8)
        memcpy(result, &b1, 1);
    else
        memcpy(result, t.bits == 16 ? (void *)&b2 : t.bits == 32 ? (void *)&b4 : (void *)&bits, t.bits / 8);
    return true;
}
