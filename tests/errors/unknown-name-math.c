/* There are logarithms to base e, 2 and 10; others are quotients. */
#include "case.h"

Mistake
{
    Input(in, f32, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = log3(in(x)));
}

Fixed
{
    Input(in, f32, 1);
    Funcs(f);
    Vars(x);
    define(f(x) = log(in(x))/log(3.0));
}
