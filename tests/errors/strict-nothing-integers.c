/* Operations on integers have one result; there is nothing that strict could forbid. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = strict(in(x)*2 + 1));
}

Fixed
{
    Input(in, u8, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = strict(f32(in(x))*0.1 + 1));
}
