/* A loop of constant extent may still be too long to be unrolled or made a vector. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x);
    define(g(x) = x*x);
    define(f(x) = g(x) + g(x + 9999));
    schedule(g, compute_at(f, x), unroll(x));
    run(f, 8);
}

Fixed
{
    Funcs(f, g);
    Vars(x);
    define(g(x) = x*x);
    define(f(x) = g(x) + g(x + 9));
    schedule(g, compute_at(f, x), unroll(x));
    run(f, 8);
}
