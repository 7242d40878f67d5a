/* A compiled pipeline reports to the environment of the call; the default prints. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    call(f, NULL);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    call(f, array(i32, 8));
}
