/* Every operation has a number of operands. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = clamp(x, 255));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = clamp(x, 0, 255));
}
