// apps/unsharp/peer_halide.cpp: unsharp in Halide, the same algorithm and schedule as unsharp.c and unsharp.cpu.sched.
#include "peer.hpp"

#include <cmath>

using namespace Halide;

// The Gaussian of standard deviation 1.5 at i.
static float gauss(int i)
{
    const double sigma = 1.5, pi = 3.14159265358979;
    return (float)(std::exp(-i * i / (2 * sigma * sigma)) / (std::sqrt(2 * pi) * sigma));
}

int main(int argc, char **argv)
{
    ImageParam in(Float(32), 3, "in");
    Func gray("gray"), blur_y("blur_y"), blur_xy("blur_xy"), sharp("sharp"), ratio("ratio"), out("out");
    Var x("x"), y("y"), c("c"), yo("yo"), yi("yi");
    float k0 = gauss(0), k1 = gauss(1), k2 = gauss(2), k3 = gauss(3);

    Func edge = BoundaryConditions::repeat_edge(
        in, {{in.dim(0).min(), in.dim(0).extent()}, {in.dim(1).min(), in.dim(1).extent()}});
    gray(x, y) = 0.299f * edge(x, y, 0) + 0.587f * edge(x, y, 1) + 0.114f * edge(x, y, 2);
    blur_y(x, y) = k0 * gray(x, y) + k1 * (gray(x, y - 1) + gray(x, y + 1)) + k2 * (gray(x, y - 2) + gray(x, y + 2)) +
                   k3 * (gray(x, y - 3) + gray(x, y + 3));
    blur_xy(x, y) = k0 * blur_y(x, y) + k1 * (blur_y(x - 1, y) + blur_y(x + 1, y)) +
                    k2 * (blur_y(x - 2, y) + blur_y(x + 2, y)) + k3 * (blur_y(x - 3, y) + blur_y(x + 3, y));
    sharp(x, y) = 2 * gray(x, y) - blur_xy(x, y);
    ratio(x, y) = sharp(x, y) / gray(x, y);
    out(x, y, c) = ratio(x, y) * in(x, y, c);

    const int vec = 16;
    out.split(y, yo, yi, 32).reorder(x, c, yi, yo).parallel(yo).vectorize(x, vec);
    ratio.store_at(out, yo).compute_at(out, yi).vectorize(x, vec);
    blur_y.store_at(out, yo).compute_at(out, yi).vectorize(x, vec);
    gray.store_at(out, yo).compute_at(out, yi).vectorize(x, vec);

    return peer_write(argc, argv, out, {in});
}
