/* And for the stage a schedule is given to. */
#include "case.h"

Mistake
{
    Func f = {NULL};
    schedule(f, compute_root());
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    schedule(f, compute_root());
}
