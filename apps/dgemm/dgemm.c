/* apps/dgemm/dgemm.c: c = a b for large matrices of f64. Dimension 0 is the column. apps/sgemm is the same in f32. */
#include <carbide/dsl.h>

Generator(dgemm)
{
    Input(a, f64, 2);
    Input(b, f64, 2);
    Output(c, f64, 2);
    Funcs(sum);
    Vars(x, y);
    RDom(k, (min_coord(a, 0), extent(a, 0)));

    define(sum(x, y) = f64(0));
    define(sum(x, y) += a(k, y)*b(x, k));
    define(c(x, y) = sum(x, y));
}
