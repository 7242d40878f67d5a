/* carbide run takes what Carbide has compiled. */
#include "case.h"

Mistake
{
    carbide_run("tests/errors/main.c", "in=zero");
}

Fixed
{
    carbide_run("--help");
}
