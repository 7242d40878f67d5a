/* Only floats can be infinite. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = select(is_inf(x), 1, 0));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = select(is_inf(f32(x)), 1, 0));
}
