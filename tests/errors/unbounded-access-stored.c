/* Inline, a square is computed of whatever the data say; to be stored, there would have to be all of them. */
#include "case.h"

Mistake
{
    Input(in, i32, 1);
    Output(out, i32, 1);
    Funcs(square);
    Vars(x);
    define(square(x) = x*x);
    define(out(x) = square(in(x)) + square(in(x + 1)));
    schedule(square, compute_at(out, x), vectorize(x, 8), store_in(heap));
    try_compile(out, "host");
}

Fixed
{
    Input(in, i32, 1);
    Output(out, i32, 1);
    Funcs(square);
    Vars(x);
    define(square(x) = x*x);
    define(out(x) = square(in(x)) + square(in(x + 1)));
    try_compile(out, "host");
}
