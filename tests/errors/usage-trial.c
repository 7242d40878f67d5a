/* --trial of verify names outputs and parameters, as the report of a failure does. */
#include "case.h"

Mistake
{
    command("verify", "-g", "sample", "--trial=oot=0:4,0:3");
}

Fixed
{
    command("verify", "-g", "sample", "--no-files", "--trial=out=0:4,0:3");
}
