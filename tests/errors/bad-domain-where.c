/* The condition of a domain speaks of that domain. */
#include "case.h"

Mistake
{
    RDom(s, (0, 8));
    RDom(r, (0, 8));
    where(r, r < s);
}

Fixed
{
    RDom(r, (0, 8), (0, 8));
    where(r, r.x < r.y);
}
