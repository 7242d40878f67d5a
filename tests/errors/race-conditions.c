/* Conditions of a domain are not used to tell iterations apart, though here they do: f(t.x) is never read in the same row. */
#include "case.h"

Mistake
{
    Output(out, i32, 1);
    Funcs(f);
    Vars(x);
    RDom(t, (0, 8), (0, 8));
    where(t, t.x < t.y);
    define(f(x) = 0);
    define(f(t.x) = f(t.y)*2 + 1);
    define(out(x) = f(x & 7));
    schedule(update(f, 0), parallel(t.x));
    try_compile(out, "host");
}

Fixed
{
    Output(out, i32, 1);
    Funcs(f);
    Vars(x);
    RDom(t, (0, 8), (0, 8));
    where(t, t.x < t.y);
    define(f(x) = 0);
    define(f(t.x) = f(t.y)*2 + 1);
    define(out(x) = f(x & 7));
    schedule(update(f, 0), unroll(t.x));
    try_compile(out, "host");
}
