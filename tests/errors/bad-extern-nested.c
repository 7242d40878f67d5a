/* What a C function is given for whole regions is made of Params, sizes and numbers. */
#include "case.h"

Mistake
{
    Funcs(g, f);
    Vars(x);
    CFunction(scale, "scale", i32, (i32));
    define(g(x) = x);
    define_extern(f, (x), "sharpen", (i32), (g, invoke(scale, 3)));
}

Fixed
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define_extern(f, (x), "sharpen", (i32), (g, 3));
}
