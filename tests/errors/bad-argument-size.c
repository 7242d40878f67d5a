/* Sizes are 0 or more. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    run(f, -1);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    run(f, 0);
}
