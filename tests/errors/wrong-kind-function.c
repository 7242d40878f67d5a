/* A C function is no value; its calls are. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    CFunction(g, "response", i32, (i32));
    define(f(x) = g + x);
}

Fixed
{
    Funcs(f);
    Vars(x);
    CFunction(g, "response", i32, (i32));
    define(f(x) = g(1) + x);
}
