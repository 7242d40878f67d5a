/* expect: invalid operands|incompatible|initializ */
#include <carbide/dsl.h>

Generator(g)
{
    Funcs(f);
    Vars(x);
    Var v = f;
    (void)v;
}
