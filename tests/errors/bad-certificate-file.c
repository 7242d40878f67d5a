/* Other files are no certificates. */
#include "case.h"

Mistake
{
    command("verify", "-g", "sample", "--check=tests/errors/sample.c");
}

Fixed
{
    command("verify", "-g", "sample", "--no-files", "--rounds=0", "--time=5");
}
