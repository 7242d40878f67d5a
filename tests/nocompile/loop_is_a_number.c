/* expect: cb_this_is_no_loop|incompatible type */
#include <carbide/dsl.h>

Generator(g)
{
    Funcs(f);
    Vars(x);
    schedule(f, vectorize(8, x));
}
