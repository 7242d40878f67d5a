/* Updates are stages of their own. */
#include "case.h"

Mistake
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    schedule(update(f, 0), parallel(x));
}

Fixed
{
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    define(f(x) += 1);
    schedule(update(f, 0), parallel(x));
}
