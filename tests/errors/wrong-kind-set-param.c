/* Only Params are given values. */
#include "case.h"

Mistake
{
    Vars(x);
    set_param(x, 3);
}

Fixed
{
    Param(gain, i32);
    set_param(gain, 3);
}
