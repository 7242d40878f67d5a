/* What can never hold is a mistake. */
#include "case.h"

Mistake
{
    Param(n, i32);
    add_requirement(E(1 > 2), "n is", n);
}

Fixed
{
    Param(n, i32);
    add_requirement(E(n > 2), "n is", n);
}
