/* A certificate is about one program: after a change the program has to be verified again. */
#include "case.h"

Mistake
{
    command("verify", "-g", "sample", "--check=tests/errors/other-program.cert");
}

Fixed
{
    command("verify", "-g", "sample", "--no-files", "--rounds=0", "--time=5");
}
