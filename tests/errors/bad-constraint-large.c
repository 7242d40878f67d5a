/* The last coordinate fits 32 bits, as the first does. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    set_min(in, 0, 2147483000);
    set_extent(in, 0, 1000);
}

Fixed
{
    Input(in, u8, 1);
    set_min(in, 0, 0);
    set_extent(in, 0, 1000);
}
