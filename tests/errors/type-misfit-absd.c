/* Conditions have no distance. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = absd(x < 1, x < 2));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = absd(x, 2));
}
