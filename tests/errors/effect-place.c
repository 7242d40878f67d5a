/* A condition decides which points there are; it says nothing. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 4));
    where(r, print(r) < 3);
    define(f(x) = 0);
    define(f(x) += r);
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 4));
    where(r, r < 3);
    define(f(x) = 0);
    define(f(x) += print(r));
}
