/* What a schedule promises must hold. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    schedule(f, bound(x, 0, 64));
    run(f, 65);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    schedule(f, bound(x, 0, 64));
    run(f, 64);
}
