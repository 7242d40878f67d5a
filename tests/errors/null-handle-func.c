/* The same holds for Funcs. */
#include "case.h"

Mistake
{
    Func f = {NULL};
    run(f, 8);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    run(f, 8);
}
