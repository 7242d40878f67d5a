/* The reference interpreter checks its buffers too. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = in(x));
    set_input(in, array(u16, 8));
    interpret(f, array(u8, 8));
}

Fixed
{
    Input(in, u8, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = in(x));
    set_input(in, array(u8, 8));
    interpret(f, array(u8, 8));
}
