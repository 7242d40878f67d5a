/* Only an input has a buffer whose size is known. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = x);
    RDomOver(r, f);
}

Fixed
{
    Input(in, i32, 1);
    Funcs(g);
    RDomOver(r, in);
    define(g() = sum(r, in(r)));
}
