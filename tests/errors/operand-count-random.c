/* Random numbers take a seed or nothing. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = random_int(0, 9));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = random_int() % 10);
}
