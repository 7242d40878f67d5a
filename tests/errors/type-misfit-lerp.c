/* A signed weight has no value that would mean 1. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = lerp(u8(x), u8(0), i16(x)));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = lerp(u8(x), u8(0), u16(x)));
}
