/* What is promised of a Func is computed of it, whatever its readers need. */
#include "case.h"

static const int32_t taps[5] = {1, 2, 3, 2, 1};

Mistake
{
    Output(out, i32, 1);
    Funcs(twice);
    Vars(x);
    Table(w, i32, (5), taps);
    define(twice(x) = w(x)*2);
    define(out(x) = twice(clamp(x, 0, 4)));
    schedule(twice, compute_root(), bound(x, 0, 8));
    try_compile(out, "host");
}

Fixed
{
    Output(out, i32, 1);
    Funcs(twice);
    Vars(x);
    Table(w, i32, (5), taps);
    define(twice(x) = w(x)*2);
    define(out(x) = twice(clamp(x, 0, 4)));
    schedule(twice, compute_root(), bound(x, 0, 5));
    try_compile(out, "host");
}
