/* An input is what the caller gives. */
#include "case.h"

Mistake
{
    Input(in, i32, 1);
    Funcs(g);
    Vars(x);
    RDom(r, (0, 4));
    define(g, (x), sum(r, at(in, r), in));
}

Fixed
{
    Input(in, i32, 1);
    Funcs(g, total);
    Vars(x);
    RDom(r, (0, 4));
    define(g, (x), sum(r, at(in, r), total));
}
