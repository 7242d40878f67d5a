/* A misspelt name gets a suggestion. */
#include "case.h"

Mistake
{
    Funcs(blurred, out);
    Vars(x, y);
    define(blurred(x, y) = x + y);
    define(out(x, y) = blured(x, y)/2);
}

Fixed
{
    Funcs(blurred, out);
    Vars(x, y);
    define(blurred(x, y) = x + y);
    define(out(x, y) = blurred(x, y)/2);
}
