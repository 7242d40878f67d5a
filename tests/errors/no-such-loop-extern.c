/* The loops of a C function are its own. */
#include "case.h"

Mistake
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define_extern(f, (x), "sharpen", (i32), (g));
    schedule(f, vectorize(x, 8));
    set_extern("sharpen", (void (*)(void))abort);
    cb_callable_free(compile(f, "host"));
}

Fixed
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define_extern(f, (x), "sharpen", (i32), (g));
    schedule(g, compute_root(), vectorize(x, 8));
    set_extern("sharpen", (void (*)(void))abort);
    cb_callable_free(compile(f, "host"));
}
