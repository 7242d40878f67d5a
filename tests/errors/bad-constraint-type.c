/* Numbers of elements are whole. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Param(scale, f32);
    set_extent(in, 0, E(scale*100));
}

Fixed
{
    Input(in, u8, 1);
    Param(scale, f32);
    set_extent(in, 0, E(i32(scale*100)));
}
