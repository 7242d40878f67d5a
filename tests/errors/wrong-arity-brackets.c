/* Coordinates stand in parentheses; brackets choose one value of several, or a Func of an
 * array. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = x);
    define(g(x) = f[x + 1]);
}

Fixed
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = x);
    define(g(x) = f(x + 1));
}
