/* Vars and parameters cannot be its name. */
#include "case.h"

Mistake
{
    Funcs(g);
    Vars(x, total);
    RDom(r, (0, 4));
    define(g(x) = sum(r, x*r) as total);
}

Fixed
{
    Funcs(g);
    Vars(x);
    RDom(r, (0, 4));
    define(g(x) = sum(r, x*r) as total);
}
