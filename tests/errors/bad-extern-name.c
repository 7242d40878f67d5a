/* A pipeline and a C function that it calls have different names. */
#include "case.h"

static int f(const cb_env *env, cb_buffer *out)
{
    (void)env;
    for (int i = 0; out->host && i < out->dim[0].extent; i++)
        ((int32_t *)out->host)[i] = i;
    return 0;
}

Mistake
{
    Funcs(f);
    Vars(x);
    define_extern(f, (x), "f", (i32), ());
    run(f, 8);
}

Fixed
{
    Funcs(g);
    Vars(x);
    define_extern(g, (x), "f", (i32), ());
    set_extern("f", f);
    run(g, 8);
}
