/* The interpreter reads element by element. */
#include "case.h"

static const int32_t taps[3] = {1, 2, 1};

Mistake
{
    Funcs(f);
    Vars(x);
    Table(w, i32, (3), taps);
    define(f(x) = w(x));
    interpret(f, array(i32, 4));
}

Fixed
{
    Funcs(f);
    Vars(x);
    Table(w, i32, (3), taps);
    define(f(x) = w(x));
    interpret(f, array(i32, 3));
}
