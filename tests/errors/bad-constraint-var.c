/* The shape of a buffer does not depend on coordinates. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Vars(x);
    set_extent(in, 0, E(x + 1));
}

Fixed
{
    Input(in, u8, 1);
    Param(n, i32);
    set_extent(in, 0, E(n + 1));
}
