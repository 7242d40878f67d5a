/* Strict sums of floats are made in the order written, which is that of the loops. */
#include "case.h"

Mistake
{
    Input(in, f32, 2);
    Funcs(total);
    Vars(x);
    RDom(r, (0, 64), (0, 64));
    define(total(x) = 0.0f);
    define(total(x) = strict(total(x) + in(r.x, r.y)));
    schedule(update(total, 0), reorder(r.y, r.x));
    try_compile(total, "host");
}

Fixed
{
    Input(in, f32, 2);
    Funcs(total);
    Vars(x);
    RDom(r, (0, 64), (0, 64));
    define(total(x) = 0.0f);
    define(total(x) += in(r.x, r.y));
    schedule(update(total, 0), reorder(r.y, r.x));
}
