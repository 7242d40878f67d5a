/* A buffer has min, extent and stride. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Output(out, u8, 1);
    add_requirement(E(in.size(0) > 8));
}

Fixed
{
    Input(in, u8, 1);
    Output(out, u8, 1);
    add_requirement(E(in.extent(0) > 8));
}
