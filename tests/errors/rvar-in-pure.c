/* A reduction starts from a value and is then done step by step by an update. */
#include "case.h"

Mistake
{
    Input(in, i32, 1);
    Funcs(sum);
    RDom(r, (0, 8));
    define(sum() = in(r));
}

Fixed
{
    Input(in, i32, 1);
    Funcs(sum);
    RDom(r, (0, 8));
    define(sum() = 0);
    define(sum() += in(r));
}
