/* Storage and place belong to a Func as a whole; loops belong to each of its stages. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x);
    define(g(x) = x*x);
    define(g(0) = 1);
    define(f(x) = g(x));
    schedule(update(g, 0), compute_root());
    run(f, 8);
}

Fixed
{
    Funcs(f, g);
    Vars(x);
    define(g(x) = x*x);
    define(g(0) = 1);
    define(f(x) = g(x));
    schedule(g, compute_root());
    run(f, 8);
}
