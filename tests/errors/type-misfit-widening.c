/* There is no integer type of 128 bits to widen into. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = widening_mul(i64(x), x));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = widening_mul(x, x));
}
