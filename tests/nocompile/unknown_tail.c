/* expect: CB_TAIL_rounded */
#include <carbide/dsl.h>

Generator(g)
{
    Funcs(f);
    Vars(x, xo, xi);
    schedule(f, split(x, xo, xi, 8, rounded));
}
