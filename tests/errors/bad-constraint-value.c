/* An extent is a number of coordinates. */
#include "case.h"

Mistake
{
    Input(in, u8, 3);
    set_extent(in, 2, -1);
}

Fixed
{
    Input(in, u8, 3);
    set_extent(in, 2, 1);
}
