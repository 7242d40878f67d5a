/* A C function is given Funcs that have a definition. */
#include "case.h"

Mistake
{
    Funcs(g, f);
    Vars(x);
    define_extern(f, (x), "sharpen", (i32), (g));
}

Fixed
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define_extern(f, (x), "sharpen", (i32), (g));
}
