/* So are the conditions of domains. */
#include "case.h"

Mistake
{
    RDom(r, (0, 8));
    where(r, r + 1);
}

Fixed
{
    RDom(r, (0, 8));
    where(r, r + 1 < 4);
}
