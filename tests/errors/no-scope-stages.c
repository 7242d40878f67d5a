/* Stages names what a generator has made, so it only means something in a Schedule body. */
#include "case.h"

Mistake
{
    Stages(out);
}

Fixed
{
    Output(out, u8, 2);
}
