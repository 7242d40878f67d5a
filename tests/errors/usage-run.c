/* And describes its options with --help. */
#include "case.h"

Mistake
{
    carbide_run("tests/errors/missing.o", "--size=big");
}

Fixed
{
    carbide_run("--help");
}
