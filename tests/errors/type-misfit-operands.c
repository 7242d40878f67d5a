/* Operands of different types meet in a common type, if there is one. */
#include "case.h"

Mistake
{
    Input(flags, bool, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = flags(x) + x);
}

Fixed
{
    Input(flags, bool, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = select(flags(x), 1, 0) + x);
}
