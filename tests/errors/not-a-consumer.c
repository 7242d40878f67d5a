/* A Func is computed where it is needed. */
#include "case.h"

Mistake
{
    Funcs(f, g, h);
    Vars(x);
    define(g(x) = x*x);
    define(h(x) = x + 1);
    define(f(x) = g(x) + h(x));
    schedule(h, compute_root());
    schedule(g, compute_at(h, x));
    run(f, 8);
}

Fixed
{
    Funcs(f, g, h);
    Vars(x);
    define(g(x) = x*x);
    define(h(x) = x + 1);
    define(f(x) = g(x) + h(x));
    schedule(h, compute_root());
    schedule(g, compute_at(f, x));
    run(f, 8);
}
