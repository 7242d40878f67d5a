/* Not every operation has a meaning for every type. */
#include "case.h"

Mistake
{
    Input(in, f32, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = in(x) & 1);
}

Fixed
{
    Input(in, f32, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = i32(in(x)) & 1);
}
