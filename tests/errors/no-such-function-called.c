/* The interpreter and code for this process need the function's address. */
#include "case.h"

static float (response)(float x) { return x * x; }

Mistake
{
    Funcs(f);
    Vars(x);
    CFunction(g, "response", f32, (f32));
    define(f(x) = g(f32(x)));
    run(f, 4);
}

Fixed
{
    Funcs(f);
    Vars(x);
    CFunction(g, "response", f32, (f32));
    set_extern("response", response);
    define(f(x) = g(f32(x)));
    run(f, 4);
}
