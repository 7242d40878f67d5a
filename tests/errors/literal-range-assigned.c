/* Also when it is the whole value. */
#include "case.h"

Mistake
{
    Output(out, u8, 1);
    Vars(x);
    define(out(x) = 256);
}

Fixed
{
    Output(out, u8, 1);
    Vars(x);
    define(out(x) = 255);
}
