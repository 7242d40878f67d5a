/* One value is updated alone after a definition of all of them. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x)[0] = x);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = (x, 0));
}
