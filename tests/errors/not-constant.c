/* Vectors and copies are made when the program is compiled, so their number is known by then. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    schedule(f, vectorize(x));
    run(f, 64);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    schedule(f, vectorize(x, 8));
    run(f, 64);
}
