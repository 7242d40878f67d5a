/* Updates have the coordinates of the pure definition. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = 0);
    define(f(x) = 1);
}

Fixed
{
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = 0);
    define(f(x, 0) = 1);
}
