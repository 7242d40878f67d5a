/* Files that are read or written. */
#include "case.h"

Mistake
{
    command("-g", "sample", "schedule=tests/errors/missing.sched");
}

Fixed
{
    command("-g", "sample", "-e", "header", "schedule=cpu");
}
