/* Fixed-point words are for integers. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = halving_add(f32(x), 1.5));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = (f32(x) + 1.5) * 0.5);
}
