/* The stack holds what has a constant size. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x);
    define(g(x) = x*x);
    define(f(x) = g(x) + g(x + 1));
    schedule(g, compute_root(), store_in(stack));
    run(f, 8);
}

Fixed
{
    Funcs(f, g);
    Vars(x);
    define(g(x) = x*x);
    define(f(x) = g(x) + g(x + 1));
    schedule(g, compute_at(f, x), store_in(stack));
    run(f, 8);
}
