/* A loop of constant extent may still be too long to be unrolled or made a vector. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 5000));
    define(f(x) = 0);
    define(f(x) += x*r);
    schedule(update(f, 0), unroll(r));
    run(f, 8);
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 5000));
    define(f(x) = 0);
    define(f(x) += x*r);
    schedule(update(f, 0), unroll(r, 8));
    run(f, 8);
}
