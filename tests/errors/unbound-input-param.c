/* The same for parameters. */
#include "case.h"

Mistake
{
    Param(gain, i32);
    Funcs(f);
    Vars(x);
    define(f(x) = x*gain);
    run(f, 8);
}

Fixed
{
    Param(gain, i32, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = x*gain);
    run(f, 8);
}
