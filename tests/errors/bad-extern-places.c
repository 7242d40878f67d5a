/* A C function is called for whole regions, with one scalar at a time. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define_extern(f, (x), "sharpen", (i32), (gather(1, 2)));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define_extern(f, (x), "sharpen", (i32), (1, 2));
}
