/* Buffers are initialised with cb_buffer_init, which says which version of the struct they
 * are. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    Buffer *out = array(i32, 8);
    out->version = 9;
    realize_into(f, out);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    realize_into(f, array(i32, 8));
}
