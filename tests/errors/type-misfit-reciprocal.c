/* The functions of floats make f32 of integers, so that their result is not an integer by itself. */
#include "case.h"

Mistake
{
    Input(in, u16, 1);
    Output(out, u16, 1);
    Vars(x);
    define(out(x) = fast_inverse_sqrt(in(x)));
}

Fixed
{
    Input(in, u16, 1);
    Output(out, u16, 1);
    Vars(x);
    define(out(x) = u16_sat(1000*fast_inverse_sqrt(in(x) + 1)));
}
