/* The value that an update changes is counted from 0 as well. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = (x, x*x));
    define(f(3)[-1] = 9);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = (x, x*x));
    define(f(3)[1] = 9);
}
