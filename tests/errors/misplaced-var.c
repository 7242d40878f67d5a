/* A Var of an update means "for every coordinate": it stands alone, and everywhere in the
 * same place. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = 0);
    define(f(x + 1) = 1);
}

Fixed
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 8));
    define(f(x) = 0);
    define(f(r + 1) = 1);
}
