/* Coordinates are i32; narrower integers widen by themselves. */
#include "case.h"

Mistake
{
    Input(in, f32, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = in(x*0.5f));
}

Fixed
{
    Input(in, f32, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = in(i32(x*0.5f)));
}
