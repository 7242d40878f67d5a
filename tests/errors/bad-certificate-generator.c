/* And about one generator of it. */
#include "case.h"

Mistake
{
    command("verify", "-g", "sample", "--check=tests/errors/other-generator.cert");
}

Fixed
{
    command("verify", "-g", "sample", "--no-files", "--rounds=0", "--time=5");
}
