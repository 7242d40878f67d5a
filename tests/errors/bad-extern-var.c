/* A C function computes a whole region in one call: its scalars are the same for all of it. */
#include "case.h"

Mistake
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define_extern(f, (x), "sharpen", (i32), (g, x));
}

Fixed
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    Param(amount, i32);
    define_extern(f, (x), "sharpen", (i32), (g, amount));
}
