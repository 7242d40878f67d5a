/* It stands for coordinates only. */
#include "case.h"

Mistake
{
    Input(in, u8, 3);
    Funcs(f);
    define(f(_) = in(_) + _);
}

Fixed
{
    Input(in, u8, 3);
    Funcs(f);
    define(f(_) = in(_));
}
