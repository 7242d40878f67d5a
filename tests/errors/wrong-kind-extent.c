/* Only an input has a size that is known before the pipeline runs. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = x);
    define(g, (x), at(f, sub(extent(f, 0), 1)));
}

Fixed
{
    Input(f, i32, 1);
    Funcs(g);
    Vars(x);
    define(g, (x), at(f, sub(extent(f, 0), 1)));
}
