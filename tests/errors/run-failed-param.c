/* Parameters have a range. */
#include "case.h"

Mistake
{
    Param(gain, i32, 4, 1, 16);
    Funcs(f);
    Vars(x);
    define(f(x) = x*gain);
    set_param(gain, 20);
    run(f, 8);
}

Fixed
{
    Param(gain, i32, 4, 1, 16);
    Funcs(f);
    Vars(x);
    define(f(x) = x*gain);
    set_param(gain, 16);
    run(f, 8);
}
