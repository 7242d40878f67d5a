/* The element type must be right. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = in(x));
    set_input(in, array(u16, 8));
    run(f, 8);
}

Fixed
{
    Input(in, u8, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = in(x));
    set_input(in, array(u8, 8));
    run(f, 8);
}
