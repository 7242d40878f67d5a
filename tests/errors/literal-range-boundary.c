/* Regions of boundary conditions are whole numbers. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Funcs(g);
    mirror_interior(g, in, (0, 64.5));
}

Fixed
{
    Input(in, u8, 1);
    Funcs(g);
    mirror_interior(g, in, (0, 64));
}
