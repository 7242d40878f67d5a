/* Only two, four or eight integers make one of a known width. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = concat_bits(u8(x), u8(x), u8(x)));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = concat_bits(u8(x), u8(x), u8(x), u8(0)));
}
