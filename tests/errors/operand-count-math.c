/* Functions take the operands that CB_OPS lists for them. */
#include "case.h"

Mistake
{
    Input(in, f32, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = fast_pow(in(x)));
}

Fixed
{
    Input(in, f32, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = fast_pow(in(x), 2.2));
}
