/* Iteration r writes f(r) and f(r + 1), which the next one writes as well. */
#include "case.h"


Mistake
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 8));
    define(f(x) = x);
    define(f(scatter(r, r + 1)) = gather(f(r + 1), f(r)));
    schedule(update(f, 0), parallel(r));
    run(f, 16);
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 8));
    define(f(x) = x);
    define(f(scatter(2*r, 2*r + 1)) = gather(f(2*r + 1), f(2*r)));
    schedule(update(f, 0), parallel(r));
    run(f, 16);
}
