/* Only an update writes several places, and its left side names them. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = gather(x, 2*x));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    define(f(scatter(0, 1)) = gather(10, 20));
}
