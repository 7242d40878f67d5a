/* A number takes the type of the argument. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    CFunction(g, "response", f32, (u8, i32));
    define(f(x) = g(300, x));
}

Fixed
{
    Funcs(f);
    Vars(x);
    CFunction(g, "response", f32, (u8, i32));
    define(f(x) = g(200, x));
}
