/* Conditions speak of the domain and of parameters. */
#include "case.h"

Mistake
{
    Vars(x);
    RDom(r, (0, 64));
    where(r, r < x);
}

Fixed
{
    Param(n, i32, 8);
    RDom(r, (0, 64));
    where(r, r < n);
}
