/* The same for code that is compiled to be run at once. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    cb_callable_free(compile(f, "z80-cpm"));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    cb_callable_free(compile(f, "host"));
}
