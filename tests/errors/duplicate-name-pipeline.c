/* Inputs, parameters and outputs of one pipeline are found by name. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    Local()
    {
        Expr f_again = cb_param("f", CB_i32, 1, (Expr[]){E(1)}, CB_HERE);
        define_with((f, f_again), f(x) = x + f_again);
    }
    run(f, 8);
}

Fixed
{
    Funcs(f);
    Vars(x);
    Param(g, i32, 1);
    define(f(x) = x + g);
    run(f, 8);
}
