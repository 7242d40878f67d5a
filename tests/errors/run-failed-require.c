/* A requirement that the program states ends the run where it does not hold. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = require(x < 5, 100/(5 - x), "x is", x));
    run(f, 8);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = require(x < 5, 100/(5 - x), "x is", x));
    run(f, 5);
}
