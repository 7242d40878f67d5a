/* round_up computes whole pieces, which need room. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    schedule(f, vectorize(x, 8, round_up));
    run(f, 12);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    schedule(f, vectorize(x, 8));
    run(f, 12);
}
