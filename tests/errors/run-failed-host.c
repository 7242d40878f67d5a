/* A buffer without memory is a question: which region is needed? A pipeline that has an
 * answer gives it and computes nothing. Rank 0 leaves nothing to ask. */
#include "case.h"

Mistake
{
    Funcs(f);
    define(f() = 1);
    Buffer *out = array(i32, 1);
    cb_buffer_init(out, NULL, CB_i32, 0, NULL);
    out->device = 1;
    realize_into(f, out);
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    realize_into(f, array(i32, 8));
}
