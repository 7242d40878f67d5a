/* A Func computed in a loop has the region that one iteration needs; here that depends on
 * data. */
#include "case.h"

Mistake
{
    Input(index, u8, 1);
    Funcs(f, g);
    Vars(x);
    define(g(x) = x*x);
    define(f(x) = g(x) + g(index(x)));
    schedule(g, compute_at(f, x), unroll(x));
    set_input(index, array(u8, 8));
    run(f, 8);
}

Fixed
{
    Input(index, u8, 1);
    Funcs(f, g);
    Vars(x);
    define(g(x) = x*x);
    define(f(x) = g(x) + g(index(x)));
    schedule(g, compute_at(f, x), unroll(x, 4));
    set_input(index, array(u8, 8));
    run(f, 8);
}
