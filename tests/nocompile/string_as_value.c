/* expect: cb_cannot_convert_this_to_Expr|incompatible type */
#include <carbide/dsl.h>

Generator(g)
{
    Funcs(f);
    Vars(x);
    define(f, (x), add(x, "1"));
}
