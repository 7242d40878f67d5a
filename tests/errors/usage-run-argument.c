/* The arguments of a compiled pipeline are named. */
#include "case.h"

Mistake
{
    carbide_run("--bench");
}

Fixed
{
    carbide_run("--help");
}
