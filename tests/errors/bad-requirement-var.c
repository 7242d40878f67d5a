/* A requirement is about a whole call; require() is about a point. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Vars(x);
    add_requirement(E(in(x) > 0), "an element is 0");
}

Fixed
{
    Input(in, u8, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = require(in(x) > 0, in(x), "an element is 0"));
}
