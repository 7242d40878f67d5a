/* So has the one that fuzz goes on from. */
#include "case.h"

Mistake
{
    command("fuzz", "-g", "sample", "--resume=tests/errors/missing.cert");
}

Fixed
{
    command("fuzz", "-g", "sample", "--no-files", "--cases=2");
}
