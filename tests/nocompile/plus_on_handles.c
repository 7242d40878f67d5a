/* expect: invalid operands */
#include <carbide/dsl.h>

Generator(g)
{
    Funcs(f);
    Vars(x);
    Expr e = x + 1;
    (void)e;
}
