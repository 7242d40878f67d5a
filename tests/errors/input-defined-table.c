/* A table is complete when it is declared. */
#include "case.h"

Mistake
{
    static const int32_t taps[3] = {1, 2, 1};
    Vars(x);
    Table(w, i32, (3), taps);
    define(w(x) = x);
}

Fixed
{
    Funcs(w);
    Vars(x);
    define(w(x) = x);
}
