/* They are counted from 0. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = (x, x*x));
    define(g(x) = f(x)[2]);
}

Fixed
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = (x, x*x));
    define(g(x) = f(x)[1]);
}
