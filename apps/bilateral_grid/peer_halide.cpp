// apps/bilateral_grid/peer_halide.cpp: bilateral_grid in Halide, with the schedule that Halide's application of this name uses.
#include "peer.hpp"

using namespace Halide;

int main(int argc, char **argv)
{
    const int s = 8;
    ImageParam in(Float(32), 2, "in");
    Param<float> r_sigma("r_sigma");
    Func edge = BoundaryConditions::repeat_edge(in);
    Func histogram("histogram"), blurz("blurz"), blurx("blurx"), blury("blury"), interpolated("interpolated"), out("out");
    Var x("x"), y("y"), z("z"), c("c");
    RDom r(0, s, 0, s);

    Expr val = clamp(edge(x * s + r.x - s / 2, y * s + r.y - s / 2), 0.0f, 1.0f);
    Expr bin = cast<int>(val * (1.0f / r_sigma) + 0.5f);
    histogram(x, y, z, c) = 0.0f;
    histogram(x, y, bin, c) += select(c == 0, val, 1.0f);

    auto five = [](Expr a, Expr b, Expr m, Expr d, Expr e) { return a + b * 4 + m * 6 + d * 4 + e; };
    blurz(x, y, z, c) = five(histogram(x, y, z - 2, c), histogram(x, y, z - 1, c), histogram(x, y, z, c),
                             histogram(x, y, z + 1, c), histogram(x, y, z + 2, c));
    blurx(x, y, z, c) = five(blurz(x - 2, y, z, c), blurz(x - 1, y, z, c), blurz(x, y, z, c), blurz(x + 1, y, z, c),
                             blurz(x + 2, y, z, c));
    blury(x, y, z, c) = five(blurx(x, y - 2, z, c), blurx(x, y - 1, z, c), blurx(x, y, z, c), blurx(x, y + 1, z, c),
                             blurx(x, y + 2, z, c));

    Expr zv = clamp(in(x, y), 0.0f, 1.0f) * (1.0f / r_sigma);
    Expr zi = cast<int>(zv), zf = zv - zi;
    Expr xi = x / s, xf = cast<float>(x % s) / s;
    Expr yi = y / s, yf = cast<float>(y % s) / s;
    auto across = [&](Expr yy, Expr zz) { return lerp(blury(xi, yy, zz, c), blury(xi + 1, yy, zz, c), xf); };
    interpolated(x, y, c) = lerp(lerp(across(yi, zi), across(yi + 1, zi), yf), lerp(across(yi, zi + 1), across(yi + 1, zi + 1), yf), zf);
    out(x, y) = interpolated(x, y, 0) / interpolated(x, y, 1);

    blurz.compute_root().reorder(c, z, x, y).parallel(y).vectorize(x, 8).bound(c, 0, 2).unroll(c);
    histogram.compute_at(blurz, y);
    histogram.update().reorder(c, r.x, r.y, x, y).unroll(c);
    blurx.compute_root().reorder(c, x, y, z).parallel(z).vectorize(x, 8).bound(c, 0, 2).unroll(c);
    blury.compute_root().reorder(c, x, y, z).parallel(z).vectorize(x, 8).bound(c, 0, 2).unroll(c);
    histogram.bound(c, 0, 2);
    out.compute_root().parallel(y).vectorize(x, 8);

    return peer_write(argc, argv, out, {in, r_sigma});
}
