/* A domain does not depend on which part of an output is wanted. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    Output(out, i32, 1);
    Vars(x);
    RDom(r, (0, extent(out, 0)));
    define(out(x) = sum(r, i32(in(x + r))));
}

Fixed
{
    Input(in, u8, 1);
    Output(out, i32, 1);
    Vars(x);
    RDom(r, (0, extent(in, 0)));
    define(out(x) = sum(r, i32(in(r))));
}
