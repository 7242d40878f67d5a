/* Only inputs are given buffers. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    set_input(f, array(i32, 8));
}

Fixed
{
    Input(f, i32, 1);
    set_input(f, array(i32, 8));
}
