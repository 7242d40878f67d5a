/* An image is continued in one way: the second boundary condition needs a Func of its own. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Funcs(edge);
    repeat_image(edge, in);
    mirror_interior(edge, in);
}

Fixed
{
    Input(in, u8, 1);
    Funcs(tiled, edge);
    repeat_image(tiled, in);
    mirror_interior(edge, in);
}
