/* The numbers of a schedule are integers that are known before the pipeline runs. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    schedule(f, vectorize(x, x));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    schedule(f, vectorize(x, 8));
}
