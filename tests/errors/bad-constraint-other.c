/* A field has one value. */
#include "case.h"

Mistake
{
    Input(a, u8, 1);
    Input(b, u8, 1);
    set_extent(b, 0, extent(a, 0));
    set_extent(b, 0, E(a.extent(0) + 1));
}

Fixed
{
    Input(a, u8, 1);
    Input(b, u8, 1);
    set_extent(b, 0, extent(a, 0));
    set_extent(b, 0, E(a.extent(0)));
}
