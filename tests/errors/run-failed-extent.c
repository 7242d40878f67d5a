/* Extents are not negative, and coordinates fit 32 bits. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    Buffer *out = array(i32, 8);
    out->dim[0].min = 2147483644;
    realize_into(f, out);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    realize_into(f, array(i32, 8));
}
