/* strict is around one expression. */
#include "case.h"

Mistake
{
    Input(in, f32, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = strict(in(x)*2, in(x + 1)));
}

Fixed
{
    Input(in, f32, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = strict(in(x)*2) + in(x + 1));
}
