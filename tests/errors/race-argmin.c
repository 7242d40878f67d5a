/* Of equal values the first is kept: that depends on the order, which threads do not keep. */
#include "case.h"

Mistake
{
    Funcs(best, out);
    Vars(x);
    RDom(r, (0, 64));
    define(best(x) = (0, 1000000));
    define(best(x) = (select(r*(r - x) < best(x)[1], r, best(x)[0]), min(best(x)[1], r*(r - x))));
    schedule(update(best, 0), split(r, "ro", "ri", 8), parallel("ro"), atomic());
    define(out(x) = best(x)[0]);
    run(out, 4);
}

Fixed
{
    Funcs(best, out);
    Vars(x);
    RDom(r, (0, 64));
    define(best(x) = (0, 1000000));
    define(best(x) = (select(r*(r - x) < best(x)[1], r, best(x)[0]), min(best(x)[1], r*(r - x))));
    schedule(update(best, 0), split(r, "ro", "ri", 8), vectorize("ri"), atomic());
    define(out(x) = best(x)[0]);
    run(out, 4);
}
