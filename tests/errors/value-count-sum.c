/* Operators work on single values. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = (x, x*x) + 1);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = (x + 1, x*x + 1));
}
