/* A domain is the same box wherever it is used; where() takes points out of it. */
#include "case.h"

Mistake
{
    Vars(x);
    RDom(r, (0, x));
}

Fixed
{
    Vars(x);
    RDom(r, (0, 64));
    where(r, r < 8);
}
