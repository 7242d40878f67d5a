/* Others take none. */
#include "case.h"

Mistake
{
    command("verify", "-g", "sample", "--json=yes");
}

Fixed
{
    command("verify", "-g", "sample", "--no-files", "--json", "--rounds=0", "--time=5");
}
