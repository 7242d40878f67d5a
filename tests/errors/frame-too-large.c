/* A stack holds a few megabytes for a whole thread, and nothing is said when it ends: what is asked for by name has a limit. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x, y);
    define(g(x, y) = x*y);
    define(f(x, y) = g(x, y) + g(x, y + 1));
    schedule(f, bound(x, 0, 4096));
    schedule(g, compute_at(f, y), align_bounds(y, 512), bound_storage(y, 512), store_in(stack));
    run(f, 4096, 8);
}

Fixed
{
    Funcs(f, g);
    Vars(x, y);
    define(g(x, y) = x*y);
    define(f(x, y) = g(x, y) + g(x, y + 1));
    schedule(f, bound(x, 0, 4096));
    schedule(g, compute_at(f, y), store_in(stack));
    run(f, 4096, 8);
}
