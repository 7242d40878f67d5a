/* Data can be any value of its type. */
#include "case.h"

static const int32_t sixteen[16] = {3};

Mistake
{
    Input(in, u8, 1);
    Output(out, i32, 1);
    Vars(x);
    Table(lut, i32, (16), sixteen);
    define(out(x) = lut(in(x)));
    try_compile(out, "host");
}

Fixed
{
    Input(in, u8, 1);
    Output(out, i32, 1);
    Vars(x);
    Table(lut, i32, (16), sixteen);
    define(out(x) = lut(in(x) >> 4));
    try_compile(out, "host");
}
