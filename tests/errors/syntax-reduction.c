/* A reduction begins with its domain. */
#include "case.h"

Mistake
{
    Funcs(g);
    Vars(x);
    define(g(x) = maximum(x, 3));
}

Fixed
{
    Funcs(g);
    Vars(x);
    define(g(x) = max(x, 3));
}
