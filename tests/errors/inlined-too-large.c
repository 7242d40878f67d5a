/* Funcs without a place are substituted where they are used. Where each is used at several places of the next, what has to be computed for one
 * element of the last grows with every one of them. */
#include "case.h"

static void tower(bool stored)
{
    FuncArray(f, 10);
    Vars(x, y);
    define(f[0](x, y) = x*y + x);
    for (int i = 1; i < 10; i++) {
        define(f[i], (x, y), E_with((i), f[i - 1](x/2, y) + f[i - 1](x*3, y/2) + f[i - 1](x*5, y*3) + f[i - 1](x - y, y) + f[i - 1](x, x)));
        if (stored && i % 3 == 0 && i < 9)
            schedule(f[i], compute_root());
    }
    try_compile(f[9], "host");
}

Mistake { tower(false); }

Fixed { tower(true); }
