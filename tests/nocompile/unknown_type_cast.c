/* expect: CB_byte */
#include <carbide/dsl.h>

Generator(g)
{
    Funcs(f);
    Vars(x);
    define(f, (x), cast(byte, x));
}
