/* Every element of an output has memory of its own. */
#include "case.h"

Mistake
{
    Output(out, u8, 2);
    set_stride(out, 1, 0);
}

Fixed
{
    Output(out, u8, 2);
    set_stride(out, 1, 640);
}
