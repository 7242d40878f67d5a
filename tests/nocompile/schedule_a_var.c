/* expect: cb_this_is_no_stage|incompatible type */
#include <carbide/dsl.h>

Generator(g)
{
    Funcs(f);
    Vars(x);
    schedule(x, parallel(x));
}
