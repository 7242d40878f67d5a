/* apps/iir_blur/iir_blur.c: a recursive low-pass filter of first order, down and up the columns, then along the rows.
 *
 * A pass runs down a column, each element a mixture of itself and the one before, and then up again, so that nothing is
 * shifted. What it makes is transposed, and the second pass, which is the same, filters the rows of the picture and turns it
 * back. `undef` says that a column has no values before the pass begins: nothing is stored then. */
#include <carbide/dsl.h>

/* turned(x, y, c) = blur(y, x, c), where blur is from, filtered along its columns of `rows` elements. */
static void filter_columns(Func from, Func blur, Func turned, Expr rows, Expr alpha)
{
    Local()
    {
        Vars(x, y, c);
        RDom(r, (1, sub(rows, 1)));
        define_with((blur), blur(x, y, c) = undef(f32));
        define_with((blur, from), blur(x, 0, c) = from(x, 0, c));
        define_with((blur, from, alpha), blur(x, r, c) = (1 - alpha)*blur(x, r - 1, c) + alpha*from(x, r, c));
        define_with((blur, rows, alpha), blur(x, rows - r - 1, c) = (1 - alpha)*blur(x, rows - r, c) + alpha*blur(x, rows - r - 1, c));
        define_with((blur, turned), turned(x, y, c) = blur(y, x, c));
    }
}

Generator(iir_blur)
{
    Input(in, f32, 3);
    Param(alpha, f32, 0.5, 0, 1);
    Output(out, f32, 3);
    Funcs(down, turned, along);

    for (int d = 0; d < 2; d++) {
        set_min(in, d, 0);
        set_min(out, d, 0);
        set_extent(out, d, extent(in, d));
    }
    filter_columns(in, down, turned, extent(in, 1), alpha);
    filter_columns(turned, along, out, extent(in, 0), alpha);
}
