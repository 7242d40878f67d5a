/* A scalar is computed before there are elements, so nothing is printed with it. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    Param(p, i32, 1);
    define_extern(f, (x), "sharpen", (i32), (print(p, "is p")));
}

Fixed
{
    Funcs(f, g);
    Vars(x);
    Param(p, i32, 1);
    define_extern(f, (x), "sharpen", (i32), (p));
    define(g(x) = print(f(x), "with", p));
}
