/* Where a swap goes depends on data: two swaps may meet. */
#include "case.h"

Mistake
{
    Input(at, u8, 1);
    Funcs(f);
    Vars(x);
    RDom(r, (0, 8));
    define(f(x) = x);
    define(f(scatter(i32(at(r)), 300)) = gather(f(300), f(i32(at(r)))));
    schedule(update(f, 0), vectorize(r, 4));
    set_input(at, array(u8, 8));
    run(f, 301);
}

Fixed
{
    Input(at, u8, 1);
    Funcs(f);
    Vars(x);
    RDom(r, (0, 8));
    define(f(x) = x);
    define(f(scatter(i32(at(r)), 300)) = gather(f(300), f(i32(at(r)))));
    schedule(update(f, 0), unroll(r, 4));
    set_input(at, array(u8, 8));
    run(f, 301);
}
