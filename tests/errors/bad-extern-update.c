/* A Func that a C function computes has no updates. */
#include "case.h"

Mistake
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define_extern(f, (x), "sharpen", (i32), (g));
    define(f(x) += 1);
}

Fixed
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    Funcs(h);
    define_extern(f, (x), "sharpen", (i32), (g));
    define(h(x) = f(x) + 1);
}
