/* apps/unsharp/unsharp.c: sharpens a colour picture: what a Gaussian blur takes away from its brightness is added back, and
 * the colours follow the brightness. */
#include <carbide/dsl.h>

/* The Gaussian of standard deviation 1.5 at i. */
static float gauss(int i)
{
    const double sigma = 1.5, pi = 3.14159265358979;
    return (float)((exp)(-i * i / (2 * sigma * sigma)) / ((sqrt)(2 * pi) * sigma));
}

Generator(unsharp)
{
    Input(in, f32, 3);
    Output(out, f32, 3);
    Funcs(edge, gray, blur_y, blur_xy, sharp, ratio);
    Vars(x, y, c);
    float k0 = gauss(0), k1 = gauss(1), k2 = gauss(2), k3 = gauss(3);

    repeat_edge(edge, in, (min_coord(in, 0), extent(in, 0)), (min_coord(in, 1), extent(in, 1)));
    define(gray(x, y) = 0.299f*edge(x, y, 0) + 0.587f*edge(x, y, 1) + 0.114f*edge(x, y, 2));

    /* Seven taps, down and across. */
    define_with((k0, k1, k2, k3), blur_y(x, y) =
        k0*gray(x, y) + k1*(gray(x, y - 1) + gray(x, y + 1)) +
        k2*(gray(x, y - 2) + gray(x, y + 2)) + k3*(gray(x, y - 3) + gray(x, y + 3)));
    define_with((k0, k1, k2, k3), blur_xy(x, y) =
        k0*blur_y(x, y) + k1*(blur_y(x - 1, y) + blur_y(x + 1, y)) +
        k2*(blur_y(x - 2, y) + blur_y(x + 2, y)) + k3*(blur_y(x - 3, y) + blur_y(x + 3, y)));

    define(sharp(x, y) = 2*gray(x, y) - blur_xy(x, y));
    define(ratio(x, y) = sharp(x, y)/gray(x, y));
    define(out(x, y, c) = ratio(x, y)*in(x, y, c));
}
