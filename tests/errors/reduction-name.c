/* A reduction is a stage of its own. It takes a new name, or that of a Func that has no definition yet. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x);
    RDom(r, (0, 4));
    define(f(x) = x);
    define(g(x) = sum(r, f(x + r)) as f);
}

Fixed
{
    Funcs(f, g);
    Vars(x);
    RDom(r, (0, 4));
    define(f(x) = x);
    define(g(x) = sum(r, f(x + r)) as total);
}
