/* Each name once. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    int n = 3;
    define_with((n, n), f(x) = x + n);
}

Fixed
{
    Funcs(f);
    Vars(x);
    int n = 3;
    define_with((n), f(x) = x + n);
}
