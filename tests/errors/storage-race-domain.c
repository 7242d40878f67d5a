/* The iterations that share storage are named as the domain counts them. */
#include "case.h"

Mistake
{
    Input(in, u8, 2);
    Output(out, i32, 2);
    Funcs(sums, f);
    Vars(x, y);
    RDom(r, (5, 10));
    define(sums(x, y) = in(x, y) + in(x + 1, y));
    define(f(x, y) = 0);
    define(f(x, r) = i32(sums(x, r)) + f(x, r - 20));
    define(out(x, y) = f(x, y));
    schedule(update(f, 0), reorder(x, r), parallel(r));
    schedule(sums, compute_at(update(f, 0), r), store_root());
    try_compile(out, "host");
}

Fixed
{
    Input(in, u8, 2);
    Output(out, i32, 2);
    Funcs(sums, f);
    Vars(x, y);
    RDom(r, (5, 10));
    define(sums(x, y) = in(x, y) + in(x + 1, y));
    define(f(x, y) = 0);
    define(f(x, r) = i32(sums(x, r)) + f(x, r - 20));
    define(out(x, y) = f(x, y));
    schedule(update(f, 0), reorder(x, r), parallel(r));
    schedule(sums, compute_at(update(f, 0), r));
    try_compile(out, "host");
}
