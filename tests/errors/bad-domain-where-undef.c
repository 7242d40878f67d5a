/* Whether an iteration takes place is true or false. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 8));
    where(r, select(r < 4, true, undef(bool)));
    define(f(x) = x);
    define(f(x) += r);
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 8));
    where(r, r < 4);
    define(f(x) = x);
    define(f(x) += r);
}
