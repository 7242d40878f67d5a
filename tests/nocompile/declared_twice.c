/* expect: redefinition|redeclared|redeclaration */
#include <carbide/dsl.h>

Generator(g)
{
    Funcs(f);
    Vars(x);
    Vars(x);
}
