/* A buffer is as the program says it is. */
#include "case.h"

Mistake
{
    Input(in, u8, 2);
    set_extent(in, 1, 3);
    Funcs(f);
    Vars(x, c);
    define(f(x, c) = in(x, c));
    set_input(in, array(u8, 8, 4));
    run(f, 8, 3);
}

Fixed
{
    Input(in, u8, 2);
    set_extent(in, 1, 3);
    Funcs(f);
    Vars(x, c);
    define(f(x, c) = in(x, c));
    set_input(in, array(u8, 8, 3));
    run(f, 8, 3);
}
