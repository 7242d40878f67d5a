/* What is defined is a Func. */
#include "case.h"

Mistake
{
    Vars(x, y);
    define(y = x + 1);
}

Fixed
{
    Vars(x);
    Funcs(y);
    define(y(x) = x + 1);
}
