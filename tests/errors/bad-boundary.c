/* A boundary condition continues an input beyond its buffer, or any Func beyond a region that
 * is given. */
#include "case.h"

Mistake
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = x);
    repeat_edge(g, f);
}

Fixed
{
    Funcs(f, g);
    Vars(x);
    define(f(x) = x);
    repeat_edge(g, f, (0, 64));
}
