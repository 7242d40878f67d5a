/* A generator program has its generators by name; --list shows them. */
#include "case.h"

Mistake
{
    command("-g", "sampel");
}

Fixed
{
    command("-g", "sample", "-e", "header");
}
