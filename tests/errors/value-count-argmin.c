/* An argmin has a coordinate for each dimension of its domain, and then the value. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 4), (0, 4));
    define(f(x) = 1 + argmin(r, (r.x*7 + r.y*x) % 5));
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 4), (0, 4));
    define(f(x) = argmin(r, (r.x*7 + r.y*x) % 5)[2]);
}
