/* What is read where may depend on data: then two iterations are named that might meet. */
#include "case.h"

Mistake
{
    Input(in, u8, 2);
    Output(out, i32, 2);
    Funcs(f);
    Vars(x, y);
    RDom(r, (0, 16), (0, 8));
    define(f(x, y) = 0);
    define(f(in(r.x, 0), r.y) = f(in(r.x, 1), r.y - 1)*2 + 1);
    define(out(x, y) = f(x, y));
    schedule(update(f, 0), parallel(r.y));
    try_compile(out, "host");
}

Fixed
{
    Input(in, u8, 2);
    Output(out, i32, 2);
    Funcs(f);
    Vars(x, y);
    RDom(r, (0, 16), (0, 8));
    define(f(x, y) = 0);
    define(f(in(r.x, 0), r.y) = f(in(r.x, 1), r.y)*2 + 1);
    define(out(x, y) = f(x, y));
    schedule(update(f, 0), parallel(r.y));
    try_compile(out, "host");
}
