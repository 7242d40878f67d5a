/* Addresses are multiples of powers of two. */
#include "case.h"

Mistake
{
    Input(in, f32, 1);
    set_host_alignment(in, 24);
}

Fixed
{
    Input(in, f32, 1);
    set_host_alignment(in, 32);
}
