/* expect: vectorise|implicit */
#include <carbide/dsl.h>

Generator(g)
{
    Funcs(f);
    Vars(x);
    schedule(f, vectorise(x));
}
