/* Each iteration reads what the one before wrote. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    RDom(r, (1, 63));
    define(f(x) = 0);
    define(f(r) = f(r - 1) + r);
    schedule(update(f, 0), vectorize(r, 8));
    run(f, 64);
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (1, 63));
    define(f(x) = 0);
    define(f(r) = f(r - 1) + r);
    schedule(update(f, 0), unroll(r, 8));
    run(f, 64);
}
