/* expect: cb_at_most_16_arguments_here */
#include <carbide/dsl.h>

Generator(g)
{
    Funcs(f);
    Vars(x);
    define(f, (x), add(x, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16));
}
