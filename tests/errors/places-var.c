/* The loop over x would write row x twice: a Var stands alone. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    define(f(scatter(x, x + 8)) = gather(f(x + 8), f(x)));
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 8));
    define(f(x) = x);
    define(f(scatter(r, r + 8)) = gather(f(r + 8), f(r)));
}
