/* What print is comes first, and is a value. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = print("x is", x));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = print(x, "is x"));
}
