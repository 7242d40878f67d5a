/* Partial results are of one element each. */
#include "case.h"

Mistake
{
    Funcs(f, part);
    Vars(x, u);
    RDom(r, (0, 16));
    define(f(x) = 0);
    define(f(scatter(0, 1)) += gather(r, r*r));
    schedule(update(f, 0), rfactor(part, r, u));
    run(f, 2);
}

Fixed
{
    Funcs(f, part);
    Vars(x, u);
    RDom(r, (0, 16));
    define(f(x) = (0, 0));
    define(f(x) += (r, r*r));
    schedule(update(f, 0), rfactor(part, r, u));
}
