/* The values of a Func are counted from 0. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = (x, x*x));
    define(f(3)[2] = 9);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = (x, x*x));
    define(f(3)[1] = 9);
}
