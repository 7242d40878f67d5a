/* A knob has a default, a range and a step that agree. */
#include "case.h"

Mistake
{
    Knob(width, 12, 8, 64, 8);
}

Fixed
{
    Knob(width, 16, 8, 64, 8);
}
