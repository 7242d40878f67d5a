/* The shape of a buffer does not depend on data. */
#include "case.h"

Mistake
{
    Input(a, u8, 1);
    Input(b, u8, 1);
    set_extent(b, 0, E(i32(a(0))));
}

Fixed
{
    Input(a, u8, 1);
    Input(b, u8, 1);
    set_extent(b, 0, E(a.extent(0)));
}
