/* The same for Funcs that are computed before they are used. */
#include "case.h"

Mistake
{
    Input(index, i32, 1);
    Funcs(table, f);
    Vars(x);
    define(table(x) = x*x);
    define(f(x) = table(index(x)));
    schedule(table, compute_root());
    set_input(index, array(i32, 8));
    run(f, 8);
}

Fixed
{
    Input(index, u8, 1);
    Funcs(table, f);
    Vars(x);
    define(table(x) = x*x);
    define(f(x) = table(index(x)));
    schedule(table, compute_root());
    set_input(index, array(u8, 8));
    run(f, 8);
}
