/* Buffers have 0 to 16 dimensions. */
#include "case.h"

Mistake
{
    Input(in, u8, 17);
}

Fixed
{
    Input(in, u8, 3);
}
