/* An underscore stands for the coordinates that are not written, so there may be too many already. */
#include "case.h"

Mistake
{
    Input(in, u8, 2);
    Funcs(f);
    Vars(x, y, c);
    define(f(x, y, c) = in(x, y, c, _));
}

Fixed
{
    Input(in, u8, 2);
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = in(x, y, _));
}
