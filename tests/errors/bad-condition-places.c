/* A condition of a specialization is one truth. */
#include "case.h"

Mistake
{
    Param(p, i32, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = x*p);
    schedule(f, specialize(p == gather(1, 2)));
    run(f, 8);
}

Fixed
{
    Param(p, i32, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = x*p);
    schedule(f, specialize(p == 1 || p == 2));
    run(f, 8);
}
