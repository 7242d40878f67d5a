/* Expressions are trees of limited depth; long sums are made by a domain, or balanced. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    Expr e = x;
    for (int i = 0; i < 20000; i++)
        e = bit_xor(add(e, i), x);
    define(f, (x), e);
}

Fixed
{
    Funcs(f);
    Vars(x);
    Expr e = x;
    for (int i = 0; i < 100; i++)
        e = bit_xor(add(e, i), x);
    define(f, (x), e);
}
