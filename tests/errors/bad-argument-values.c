/* A Func with several values fills several buffers. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = (x, x*x));
    run(f, 8);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = (x, x*x));
    realize_into(f, array(i32, 8), array(i32, 8));
}
