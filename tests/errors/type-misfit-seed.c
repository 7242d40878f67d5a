/* A seed is an integer. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = random_float(0.5));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = random_float(5));
}
