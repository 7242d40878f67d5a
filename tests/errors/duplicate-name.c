/* One scope, one meaning for each name. A loop in C that declares Funcs wants FuncArray, a
 * helper function wants Local(). */
#include "case.h"

static Func twice(Func f)
{
    Funcs(g);
    Vars(x);
    define_with((f), g(x) = f(x)*2);
    return g;
}

static Func thrice(Func f)
{
    Func result = f;
    Local()
    {
        Funcs(g);
        Vars(x);
        define_with((f), g(x) = f(x)*3);
        result = g;
    }
    return result;
}

Mistake
{
    Input(in, i32, 1);
    twice(twice(in));
}

Fixed
{
    Input(in, i32, 1);
    thrice(thrice(in));
}
