/* What is read of a Func must lie in the region that bound() promises for it. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x);
    define(g(x) = x*2);
    define(f(x) = g(x) + g(x + 3));
    schedule(g, compute_root(), bound(x, 0, 64));
    run(f, 64);
}

Fixed
{
    Funcs(f, g);
    Vars(x);
    define(g(x) = x*2);
    define(f(x) = g(x) + g(x + 3));
    schedule(g, compute_root(), bound(x, 0, 67));
    run(f, 64);
}
