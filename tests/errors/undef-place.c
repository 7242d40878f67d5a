/* Nothing is not a number to count with: undef is the value of a definition, or one choice of it. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    define(f(x) = f(x) + select(x > 3, 1, undef(i32)));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    define(f(x) = select(x > 3, f(x) + 1, undef(i32)));
}
