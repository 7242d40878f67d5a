/* Whether two points of a domain collide may depend on its conditions, which are not known before the program runs. */
#include "case.h"

Mistake
{
    Input(in, i32, 1);
    Funcs(f);
    Vars(x);
    RDom(r, (1, 8));
    where(r, in(r) > 0);
    define(f(x) = x);
    define(f(r) = f(r - 1)*3);
    schedule(update(f, 0), parallel(r));
    set_input(in, array(i32, 16));
    run(f, 16);
}

Fixed
{
    Input(in, i32, 1);
    Funcs(f);
    Vars(x);
    RDom(r, (1, 8));
    where(r, in(r) > 0);
    define(f(x) = x);
    define(f(r) = f(r - 1)*3);
    schedule(update(f, 0), unroll(r));
    set_input(in, array(i32, 16));
    run(f, 16);
}
