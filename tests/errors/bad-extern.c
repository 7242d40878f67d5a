/* The name of a C function is one that a C program can declare. */
#include "case.h"

Mistake
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define_extern(f, (x), "sharpen it", (i32), (g));
}

Fixed
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define_extern(f, (x), "sharpen_it", (i32), (g));
}
