/* One pair for each dimension, at most, whichever the boundary condition. */
#include "case.h"

Mistake
{
    Input(in, f32, 2);
    Funcs(g);
    mirror_interior(g, in, (0, 64), (0, 48), (0, 3));
}

Fixed
{
    Input(in, f32, 2);
    Funcs(g);
    mirror_interior(g, in, (0, 64), (0, 48));
}
