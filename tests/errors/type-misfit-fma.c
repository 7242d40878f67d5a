/* Sums of products of integers are exact anyway. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = fma(x, 3, 1));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = fma(f32(x), 3, 1));
}
