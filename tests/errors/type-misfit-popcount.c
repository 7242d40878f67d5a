/* Bits are counted of integers. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = popcount(f32(x)));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = popcount(reinterpret(u32, f32(x))));
}
