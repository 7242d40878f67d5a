/* Names of the Funcs in a pipeline may come from different scopes; a schedule speaks of one
 * of them. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x, y);
    RDom(r, (0, 4), (0, 4));
    define(f(x, y) = 0);
    define(f(x, y) += r.x*r.y);
    schedule(update(f, 0), rename("r.x", "p.r"), rename("r.y", "q.r"), unroll("r"));
    run(f, 8, 8);
}

Fixed
{
    Funcs(f);
    Vars(x, y);
    RDom(r, (0, 4), (0, 4));
    define(f(x, y) = 0);
    define(f(x, y) += r.x*r.y);
    schedule(update(f, 0), rename("r.x", "p.r"), rename("r.y", "q.r"), unroll("p.r"));
    run(f, 8, 8);
}
