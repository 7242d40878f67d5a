/* expect: cb_define_takes_one_equation_or_a_Func_coordinates_and_a_value */
#include <carbide/dsl.h>

Generator(g)
{
    Funcs(f);
    Vars(x);
    define(f, x);
}
