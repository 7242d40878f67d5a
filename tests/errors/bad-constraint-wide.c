/* Extents have 32 bits. */
#include "case.h"

Mistake
{
    Input(a, u8, 1);
    Input(b, u8, 1);
    set_extent(b, 0, stride(a, 0));
}

Fixed
{
    Input(a, u8, 1);
    Input(b, u8, 1);
    any_stride(a);
    set_extent(b, 0, E(i32(a.stride(0))));
}
