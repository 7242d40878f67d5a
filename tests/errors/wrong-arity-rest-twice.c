/* It can stand only once. */
#include "case.h"

Mistake
{
    Input(in, u8, 3);
    Funcs(f);
    define(f(_) = in(_, 0, _));
}

Fixed
{
    Input(in, u8, 3);
    Funcs(f);
    define(f(_) = in(0, _));
}
