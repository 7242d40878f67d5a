/* A domain cannot depend on what is being updated over it. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = x);
    RDom(r, (0, E(f(3))));
    define(f(x) += r);
}

Fixed
{
    Funcs(f, g);
    Vars(x);
    define(g(x) = x);
    define(f(x) = x);
    RDom(r, (0, E(g(3))));
    define(f(x) += r);
}
