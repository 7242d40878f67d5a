/* Arguments are converted where that loses nothing. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    CFunction(g, "response", f32, (u8));
    define(f(x) = g(x));
}

Fixed
{
    Funcs(f);
    Vars(x);
    CFunction(g, "response", f32, (u8));
    define(f(x) = g(u8_sat(x)));
}
