/* The parts of concat_bits are of one width. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = concat_bits(u8(x), u16(x)));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = concat_bits(u16(u8(x)), u16(x)));
}
