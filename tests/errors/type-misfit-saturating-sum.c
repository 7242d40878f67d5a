/* Floats do not stop at an end. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 3));
    define(f(x) = saturating_sum(r, f32(x + r)));
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 3));
    define(f(x) = sum(r, f32(x + r)));
}
