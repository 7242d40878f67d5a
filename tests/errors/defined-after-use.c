/* Who uses a Func has seen all of its definitions. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = x);
    define(g(x) = f(x) + 1);
    define(f(0) = 7);
}

Fixed
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = x);
    define(f(0) = 7);
    define(g(x) = f(x) + 1);
}
