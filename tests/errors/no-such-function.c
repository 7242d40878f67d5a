/* A pipeline that is run from the program that built it finds its C functions there. */
#include "case.h"

Mistake
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define_extern(f, (x), "copy", (i32), (g));
    run(f, 8);
}

Fixed
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define_extern(f, (x), "copy", (i32), (g));
    set_extern("copy", copy);
    run(f, 8);
}
