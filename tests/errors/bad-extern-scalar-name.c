/* Names that begin with cb_ belong to Carbide. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    CFunction(g, "cb_response", f32, (f32));
    define(f(x) = g(f32(x)));
}

Fixed
{
    Funcs(f);
    Vars(x);
    CFunction(g, "response", f32, (f32));
    define(f(x) = g(f32(x)));
}
