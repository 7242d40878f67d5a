/* An extent is one number. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Output(out, u8, 1);
    Vars(x);
    set_extent(in, 0, E(gather(8, 16)));
    define(out(x) = in(x));
}

Fixed
{
    Input(in, u8, 1);
    Output(out, u8, 1);
    Vars(x);
    set_extent(in, 0, 16);
    define(out(x) = in(x));
}
