/* expect: CB_PAIR|CB_STRIP|least|too few|undeclared|expected */
#include <carbide/dsl.h>

Generator(g)
{
    Funcs(f);
    RDom(r, 10);
}
