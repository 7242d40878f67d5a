/* expect: incompatible type|passing */
#include <carbide/dsl.h>

Generator(g)
{
    Funcs(f);
    Vars(x);
    define(f, (x), at(x, x));
}
