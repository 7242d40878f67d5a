/* A C function that returns something else than 0 ends the run. */
#include "case.h"

static int fail(const cb_env *env, cb_buffer *in, cb_buffer *out)
{
    (void)env;
    in->dim[0] = out->dim[0];
    return out->host ? 7 : 0;
}

Mistake
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define_extern(f, (x), "fail", (i32), (g));
    set_extern("fail", fail);
    interpret(f, array(i32, 8));
}

Fixed
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define_extern(f, (x), "copy", (i32), (g));
    set_extern("copy", copy);
    interpret(f, array(i32, 8));
}
