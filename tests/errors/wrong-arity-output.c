/* An output is declared with its rank. */
#include "case.h"

Mistake
{
    Output(out, i32, 2);
    Vars(x);
    define(out(x) = x);
}

Fixed
{
    Output(out, i32, 2);
    Vars(x, y);
    define(out(x, y) = x + y);
}
