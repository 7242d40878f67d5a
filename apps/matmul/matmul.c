/* apps/matmul/matmul.c: c = a b for f32 matrices. Dimension 0 is the column, as x is in pictures. */
#include <carbide/dsl.h>

Generator(matmul)
{
    Input(a, f32, 2);
    Input(b, f32, 2);
    Output(c, f32, 2);
    Funcs(sum);
    Vars(x, y);
    RDom(k, (min_coord(a, 0), extent(a, 0)));

    define(sum(x, y) = 0.0f);
    define(sum(x, y) += a(k, y)*b(x, k));
    define(c(x, y) = sum(x, y));
}
