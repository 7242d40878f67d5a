/* Words of the language are taken. */
#include "case.h"

Mistake
{
    Funcs(clamp);
}

Fixed
{
    Funcs(clamped);
}
