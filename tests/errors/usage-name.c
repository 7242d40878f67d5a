/* The name given with -n is that of a C function. */
#include "case.h"

Mistake
{
    command("-g", "sample", "-e", "header", "-n", "3d");
}

Fixed
{
    command("-g", "sample", "-e", "header", "-n", "three_d");
}
