/* A pure definition cannot use its own Func. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = f(x - 1) + x);
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (1, 99));
    define(f(x) = x);
    define(f(r) = f(r - 1) + r);
}
