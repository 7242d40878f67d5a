/* A negative power of an integer is no integer. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = ipow(x, -2));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = ipow(f32(x), -2));
}
