/* A requirement is a condition. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    add_requirement(E(in.extent(0) % 8));
}

Fixed
{
    Input(in, u8, 1);
    add_requirement(E(in.extent(0) % 8 == 0));
}
