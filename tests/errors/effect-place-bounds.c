/* Neither do bounds. */
#include "case.h"

Mistake
{
    Param(n, i32);
    Funcs(f);
    Vars(x);
    RDom(r, (0, require(lt(n, 100), n)));
    define(f(x) = sum(r, x*r));
}

Fixed
{
    Param(n, i32, 1, 0, 99);
    Funcs(f);
    Vars(x);
    RDom(r, (0, n));
    define(f(x) = sum(r, x*r));
}
