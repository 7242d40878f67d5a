/* One update, one domain; it may have several dimensions. */
#include "case.h"

Mistake
{
    Funcs(sum);
    RDom(r, (0, 8));
    RDom(s, (0, 4));
    define(sum() = 0);
    define(sum() += r*s);
}

Fixed
{
    Funcs(sum);
    RDom(r, (0, 8), (0, 4));
    define(sum() = 0);
    define(sum() += r.x*r.y);
}
