/* An equation says what a Func is. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) == x);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
}
