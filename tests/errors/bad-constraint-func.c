/* Only what the caller gives has fields. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = in(x));
    set_extent(in, 0, extent(f, 0));
}

Fixed
{
    Input(in, u8, 1);
    Output(f, u8, 1);
    Vars(x);
    define(f(x) = in(x));
    set_extent(in, 0, extent(f, 0));
}
