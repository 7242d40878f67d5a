/* set_extern gives the address of a function that is there. */
#include "case.h"

Mistake
{
    set_extern("copy", NULL);
}

Fixed
{
    set_extern("copy", copy);
}
