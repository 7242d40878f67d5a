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

bool extern_found(pipeline *p)
{
    cb_context *c = p->ctx;
    bool ok = true;
    for (uint32_t i = 0; i < p->funcs.n; i++) {
        const definition *def = p->funcs.at[i]->defs.at[0];
        if (def->kind != DEF_EXTERN || find(c, def->function))
            continue;
        diag *d = diag_begin(&c->diags, DIAG_NO_FUNCTION, def->loc,
                             "'%s' is computed by the C function '%s', which this program does not have",
                             p->funcs.at[i]->name, def->function);
        diag_help(&c->diags, d, "say where it is: set_extern(\"%s\", %s)", def->function, def->function);
        diag_end(&c->diags, d);
        ok = false;
    }
    return ok;
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
