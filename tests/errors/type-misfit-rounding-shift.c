/* A shift count is an integer. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = rounding_shift_right(x, 1.5));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = rounding_shift_right(x, 2));
}
