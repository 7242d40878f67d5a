/* The default of a Param is one of its values. */
#include "case.h"

Mistake
{
    Param(gain, i32, 40, 1, 16);
}

Fixed
{
    Param(gain, i32, 4, 1, 16);
}
