/* A handle is a plain struct; before a declaration or a builder fills it, it stands for
 * nothing. */
#include "case.h"

Mistake
{
    Vars(x);
    Funcs(f);
    Expr weight = {NULL};
    define(f, (x), mul(x, weight));
}

Fixed
{
    Vars(x);
    Funcs(f);
    Expr weight = E(x + 1);
    define(f, (x), mul(x, weight));
}
