/* expect: CB_u12 */
#include <carbide/dsl.h>

Generator(g)
{
    Funcs(f);
    Input(in, u12, 2);
}
