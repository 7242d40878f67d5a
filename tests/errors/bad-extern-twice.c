/* A Func that a C function computes has no other definition. */
#include "case.h"

Mistake
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define(f(x) = 0);
    define_extern(f, (x), "sharpen", (i32), (g));
}

Fixed
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define_extern(f, (x), "sharpen", (i32), (g));
}
