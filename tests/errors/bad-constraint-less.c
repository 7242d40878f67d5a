/* Elements are aligned by themselves. */
#include "case.h"

Mistake
{
    Input(in, f64, 1);
    set_host_alignment(in, 4);
}

Fixed
{
    Input(in, f64, 1);
    set_host_alignment(in, 64);
}
