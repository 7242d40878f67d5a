/* Element (x, y) needs (x + 1, y - 1): the rows must stay the outer loop. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x, y);
    RDom(r, (0, 6), (1, 6));
    define(f(x, y) = x + y);
    define(f(r.x, r.y) = f(r.x + 1, r.y - 1)*3);
    schedule(update(f, 0), reorder(r.y, r.x));
    run(f, 8, 8);
}

Fixed
{
    Funcs(f);
    Vars(x, y);
    RDom(r, (0, 6), (1, 6));
    define(f(x, y) = x + y);
    define(f(r.x, r.y) = f(r.x, r.y - 1)*3);
    schedule(update(f, 0), reorder(r.y, r.x));
    run(f, 8, 8);
}
