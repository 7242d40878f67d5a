/* A Func has as many coordinates as its first definition gave it. */
#include "case.h"

Mistake
{
    Input(in, u8, 2);
    Funcs(f);
    Vars(x);
    define(f(x) = in(x) + 1);
}

Fixed
{
    Input(in, u8, 2);
    Funcs(f);
    Vars(x);
    define(f(x) = in(x, 0) + 1);
}
