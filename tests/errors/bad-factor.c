/* Factors are 1 or more. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    schedule(f, vectorize(x, 0));
    run(f, 8);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    schedule(f, vectorize(x, 8));
    run(f, 8);
}
