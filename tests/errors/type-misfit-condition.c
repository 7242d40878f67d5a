/* Conditions are bool: a number is not one. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = select(x & 1, 1, 2));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = select((x & 1) != 0, 1, 2));
}
