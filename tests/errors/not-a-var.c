/* A pure definition holds for every element, so each coordinate is a Var. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x, 0) = x);
}

Fixed
{
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = x);
}
