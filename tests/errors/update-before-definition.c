/* The pure definition says what every element is before the updates. */
#include "case.h"

Mistake
{
    Funcs(sum);
    RDom(r, (0, 8));
    define(sum() += r);
}

Fixed
{
    Funcs(sum);
    RDom(r, (0, 8));
    define(sum() = 0);
    define(sum() += r);
}
