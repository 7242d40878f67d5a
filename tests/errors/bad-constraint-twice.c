/* One field has one value. */
#include "case.h"

Mistake
{
    Input(in, u8, 3);
    set_extent(in, 2, 3);
    set_extent(in, 2, 4);
}

Fixed
{
    Input(in, u8, 3);
    set_extent(in, 2, 3);
}
