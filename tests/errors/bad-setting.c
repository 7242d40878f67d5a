/* Settings of a generator and knobs of its schedule are given as name=integer. */
#include "case.h"

Mistake
{
    command("-g", "sample", "-e", "header", "taps=many");
}

Fixed
{
    command("-g", "sample", "-e", "header", "taps=5");
}
