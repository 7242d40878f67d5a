/* A domain ends somewhere. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, undef(i32)));
    define(f(x) = x);
    define(f(x) += r);
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 8));
    define(f(x) = x);
    define(f(x) += r);
}
