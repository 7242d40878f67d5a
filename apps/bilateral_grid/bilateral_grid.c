/* apps/bilateral_grid/bilateral_grid.c: smooths a grey picture and keeps its edges, by a coarse grid over place and brightness. */
#include <carbide/dsl.h>

Generator(bilateral_grid)
{
    Input(in, f32, 2);
    Param(r_sigma, f32, 0.1, 0.02, 1.0); /* size of a cell of the grid in brightness, */
    Output(out, f32, 2);
    Setting(s_sigma, 8);                 /* and in pixels */
    Funcs(edge, histogram, blurz, blurx, blury, across, between, interpolated);
    Vars(x, y, z, c);
    int s = (int)s_sigma, half = s / 2;

    Expr cells = E(1.0f/r_sigma);

    repeat_edge(edge, in);

    /* What the pixels around a corner of the grid say: the sum of their brightnesses (c = 0) and how many there are (c = 1), one
     * bin for each cell in brightness. r.x and r.y walk over the pixels of a corner, r.z and r.w over the corners: those that a
     * pixel of the picture lies between, and two more each way for the blur. */
    Expr x0 = E_with((s), in.min(0)/s - 2), x1 = E_with((s), (in.min(0) + in.extent(0) - 1)/s + 4);
    Expr y0 = E_with((s), in.min(1)/s - 2), y1 = E_with((s), (in.min(1) + in.extent(1) - 1)/s + 4);
    RDom(r, (0, s), (0, s), (x0, sub(x1, x0)), (y0, sub(y1, y0)));
    Expr val = E_with((s, half), edge(r.z*s + r.x - half, r.w*s + r.y - half));
    Expr bin = E_with((val, cells), i32(clamp(val*cells + 0.5f, 0.5f, cells + 0.5f)));
    define(histogram(x, y, z, c) = 0.0f);
    define_with((val, bin), histogram(r.z, r.w, bin, c) += select(c == 0, clamp(val, 0.0f, 1.0f), 1.0f));

    /* The binomial 1 4 6 4 1 along all three axes. */
    define(blurz(x, y, z, c) = histogram(x, y, z - 2, c) + histogram(x, y, z - 1, c)*4 + histogram(x, y, z, c)*6 +
                               histogram(x, y, z + 1, c)*4 + histogram(x, y, z + 2, c));
    define(blurx(x, y, z, c) = blurz(x - 2, y, z, c) + blurz(x - 1, y, z, c)*4 + blurz(x, y, z, c)*6 +
                               blurz(x + 1, y, z, c)*4 + blurz(x + 2, y, z, c));
    define(blury(x, y, z, c) = blurx(x, y - 2, z, c) + blurx(x, y - 1, z, c)*4 + blurx(x, y, z, c)*6 +
                               blurx(x, y + 1, z, c)*4 + blurx(x, y + 2, z, c));

    /* Each pixel looks its brightness up between the eight corners of its cell: mean = sum / how many. */
    Expr zv = E_with((cells), clamp(in(x, y)*cells, 0.0f, cells));
    Expr zi = E_with((zv), i32(zv)), zf = E_with((zv, zi), zv - zi);
    Expr xi = E_with((s), x/s), xf = E_with((s), f32(x % s)/s);
    Expr yi = E_with((s), y/s), yf = E_with((s), f32(y % s)/s);
    define_with((xi, xf), across(x, y, z, c) = lerp(blury(xi, y, z, c), blury(xi + 1, y, z, c), xf));
    define_with((yi, yf), between(x, y, z, c) = lerp(across(x, yi, z, c), across(x, yi + 1, z, c), yf));
    define_with((zi, zf), interpolated(x, y, c) = lerp(between(x, y, zi, c), between(x, y, zi + 1, c), zf));
    define(out(x, y) = interpolated(x, y, 0)/interpolated(x, y, 1));
}
