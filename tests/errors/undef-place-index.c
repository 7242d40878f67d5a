/* A coordinate is always needed. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 4));
    define(f(x) = 0);
    define(f(select(r < 2, r, undef(i32))) = 1);
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 4));
    where(r, r < 2);
    define(f(x) = 0);
    define(f(r) = 1);
}
