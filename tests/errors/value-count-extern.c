/* One type for each value. */
#include "case.h"

Mistake
{
    OutputTuple(out, 1, (u8, i32));
    Input(in, u8, 1);
    Vars(x);
    define_extern(out, (x), "sharpen", (u8), (in));
}

Fixed
{
    OutputTuple(out, 1, (u8, i32));
    Input(in, u8, 1);
    Vars(x);
    define_extern(out, (x), "sharpen", (u8, i32), (in));
}
