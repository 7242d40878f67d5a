/* expect: invalid operands|used struct type value|used type .* where arithmetic or pointer */
#include <carbide/dsl.h>

Generator(g)
{
    Funcs(f);
    Vars(x, y);
    define(f, (x), select(x && y, 1, 0));
}
