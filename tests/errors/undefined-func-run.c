/* What is run must have been defined. */
#include "case.h"

Mistake
{
    Funcs(f);
    run(f, 8);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    run(f, 8);
}
