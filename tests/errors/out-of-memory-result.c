/* The same for memory of results. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = x + y);
    run(f, 2000000000, 2000000000);
}

Fixed
{
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = x + y);
    run(f, 20, 20);
}
