/* A loop is named by a Var, an RVar or its name in quotes. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    schedule(f, vectorize(E(x + 1), 8));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    schedule(f, vectorize(x, 8));
}
