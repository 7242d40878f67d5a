/* The pipeline of a Func that is run alone bears its name. */
#include "case.h"

static int32_t (other)(int32_t x) { return x; }

Mistake
{
    Funcs(response);
    Vars(x);
    CFunction(g, "response", i32, (i32));
    set_extern("response", other);
    define(response(x) = g(x));
    run(response, 4);
}

Fixed
{
    Funcs(f);
    Vars(x);
    CFunction(g, "response", i32, (i32));
    set_extern("response", other);
    define(f(x) = g(x));
    run(f, 4);
}
