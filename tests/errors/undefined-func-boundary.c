/* What is continued has to be defined first. */
#include "case.h"

Mistake
{
    Funcs(f, tiled);
    repeat_image(tiled, f, (0, 64));
}

Fixed
{
    Funcs(f, tiled);
    Vars(x);
    define(f(x) = x);
    repeat_image(tiled, f, (0, 64));
}
