/* Only the buffers of inputs and outputs are made by the caller. */
#include "case.h"

Mistake
{
    Funcs(f);
    set_stride(f, 0, 3);
}

Fixed
{
    Input(f, u8, 1);
    set_stride(f, 0, 3);
}
