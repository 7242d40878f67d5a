/* An impure function is called at the points that are computed; which are, a condition decides before. */
#include "case.h"

Mistake
{
    CFunctionImpure(tick, "tick", i32, (i32));
    RDom(r, (0, 10));
    where(r, tick(r) > 0);
}

Fixed
{
    CFunction(tick, "tick", i32, (i32));
    RDom(r, (0, 10));
    where(r, tick(r) > 0);
}
