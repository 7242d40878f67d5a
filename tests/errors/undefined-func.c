/* Funcs are defined before they are used, so a pipeline has no cycles. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x);
    define(g(x) = f(x) + 1);
}

Fixed
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = x);
    define(g(x) = f(x) + 1);
}
