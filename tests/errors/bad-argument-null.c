/* An input needs a buffer. */
#include "case.h"

Mistake
{
    Input(in, u8, 1);
    set_input(in, NULL);
}

Fixed
{
    Input(in, u8, 1);
    set_input(in, array(u8, 8));
}
