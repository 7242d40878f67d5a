/* The values of the message are known when the pipeline is called. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Vars(x);
    add_requirement(E(in.extent(0) > 0), "x is", x);
}

Fixed
{
    Input(in, u8, 1);
    add_requirement(E(in.extent(0) > 0), "it has", extent(in, 0));
}
