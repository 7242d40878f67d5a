/* The condition comes first. */
#include "case.h"

Mistake
{
    Param(n, i32);
    add_requirement("n is positive", E(n > 0));
}

Fixed
{
    Param(n, i32);
    add_requirement(E(n > 0), "n is", n);
}
