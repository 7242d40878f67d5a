/* Iterations that are 16 apart meet; a loop inside one that separates them may be parallel. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x, y);
    RDom(r, (1, 8), (1, 8));
    define(f(x, y) = 0);
    define(f(r.x, r.y) = f(r.x + 1, r.y - 1)*3 + r.x);
    schedule(update(f, 0), parallel(r.y));
    run(f, 10, 10);
}

Fixed
{
    Funcs(f);
    Vars(x, y);
    RDom(r, (1, 8), (1, 8));
    define(f(x, y) = 0);
    define(f(r.x, r.y) = f(r.x + 1, r.y - 1)*3 + r.x);
    schedule(update(f, 0), parallel(r.x));
    run(f, 10, 10);
}
