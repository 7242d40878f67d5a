/* The coordinate goes from -1 to 1 wherever out is computed. */
#include "case.h"

static const int32_t taps[3] = {1, 2, 1};

Mistake
{
    Input(in, i32, 1);
    Output(out, i32, 1);
    Vars(x);
    Table(w, i32, (3), taps);
    RDom(r, (-1, 3));
    define(out(x) = sum(r, w(r)*in(x + r)));
    try_compile(out, "host");
}

Fixed
{
    Input(in, i32, 1);
    Output(out, i32, 1);
    Vars(x);
    Table(w, i32, (3), taps);
    RDom(r, (-1, 3));
    define(out(x) = sum(r, w(r + 1)*in(x + r)));
    try_compile(out, "host");
}
