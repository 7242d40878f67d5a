/* select has a condition for every value but the last. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = select(x < 3, 1, x < 5, 2));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = select(x < 3, 1, x < 5, 2, 3));
}
