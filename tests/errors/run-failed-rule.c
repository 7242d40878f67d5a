/* A field that is to be that of another buffer. */
#include "case.h"

Mistake
{
    Input(a, u8, 1);
    Input(b, u8, 1);
    Output(out, u8, 1);
    Vars(x);
    define(out(x) = a(x) + b(x));
    set_extent(b, 0, E(a.extent(0) + 1));
    set_input(a, array(u8, 8));
    set_input(b, array(u8, 8));
    realize_into(out, array(u8, 8));
}

Fixed
{
    Input(a, u8, 1);
    Input(b, u8, 1);
    Output(out, u8, 1);
    Vars(x);
    define(out(x) = a(x) + b(x));
    set_extent(b, 0, E(a.extent(0) + 1));
    set_input(a, array(u8, 8));
    set_input(b, array(u8, 9));
    realize_into(out, array(u8, 8));
}
