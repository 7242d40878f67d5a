/* A table is computed by nobody. */
#include "case.h"

static const int32_t taps[3] = {1, 2, 1};

Mistake
{
    Table(w, i32, (3), taps);
    run(w, 3);
}

Fixed
{
    Funcs(f);
    Vars(x);
    Table(w, i32, (3), taps);
    define(f(x) = w(x));
    run(f, 3);
}
