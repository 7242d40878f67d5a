/* What comes again after a thousand iterations is found by the number in the coordinate. */
#include "case.h"

Mistake
{
    Output(out, i32, 1);
    Funcs(f);
    Vars(x);
    RDom(r, (0, 4000));
    define(f(x) = x);
    define(f(r % 1000) = f(r % 1000)*3 + r);
    define(out(x) = f(x & 511));
    schedule(update(f, 0), split(r, "ro", "ri", 16), parallel("ro"));
    try_compile(out, "host");
}

Fixed
{
    Output(out, i32, 1);
    Funcs(f);
    Vars(x);
    RDom(r, (0, 4), (0, 1000));
    define(f(x) = x);
    define(f(r.y) = f(r.y)*3 + r.x*1000 + r.y);
    define(out(x) = f(x & 511));
    schedule(update(f, 0), parallel(r.y));
    try_compile(out, "host");
}
