/* At most four variables of a domain become dimensions. */
#include "case.h"

Mistake
{
    Funcs(f, part);
    Vars(x, a, b, c, d, e);
    RDom(r, (0, 4), (0, 4), (0, 4), (0, 4), (0, 4), (0, 4));
    define(f(x) = 0);
    define(f(x) += r.x*r.y + r.z*r.w + r[4]*r[5]);
    schedule(update(f, 0), rfactor(part, r.y, a, r.z, b, r.w, c, rvar(r, 4), d, rvar(r, 5), e));
    run(f, 8);
}

Fixed
{
    Funcs(f, part);
    Vars(x, b, c, d, e);
    RDom(r, (0, 4), (0, 4), (0, 4), (0, 4), (0, 4), (0, 4));
    define(f(x) = 0);
    define(f(x) += r.x*r.y + r.z*r.w + r[4]*r[5]);
    schedule(update(f, 0), rfactor(part, r.z, b, r.w, c, rvar(r, 4), d, rvar(r, 5), e));
    run(f, 8);
}
