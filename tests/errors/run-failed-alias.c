/* Every element of an output has its own place. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = x + y);
    Buffer *out = array(i32, 8, 8);
    out->dim[1].stride = 0;
    realize_into(f, out);
}

Fixed
{
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = x + y);
    realize_into(f, array(i32, 8, 8));
}
