/* Equations find things by their names, so a name must be one that an equation can contain. */
#include "case.h"

Mistake
{
    cb_var("2x", CB_HERE);
}

Fixed
{
    cb_var("x2", CB_HERE);
}
