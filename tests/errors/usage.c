/* The command line of a generator program; --help describes it. */
#include "case.h"

Mistake
{
    command("-g", "sample", "--optimise");
}

Fixed
{
    command("-g", "sample", "-e", "header");
}
