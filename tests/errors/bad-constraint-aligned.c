/* The promise about an address is made once. */
#include "case.h"

Mistake
{
    Output(out, u8, 1);
    set_host_alignment(out, 32);
    set_host_alignment(out, 64);
}

Fixed
{
    Output(out, u8, 1);
    set_host_alignment(out, 64);
}
