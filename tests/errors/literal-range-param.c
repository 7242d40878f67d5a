/* The value of a Param has its type. */
#include "case.h"

Mistake
{
    Param(gain, u8);
    set_param(gain, 0.5);
}

Fixed
{
    Param(gain, f32);
    set_param(gain, 0.5);
}
