/* Targets are named by architecture, system and features, or host. */
#include "case.h"

Mistake
{
    command("-g", "sample", "target=x86-64-linux-avx3");
}

Fixed
{
    command("-g", "sample", "-e", "header", "target=x86-64-linux-avx2");
}
