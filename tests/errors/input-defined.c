/* Inputs are filled by the caller. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Vars(x);
    define(in(x) = 1);
}

Fixed
{
    Funcs(in);
    Vars(x);
    define(in(x) = 1);
}
