/* What is computed does not depend on where elements lie. */
#include "case.h"

Mistake
{
    Input(in, u8, 2);
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = in(x, y) + u8(in.stride(1)));
}

Fixed
{
    Input(in, u8, 2);
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = in(x, y) + u8(in.extent(1)));
}
