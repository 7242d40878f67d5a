/* The reference interpreter knows what is required. */
#include "case.h"

Mistake
{
    Input(a, u8, 1);
    Input(b, u8, 1);
    Output(out, u8, 1);
    Vars(x);
    define(out(x) = a(x) + b(x));
    add_requirement(E(out.extent(0) % 4 == 0), "the width is", extent(out, 0));
    set_input(a, array(u8, 8));
    set_input(b, array(u8, 8));
    interpret(out, array(u8, 7));
}

Fixed
{
    Input(a, u8, 1);
    Input(b, u8, 1);
    Output(out, u8, 1);
    Vars(x);
    define(out(x) = a(x) + b(x));
    add_requirement(E(out.extent(0) % 4 == 0), "the width is", extent(out, 0));
    set_input(a, array(u8, 8));
    set_input(b, array(u8, 8));
    interpret(out, array(u8, 8));
}
