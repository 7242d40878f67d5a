/* apps/unsharp/unsharp.c: sharpens a colour picture by adding back what a Gaussian blur of its brightness takes away. */
#include <carbide/dsl.h>

Generator(unsharp)
{
    Input(in, f32, 3);
    Output(out, f32, 3);
    Param(amount, f32, 1.5, 0.0, 8.0);
    Funcs(edge, gray, blur_y, blur_xy, detail);
    Vars(x, y, c);

    repeat_edge(edge, in, (min_coord(in, 0), extent(in, 0)), (min_coord(in, 1), extent(in, 1)));
    define(gray(x, y) = 0.299f*edge(x, y, 0) + 0.587f*edge(x, y, 1) + 0.114f*edge(x, y, 2));

    /* The binomial 1 4 6 4 1, down and across. */
    define(blur_y(x, y) = (gray(x, y - 2) + gray(x, y + 2) + 4*(gray(x, y - 1) + gray(x, y + 1)) + 6*gray(x, y)) / 16);
    define(blur_xy(x, y) = (blur_y(x - 2, y) + blur_y(x + 2, y) + 4*(blur_y(x - 1, y) + blur_y(x + 1, y)) + 6*blur_y(x, y)) / 16);

    define(detail(x, y) = amount*(gray(x, y) - blur_xy(x, y)));
    define(out(x, y, c) = clamp(in(x, y, c) + detail(x, y), 0.0f, 1.0f));
}
