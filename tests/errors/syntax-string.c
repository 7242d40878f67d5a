/* Text is no value. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x + "1");
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x + 1);
}
