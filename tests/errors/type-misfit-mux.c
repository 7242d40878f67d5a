/* mux counts from 0; a condition chooses with select. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = mux(x < 3, 10, 20));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = select(x < 3, 10, 20));
}
