/* Elements of the first dimension lie side by side. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = in(x));
    Buffer *every_second = array(u8, 16);
    every_second->dim[0] = (cb_dim){0, 8, 2};
    set_input(in, every_second);
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
