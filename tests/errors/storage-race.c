/* What iterations of a parallel loop compute for themselves, they must store for themselves. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x, y);
    define(g(x, y) = x*y);
    define(f(x, y) = g(x, y) + g(x, y + 1));
    schedule(f, parallel(y));
    schedule(g, store_root(), compute_at(f, y));
    run(f, 8, 8);
}

Fixed
{
    Funcs(f, g);
    Vars(x, y);
    define(g(x, y) = x*y);
    define(f(x, y) = g(x, y) + g(x, y + 1));
    schedule(f, parallel(y));
    schedule(g, compute_at(f, y));
    run(f, 8, 8);
}
