/* A choice between values is written select, because both are computed. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x > 3 ? x : 3);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = select(x > 3, x, 3));
}
