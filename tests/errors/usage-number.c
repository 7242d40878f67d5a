/* Counts are numbers. */
#include "case.h"

Mistake
{
    command("fuzz", "-g", "sample", "--cases=many");
}

Fixed
{
    command("fuzz", "-g", "sample", "--no-files", "--cases=2");
}
