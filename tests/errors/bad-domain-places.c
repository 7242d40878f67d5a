/* How many iterations there are is one number, not one for each place. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, gather(4, 8)));
    define(f(x) = x);
    define(f(scatter(r, r + 8)) = 0);
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 8));
    define(f(x) = x);
    define(f(scatter(r, r + 8)) = select(r < gather(4, 8), 0, undef(i32)));
}
