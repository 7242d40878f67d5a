/* A Func with several values is used one value at a time. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = (x, x*x));
    define(g(x) = f(x) + 1);
}

Fixed
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = (x, x*x));
    define(g(x) = f(x)[0] + 1);
}
