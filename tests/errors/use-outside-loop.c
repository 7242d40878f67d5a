/* And inside a loop only if nobody needs it outside. */
#include "case.h"

Mistake
{
    Funcs(f, g, h);
    Vars(x);
    define(g(x) = x*x);
    define(h(x) = g(x) + 1);
    define(f(x) = g(x) + h(x));
    schedule(h, compute_root());
    schedule(g, compute_at(f, x));
    run(f, 8);
}

Fixed
{
    Funcs(f, g, h);
    Vars(x);
    define(g(x) = x*x);
    define(h(x) = g(x) + 1);
    define(f(x) = g(x) + h(x));
    schedule(h, compute_root());
    schedule(g, compute_root());
    run(f, 8);
}
