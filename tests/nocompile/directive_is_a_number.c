/* expect: incompatible|initializ|expected|excess elements */
#include <carbide/dsl.h>

Generator(g)
{
    Funcs(f);
    schedule(f, 8);
}
