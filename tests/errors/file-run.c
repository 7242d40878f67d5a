/* carbide run reads a compiled pipeline. */
#include "case.h"

Mistake
{
    carbide_run("tests/errors/missing.o", "in=zero");
}

Fixed
{
    carbide_run("--help");
}
