/* Three values do not go to two places. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    define(f(scatter(0, 1)) = gather(f(1), f(2), f(0)));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    define(f(scatter(0, 1, 2)) = gather(f(1), f(2), f(0)));
}
