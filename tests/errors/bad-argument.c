/* realize takes one size for each dimension. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = x + y);
    run(f, 640);
}

Fixed
{
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = x + y);
    run(f, 64, 48);
}
