/* A Func is computed inside the loops of those that use it. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x);
    define(g(x) = x*x);
    define(f(x) = g(x) + g(x + 1));
    schedule(g, compute_at(g, x));
    run(f, 8);
}

Fixed
{
    Funcs(f, g);
    Vars(x);
    define(g(x) = x*x);
    define(f(x) = g(x) + g(x + 1));
    schedule(g, compute_at(f, x));
    run(f, 8);
}
