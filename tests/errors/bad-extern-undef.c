/* A C function is given numbers; undef is none. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    Param(p, i32, 1);
    define_extern(f, (x), "sharpen", (i32), (select(E(p > 1), p, undef(i32))));
}

Fixed
{
    Funcs(f);
    Vars(x);
    Param(p, i32, 1);
    define_extern(f, (x), "sharpen", (i32), (select(E(p > 1), p, 0)));
}
