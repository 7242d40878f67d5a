/* Values widen by themselves when nothing can be lost. Anything else is converted explicitly:
 * u8(x) wraps, u8_sat(x) saturates. */
#include "case.h"

Mistake
{
    Output(out, u8, 1);
    Vars(x);
    define(out(x) = x + 1);
}

Fixed
{
    Output(out, u8, 1);
    Vars(x);
    define(out(x) = u8_sat(x + 1));
}
