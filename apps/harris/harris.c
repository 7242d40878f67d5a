/* apps/harris/harris.c: Harris' corner response of a colour picture: how much its brightness changes in both directions. */
#include <carbide/dsl.h>

Generator(harris)
{
    Input(in, f32, 3);
    Output(out, f32, 2);
    Funcs(gray, slope, square, column, total);
    Vars(x, y);

    define(gray(x, y) = 0.299f*in(x, y, 0) + 0.587f*in(x, y, 1) + 0.114f*in(x, y, 2));

    /* Sobel's derivatives down and across, two values of one Func: what reads one reads the other, and one loop makes
     * both from the same nine pixels. */
    define(slope(x, y) = (
        gray(x - 1, y - 1)*(-1.0f/12) + gray(x - 1, y + 1)*(1.0f/12) + gray(x, y - 1)*(-2.0f/12) +
        gray(x, y + 1)*(2.0f/12) + gray(x + 1, y - 1)*(-1.0f/12) + gray(x + 1, y + 1)*(1.0f/12),
        gray(x - 1, y - 1)*(-1.0f/12) + gray(x + 1, y - 1)*(1.0f/12) + gray(x - 1, y)*(-2.0f/12) +
        gray(x + 1, y)*(2.0f/12) + gray(x - 1, y + 1)*(-1.0f/12) + gray(x + 1, y + 1)*(1.0f/12)));

    /* Their squares and their product, summed over 3 x 3 pixels: columns, then columns side by side. */
    define(square(x, y) = (slope(x, y)[1]*slope(x, y)[1], slope(x, y)[0]*slope(x, y)[0], slope(x, y)[1]*slope(x, y)[0]));
    define(column(x, y) = (square(x, y - 1)[0] + square(x, y)[0] + square(x, y + 1)[0],
                           square(x, y - 1)[1] + square(x, y)[1] + square(x, y + 1)[1],
                           square(x, y - 1)[2] + square(x, y)[2] + square(x, y + 1)[2]));
    define(total(x, y) = (column(x - 1, y)[0] + column(x, y)[0] + column(x + 1, y)[0],
                          column(x - 1, y)[1] + column(x, y)[1] + column(x + 1, y)[1],
                          column(x - 1, y)[2] + column(x, y)[2] + column(x + 1, y)[2]));

    /* Determinant and trace of the matrix of the three. */
    define(out(x, y) = total(x, y)[0]*total(x, y)[1] - total(x, y)[2]*total(x, y)[2] -
                       0.04f*(total(x, y)[0] + total(x, y)[1])*(total(x, y)[0] + total(x, y)[1]));
}
