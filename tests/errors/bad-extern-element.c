/* Elements of Funcs arrive as buffers. */
#include "case.h"

Mistake
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define_extern(f, (x), "sharpen", (i32), (at(g, 3)));
}

Fixed
{
    Funcs(g, f);
    Vars(x);
    define(g(x) = x);
    define_extern(f, (x), "sharpen", (i32), (g));
}
