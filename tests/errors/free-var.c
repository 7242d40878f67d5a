/* An element is computed from its coordinates alone; to run over a range use a reduction
 * domain. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x, y);
    define(f(x) = x + y);
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 8));
    define(f(x) = x);
    define(f(x) += r);
}
