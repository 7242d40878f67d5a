/* An output has the type that the C function computes. */
#include "case.h"

Mistake
{
    Output(out, u8, 1);
    Input(in, u8, 1);
    Vars(x);
    define_extern(out, (x), "sharpen", (f32), (in));
}

Fixed
{
    Output(out, u8, 1);
    Input(in, u8, 1);
    Vars(x);
    define_extern(out, (x), "sharpen", (u8), (in));
}
