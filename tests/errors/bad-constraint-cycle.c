/* A chain of rules has an end. */
#include "case.h"

Mistake
{
    Input(a, u8, 1);
    Input(b, u8, 1);
    Input(c, u8, 1);
    set_extent(b, 0, extent(a, 0));
    set_extent(c, 0, E(b.extent(0) + 1));
    set_extent(a, 0, E(c.extent(0) - 1));
}

Fixed
{
    Input(a, u8, 1);
    Input(b, u8, 1);
    Input(c, u8, 1);
    set_extent(b, 0, extent(a, 0));
    set_extent(c, 0, E(b.extent(0) + 1));
    add_requirement(E(a.extent(0) > 1));
}
