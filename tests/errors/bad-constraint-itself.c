/* Nothing is said by a field that is itself. */
#include "case.h"

Mistake
{
    Input(in, u8, 2);
    set_stride(in, 1, E(in.extent(0)*in.stride(1)));
}

Fixed
{
    Input(in, u8, 2);
    set_stride(in, 1, E(in.extent(0)*in.stride(0)));
}
