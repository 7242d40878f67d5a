/* A C function is called as it is declared. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    CFunction(g, "response", f32, (f32, u8));
    define(f(x) = g(f32(x)));
}

Fixed
{
    Funcs(f);
    Vars(x);
    CFunction(g, "response", f32, (f32, u8));
    define(f(x) = g(f32(x), 3));
}
