/* Dimensions are counted from 0. */
#include "case.h"

Mistake
{
    Input(in, u8, 3);
    set_extent(in, 3, 3);
}

Fixed
{
    Input(in, u8, 3);
    set_extent(in, 2, 3);
}
