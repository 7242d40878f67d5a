/* What it stands for on the right has to stand on the left. */
#include "case.h"

Mistake
{
    Input(in, u8, 3);
    Funcs(f);
    Vars(x);
    define(f(x) = in(x, _));
}

Fixed
{
    Input(in, u8, 3);
    Funcs(f);
    Vars(x);
    define(f(x, _) = in(x, _));
}
