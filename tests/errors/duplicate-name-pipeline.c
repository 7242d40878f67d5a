/* Inputs, parameters and outputs of one pipeline are found by name. */
#include "case.h"

Generator(twins)
{
    Output(out, i32, 1);
    Vars(x);
    Expr gain = cb_param("out", CB_i32, 0, NULL, CB_HERE);
    define_with((gain), out(x) = gain + x);
}

Mistake
{
    command("-g", "twins", "-e", "nest");
}

Fixed
{
    command("-g", "other", "-e", "nest");
}
