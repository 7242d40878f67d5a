/* How much storage is needed depends on the sizes of the call. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Funcs(f, g);
    Vars(x);
    define(f(x) = in(x));
    define(g(x) = f(x) + f(x + 1));
    schedule(f, compute_root(), bound_storage(x, 64));
    set_input(in, array(u8, 101));
    run(g, 100);
}

Fixed
{
    Input(in, u8, 1);
    Funcs(f, g);
    Vars(x);
    define(f(x) = in(x));
    define(g(x) = f(x) + f(x + 1));
    schedule(f, compute_root(), bound_storage(x, 128));
    set_input(in, array(u8, 101));
    run(g, 100);
}
