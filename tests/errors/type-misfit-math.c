/* Functions of floats take numbers; a condition is none. */
#include "case.h"

Mistake
{
    Input(in, f32, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = sqrt(in(x) > 0));
}

Fixed
{
    Input(in, f32, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = sqrt(max(in(x), 0)));
}
