/* A table is not computed. */
#include "case.h"

static const int32_t taps[3] = {1, 2, 1};

Mistake
{
    Output(out, i32, 1);
    Vars(x);
    Table(w, i32, (3), taps);
    define(out(x) = w(clamp(x, 0, 2)));
    schedule(w, compute_root());
    try_compile(out, "host");
}

Fixed
{
    Output(out, i32, 1);
    Vars(x);
    Table(w, i32, (3), taps);
    define(out(x) = w(clamp(x, 0, 2)));
    schedule(out, vectorize(x, 4));
    try_compile(out, "host");
}
