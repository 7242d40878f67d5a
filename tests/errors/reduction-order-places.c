/* A swap is seen by the one after it. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 4), (0, 3));
    define(f(x) = x);
    define(f(scatter(r.x, r.y + 1)) = gather(f(r.y + 1), f(r.x)));
    schedule(update(f, 0), reorder(r.y, r.x));
    run(f, 8);
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 4), (0, 3));
    define(f(x) = x);
    define(f(scatter(r.x + 8*r.y, r.x + 8*r.y + 4)) = gather(f(r.x + 8*r.y + 4), f(r.x + 8*r.y)));
    schedule(update(f, 0), reorder(r.y, r.x));
    run(f, 24);
}
