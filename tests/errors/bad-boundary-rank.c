/* One pair for each dimension, at most. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Funcs(g);
    mirror(g, in, (0, 64), (0, 64));
}

Fixed
{
    Input(in, u8, 1);
    Funcs(g);
    mirror(g, in, (0, 64));
}
