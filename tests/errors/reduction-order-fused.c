/* Also of loops fused from a domain whose size the run decides. */
#include "case.h"

Mistake
{
    Output(out, i32, 1);
    Param(n, i32, 4, 1, 64);
    Funcs(f);
    Vars(x);
    RDom(r, (0, n), (0, n));
    define(f(x) = x);
    define(f(x) = f(x)*3 + r.x - r.y);
    define(out(x) = f(x));
    schedule(update(f, 0), fuse(r.y, r.x, "t"), split("t", "to", "ti", 4), reorder("to", "ti"));
    try_compile(out, "host");
}

Fixed
{
    Output(out, i32, 1);
    Param(n, i32, 4, 1, 64);
    Funcs(f);
    Vars(x);
    RDom(r, (0, n), (0, n));
    define(f(x) = x);
    define(f(x) = f(x)*3 + r.x - r.y);
    define(out(x) = f(x));
    schedule(update(f, 0), fuse(r.y, r.x, "t"), split("t", "to", "ti", 4), reorder("ti", "to"));
    try_compile(out, "host");
}
