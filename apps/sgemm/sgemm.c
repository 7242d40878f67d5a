/* apps/sgemm/sgemm.c: c = a b for large matrices of f32. Dimension 0 is the column. apps/dgemm is the same in f64. */
#include <carbide/dsl.h>

Generator(sgemm)
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
