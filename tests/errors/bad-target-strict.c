/* A feature is written as the table of targets has it. */
#include "case.h"

Mistake
{
    command("-g", "sample", "target=host-strictly");
}

Fixed
{
    command("-g", "sample", "-e", "header", "target=x86-64-linux-strict");
}
