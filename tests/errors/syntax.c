/* Equations use the operators of C with C's precedence; docs/language.md has the grammar. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x + );
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x + 1);
}
