/* A literal takes the type of the other operand, in saturating arithmetic too. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = saturating_add(u8(x), 300));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = saturating_add(u16(u8(x)), 300));
}
