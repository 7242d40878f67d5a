/* An i32 can be anything. */
#include "case.h"

static const int32_t sixteen[16] = {3};

Mistake
{
    Input(in, i32, 1);
    Output(out, i32, 1);
    Vars(x);
    Table(lut, i32, (16), sixteen);
    define(out(x) = lut(in(x)));
    try_compile(out, "host");
}

Fixed
{
    Input(in, i32, 1);
    Output(out, i32, 1);
    Vars(x);
    Table(lut, i32, (16), sixteen);
    define(out(x) = lut(clamp(in(x), 0, 15)));
    try_compile(out, "host");
}
