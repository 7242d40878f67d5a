/* What is computed does not depend on which part of it is wanted. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Output(out, u8, 1);
    Vars(x);
    define(out(x) = in(x) + u8(out.extent(0)));
}

Fixed
{
    Input(in, u8, 1);
    Output(out, u8, 1);
    Param(n, i32);
    Vars(x);
    define(out(x) = in(x) + u8(n));
}
