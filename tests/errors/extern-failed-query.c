/* Asked about a region that it has enlarged itself, a C function agrees. */
#include "case.h"

static int grow(const cb_env *env, cb_buffer *in, cb_buffer *out)
{
    (void)env;
    if (!out->host)
        in->dim[0] = out->dim[0], out->dim[0].extent++;
    for (int i = 0; out->host && i < out->dim[0].extent; i++)
        ((int32_t *)out->host)[i] = ((int32_t *)in->host)[i];
    return 0;
}

Mistake
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define_extern(f, (x), "grow", (i32), (g));
    set_extern("grow", grow);
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
