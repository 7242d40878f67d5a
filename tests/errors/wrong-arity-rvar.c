/* A domain has one variable for each pair. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 3), (0, 3));
    define(f(x) = sum(r, x*r[2]));
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 3), (0, 3));
    define(f(x) = sum(r, x*r[1]));
}
