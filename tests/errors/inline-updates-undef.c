/* What has a value only sometimes is not a value to put in the place of a call. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = select(x > 3, x, undef(i32)));
    define(g(x) = f(x));
    schedule(f, compute_inline());
    run(g, 8);
}

Fixed
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = select(x > 3, x, 0));
    define(g(x) = f(x));
    schedule(f, compute_inline());
}
