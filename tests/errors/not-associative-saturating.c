/* Partial sums of signed values that stop at the ends are not those of the whole. */
#include "case.h"

Mistake
{
    Input(in, i8, 1);
    Output(out, i8, 1);
    Funcs(total);
    Vars(x);
    RDom(r, (0, 100));
    define(out(x) = saturating_sum(r, in(x + r)) as total);
    schedule(update(total, 0), atomic(), vectorize(r.x, 4));
    try_compile(out, "host");
}

Fixed
{
    Input(in, u8, 1);
    Output(out, u8, 1);
    Funcs(total);
    Vars(x);
    RDom(r, (0, 100));
    define(out(x) = saturating_sum(r, in(x + r)) as total);
    schedule(update(total, 0), atomic(), vectorize(r.x, 4));
    try_compile(out, "host");
}
