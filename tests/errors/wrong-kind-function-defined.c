/* A C function is defined in C. */
#include "case.h"

Mistake
{
    Vars(x);
    CFunction(g, "response", i32, (i32));
    define(g(x) = x + 1);
}

Fixed
{
    Funcs(g);
    Vars(x);
    define(g(x) = x + 1);
}
