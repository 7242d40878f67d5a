/* Each coordinate has a Var of its own. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x, x) = x);
}

Fixed
{
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = x);
}
