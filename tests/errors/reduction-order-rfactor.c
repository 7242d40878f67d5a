/* Partial results of an update that does not commute are combined in order. */
#include "case.h"

Mistake
{
    Funcs(best, out, part);
    Vars(x, u);
    RDom(r, (0, 8), (0, 8));
    define(best(x) = (0, 1000000));
    define(best(x) = (select(r.x*r.y < best(x)[1], r.x, best(x)[0]), min(best(x)[1], r.x*r.y)));
    schedule(update(best, 0), rfactor(part, r.x, u));
    define(out(x) = best(x)[0]);
    run(out, 4);
}

Fixed
{
    Funcs(best, out, part);
    Vars(x, u);
    RDom(r, (0, 8), (0, 8));
    define(best(x) = (0, 1000000));
    define(best(x) = (select(r.x*r.y < best(x)[1], r.x, best(x)[0]), min(best(x)[1], r.x*r.y)));
    schedule(update(best, 0), rfactor(part, r.y, u));
    define(out(x) = best(x)[0]);
    run(out, 4);
}
