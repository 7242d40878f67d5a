/* The shape of a buffer is no matter of chance. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    set_min(in, 0, E(random_int()));
}

Fixed
{
    Input(in, u8, 1);
    set_min(in, 0, 0);
}
