/* The whole power of ipow is known when the program is built. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = ipow(x, x));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = pow(x, x));
}
