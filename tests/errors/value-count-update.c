/* Every definition gives all values. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = (x, x*x));
    define(f(3) = 9);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = (x, x*x));
    define(f(3) = (3, 9));
}
