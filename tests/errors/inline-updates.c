/* Only a single pure definition can be substituted. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x);
    define(g(x) = x*x);
    define(g(0) = 1);
    define(f(x) = g(x));
    schedule(g, compute_inline());
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
