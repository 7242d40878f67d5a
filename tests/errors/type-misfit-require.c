/* A requirement is a condition. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = require(x, 100/x));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = require(x != 0, 100/x));
}
