/* The iterations of a reduction work on the same elements, so they run one after another. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 64));
    define(f(x) = 0);
    define(f(x) += x*r);
    schedule(update(f, 0), parallel(r));
    run(f, 8);
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 64));
    define(f(x) = 0);
    define(f(x) += x*r);
    schedule(update(f, 0), parallel(x));
    run(f, 8);
}
