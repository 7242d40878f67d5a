/* A pipeline checks the buffers it is given before it computes anything. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = in(x) + in(x + 1));
    set_input(in, array(u8, 8));
    run(f, 8);
}

Fixed
{
    Input(in, u8, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = in(x) + in(x + 1));
    set_input(in, array(u8, 9));
    run(f, 8);
}
