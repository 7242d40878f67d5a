/* An expectation in a schedule is checked against the code that comes out. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    schedule(f, vectorize(x, 8));
    expect_vectorized(f, 16);
    run(f, 64);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    schedule(f, vectorize(x, 16));
    expect_vectorized(f, 16);
    run(f, 64);
}
