/* An update that reads its own Func elsewhere needs an order, which a domain has. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    define(f(x) = f(x - 1) + 1);
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (1, 99));
    define(f(x) = x);
    define(f(r) = f(r - 1) + 1);
}
