/* A Param needs a number. */
#include "case.h"

Mistake
{
    Param(gain, i32);
    Vars(x);
    set_param(gain, x);
}

Fixed
{
    Param(gain, i32);
    set_param(gain, 3);
}
