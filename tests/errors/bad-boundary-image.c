/* A Func is computed everywhere: what shall be tiled has to be said. */
#include "case.h"

Mistake
{
    Funcs(f, tiled);
    Vars(x, y);
    define(f(x, y) = x + y);
    repeat_image(tiled, f);
}

Fixed
{
    Funcs(f, tiled);
    Vars(x, y);
    define(f(x, y) = x + y);
    repeat_image(tiled, f, (0, 64), (0, 64));
}
