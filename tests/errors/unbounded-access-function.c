/* The compiler does not know what a C function returns. */
#include "case.h"

static int32_t (any_place)(int32_t x) { return x; }

Mistake
{
    Input(in, u8, 1);
    Output(out, u8, 1);
    Vars(x);
    CFunction(place, "place", i32, (i32));
    set_extern("place", any_place);
    define(out(x) = in(place(x)));
    try_compile(out, "host");
}

Fixed
{
    Input(in, u8, 1);
    Output(out, u8, 1);
    Vars(x);
    CFunction(place, "place", u8, (i32));
    define(out(x) = in(place(x)));
}
