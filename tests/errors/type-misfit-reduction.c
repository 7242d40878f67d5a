/* Conditions are counted by way of numbers. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Funcs(g);
    Vars(x);
    RDom(r, (0, 4));
    define(g(x) = sum(r, in(x + r) > 7));
}

Fixed
{
    Input(in, u8, 1);
    Funcs(g);
    Vars(x);
    RDom(r, (0, 4));
    define(g(x) = sum(r, select(in(x + r) > 7, 1, 0)));
}
