/* A domain of several dimensions has several variables. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 3), (0, 3));
    define(f(x) = 0);
    define(f(x) += x + r);
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 3), (0, 3));
    define(f(x) = 0);
    define(f(x) += x + r.x*r.y);
}
