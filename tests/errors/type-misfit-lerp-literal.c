/* A weight without a type of its own could mean 1 or 1/255. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = lerp(u8(x), u8(0), 1));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = lerp(u8(x), u8(0), 1.0));
}
