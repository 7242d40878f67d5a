/* Sizes that no computer has are refused. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x, y);
    define(g(x, y) = x + y);
    define(f(x, y) = g(x*65536, y*65536) + g(0, 0));
    schedule(g, compute_root());
    run(f, 30000, 30000);
}

Fixed
{
    Funcs(f, g);
    Vars(x, y);
    define(g(x, y) = x + y);
    define(f(x, y) = g(x, y) + g(0, 0));
    schedule(g, compute_root());
    run(f, 30, 30);
}
