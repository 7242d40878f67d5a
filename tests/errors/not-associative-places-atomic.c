/* Points that write several places at once cannot be put into groups. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 16));
    define(f(x) = 0);
    define(f(scatter(r, r + 1)) += gather(r, r*r));
    schedule(update(f, 0), parallel(r), atomic());
    run(f, 17);
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 16));
    define(f(x) = 0);
    define(f(r) += r);
    define(f(r + 1) += r*r);
    schedule(update(f, 0), parallel(r));
    schedule(update(f, 1), parallel(r));
    run(f, 17);
}
