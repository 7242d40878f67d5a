/* A certificate that is to be checked again has to be there. */
#include "case.h"

Mistake
{
    command("verify", "-g", "sample", "--check=tests/errors/missing.cert");
}

Fixed
{
    command("verify", "-g", "sample", "--no-files", "--rounds=0", "--time=5");
}
