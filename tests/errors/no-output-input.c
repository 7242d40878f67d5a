/* An output is computed. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    run(in, 8);
}

Fixed
{
    Input(in, u8, 1);
    Funcs(copy);
    Vars(x);
    define(copy(x) = in(x));
    set_input(in, array(u8, 8));
    run(copy, 8);
}
