/* Requirements are decided without calling anything. */
#include "case.h"

Mistake
{
    Param(n, i32);
    CFunction(licence, "licence", i32, (i32));
    add_requirement(E(licence(n) == 1));
}

Fixed
{
    Param(n, i32);
    Param(licensed, boolean);
    add_requirement(E(licensed));
}
