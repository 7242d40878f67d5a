/* Every setting given must mean something. */
#include "case.h"

Mistake
{
    command("-g", "sample", "-e", "header", "tap=5");
}

Fixed
{
    command("-g", "sample", "-e", "header", "taps=5");
}
