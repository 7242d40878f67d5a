/* Nor can it be the Func that the equation defines. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 4));
    define(f(x) = sum(r, x*r) as f);
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 4));
    define(f(x) = sum(r, x*r) as total);
}
