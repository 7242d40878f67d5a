/* What a C function is given lies in memory too. */
#include "case.h"

Mistake
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define_extern(f, (x), "sharpen", (i32), (g));
    schedule(g, compute_inline());
    set_extern("sharpen", (void (*)(void))abort);
    cb_callable_free(compile(f, "host"));
}

Fixed
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define_extern(f, (x), "sharpen", (i32), (g));
    set_extern("sharpen", (void (*)(void))abort);
    cb_callable_free(compile(f, "host"));
}
