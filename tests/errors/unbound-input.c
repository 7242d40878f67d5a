/* Inputs and Params without defaults are given values before the pipeline runs. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = in(x));
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
