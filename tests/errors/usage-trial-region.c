/* A region is min:extent for each dimension. */
#include "case.h"

Mistake
{
    command("verify", "-g", "sample", "--trial=out=0:4");
}

Fixed
{
    command("verify", "-g", "sample", "--no-files", "--trial=out=0:4,0:3");
}
