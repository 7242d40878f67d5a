/* Every name stands for one kind of thing: a Func is called, a Var is not. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x, y);
    define(f(x) = y(x) + 1);
}

Fixed
{
    Funcs(f, y);
    Vars(x);
    define(y(x) = x);
    define(f(x) = y(x) + 1);
}
