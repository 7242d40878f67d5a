/* Some characters of C mean nothing in an equation. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define_text("f(x) = x @ 2");
}

Fixed
{
    Funcs(f);
    Vars(x);
    define_text("f(x) = x * 2");
}
