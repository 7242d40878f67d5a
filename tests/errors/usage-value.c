/* Some options need a value, written after an equals sign. */
#include "case.h"

Mistake
{
    command("verify", "-g", "sample", "--time", "5");
}

Fixed
{
    command("verify", "-g", "sample", "--no-files", "--rounds=0", "--time=5");
}
