/* What a C function computes lies in memory. */
#include "case.h"

Mistake
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    Funcs(h);
    define_extern(f, (x), "sharpen", (i32), (g));
    define(h(x) = f(x));
    schedule(f, compute_inline());
    set_extern("sharpen", (void (*)(void))abort);
    cb_callable_free(compile(h, "host"));
}

Fixed
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    Funcs(h);
    define_extern(f, (x), "sharpen", (i32), (g));
    define(h(x) = f(x));
    schedule(f, compute_root());
    set_extern("sharpen", (void (*)(void))abort);
    cb_callable_free(compile(h, "host"));
}
