/* -e takes the names of outputs. */
#include "case.h"

Mistake
{
    command("-g", "sample", "-e", "objekt");
}

Fixed
{
    command("-g", "sample", "-e", "object");
}
