/* Choices have one number of values. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = (x, x*x));
    define(g(x) = select(x < 0, (0, 0, 0), f(x)));
}

Fixed
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = (x, x*x));
    define(g(x) = select(x < 0, (0, 0), f(x)));
}
