/* Words that promise the exact value refuse operands whose common type does not hold all their values. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = saturating_add(u8(x), i8(x)));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = saturating_add(i16(u8(x)), i8(x)));
}
