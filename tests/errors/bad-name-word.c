/* Words of the language are taken. */
#include "case.h"

Mistake
{
    Vars(x, clamp);
}

Fixed
{
    Vars(x, clamped);
}
