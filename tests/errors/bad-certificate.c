/* verify and fuzz leave a certificate of what they checked; it ends with a hash of its
 * lines. */
#include "case.h"

Mistake
{
    command("verify", "-g", "sample", "--check=tests/errors/changed.cert");
}

Fixed
{
    command("verify", "-g", "sample", "--no-files", "--rounds=0", "--time=5");
}
