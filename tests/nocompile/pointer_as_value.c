/* expect: cb_cannot_convert_this_to_Expr|incompatible type */
#include <carbide/dsl.h>

Generator(g)
{
    Funcs(f);
    int n = 3;
    Vars(x);
    define(f, (x), add(x, &n));
}
