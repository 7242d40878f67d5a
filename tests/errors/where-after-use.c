/* A definition sees the domain as it is at that time. */
#include "case.h"

Mistake
{
    Funcs(sum);
    RDom(r, (0, 64));
    define(sum() = 0);
    define(sum() += r);
    where(r, r < 8);
}

Fixed
{
    Funcs(sum);
    RDom(r, (0, 64));
    where(r, r < 8);
    define(sum() = 0);
    define(sum() += r);
}
