/* The region of everything that is read is found from the ranges of the coordinates; a
 * coordinate that comes from data has the range of its type. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Input(index, i32, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = in(index(x)));
    set_input(in, array(u8, 8));
    set_input(index, array(i32, 8));
    run(f, 8);
}

Fixed
{
    Input(in, u8, 1);
    Input(index, i32, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = in(clamp(index(x), 0, 7)));
    set_input(in, array(u8, 8));
    set_input(index, array(i32, 8));
    run(f, 8);
}
