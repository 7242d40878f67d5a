/* In an update too. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = 0);
    define(f(x, x) = 1);
}

Fixed
{
    Funcs(f);
    Vars(x, y);
    RDom(r, (0, 8));
    define(f(x, y) = 0);
    define(f(r, r) = 1);
}
