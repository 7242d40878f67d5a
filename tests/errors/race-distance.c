/* Iterations that collide may be far apart. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    RDom(r, (1000, 4000));
    define(f(x) = x);
    define(f(r) = f(r - 1000)*3);
    schedule(update(f, 0), parallel(r));
    run(f, 5000);
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (1000, 4000));
    define(f(x) = x);
    define(f(r) = f(r - 1000)*3);
    schedule(update(f, 0), unroll(r, 4));
    run(f, 5000);
}
