/* A knob changes no results, and so says nothing of buffers. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Knob(k, 8, 1, 64, 1);
    set_extent(in, 0, k);
}

Fixed
{
    Input(in, u8, 1);
    Setting(k, 8);
    set_extent(in, 0, k);
}
