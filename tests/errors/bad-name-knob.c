/* Some names mean something on the command line of a generator. */
#include "case.h"

Mistake
{
    Knob(target, 8, 1, 64, 1);
}

Fixed
{
    Knob(width, 8, 1, 64, 1);
}
