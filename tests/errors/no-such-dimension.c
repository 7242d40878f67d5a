/* Some directives are about dimensions, which the Vars of the pure definition name. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x, y);
    define(f(x) = x);
    schedule(f, bound(y, 0, 64));
    run(f, 64);
}

Fixed
{
    Funcs(f);
    Vars(x, y);
    define(f(x) = x);
    schedule(f, bound(x, 0, 64));
    run(f, 64);
}
