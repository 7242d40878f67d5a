/* A tail that computes whole vectors reads the table for their last lanes too. */
#include "case.h"

static const int32_t taps[5] = {1, 2, 3, 2, 1};

Mistake
{
    Input(in, i32, 1);
    Output(out, i32, 1);
    Funcs(twice);
    Vars(x);
    Table(w, i32, (5), taps);
    RDom(r, (0, 5));
    define(twice(x) = w(x)*2);
    define(out(x) = sum(r, twice(r)*in(x + r)));
    schedule(twice, compute_root(), vectorize(x, 4, round_up));
    try_compile(out, "host");
}

Fixed
{
    Input(in, i32, 1);
    Output(out, i32, 1);
    Funcs(twice);
    Vars(x);
    Table(w, i32, (5), taps);
    RDom(r, (0, 5));
    define(twice(x) = w(x)*2);
    define(out(x) = sum(r, twice(r)*in(x + r)));
    schedule(twice, compute_root(), vectorize(x, 4, guard));
    try_compile(out, "host");
}
