/* A captured value is known in the equation by the name it was captured under. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    int n = 3;
    define_with((n + 1), f(x) = x + n);
}

Fixed
{
    Funcs(f);
    Vars(x);
    int n = 3 + 1;
    define_with((n), f(x) = x + n);
}
