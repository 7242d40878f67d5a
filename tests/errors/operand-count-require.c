/* A requirement has a value besides its condition. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = require(x != 0));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = require(x != 0, 100/x));
}
