/* The directory of -o must exist. */
#include "case.h"

Mistake
{
    command("-g", "sample", "-e", "header", "-o", "tests/errors/missing");
}

Fixed
{
    command("-g", "sample", "-e", "header");
}
