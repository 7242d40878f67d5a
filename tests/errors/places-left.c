/* Two values for one place: which one is it? */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 4));
    define(f(x) = x);
    define(f(r) = gather(f(r + 4), f(r)));
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 4));
    define(f(x) = x);
    define(f(scatter(r, r + 4)) = gather(f(r + 4), f(r)));
}
