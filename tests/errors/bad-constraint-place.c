/* The compiler places what the caller does not give. */
#include "case.h"

Mistake
{
    Funcs(f);
    set_host_alignment(f, 32);
}

Fixed
{
    Output(f, u8, 1);
    set_host_alignment(f, 32);
}
