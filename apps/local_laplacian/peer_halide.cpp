// apps/local_laplacian/peer_halide.cpp: local_laplacian in Halide, with the schedule that Halide's application of this name uses.
#include "peer.hpp"

using namespace Halide;

static Var x("x"), y("y"), c("c"), k("k");

static Func downsample(Func f)
{
    Func across, down;
    across(x, y, _) = (f(2 * x - 1, y, _) + 3.0f * (f(2 * x, y, _) + f(2 * x + 1, y, _)) + f(2 * x + 2, y, _)) / 8.0f;
    down(x, y, _) = (across(x, 2 * y - 1, _) + 3.0f * (across(x, 2 * y, _) + across(x, 2 * y + 1, _)) + across(x, 2 * y + 2, _)) / 8.0f;
    return down;
}

static Func upsample(Func f)
{
    Func across, up;
    across(x, y, _) = 0.25f * f(x / 2 - 1 + 2 * (x % 2), y, _) + 0.75f * f(x / 2, y, _);
    up(x, y, _) = 0.25f * across(x, y / 2 - 1 + 2 * (y % 2), _) + 0.75f * across(x, y / 2, _);
    return up;
}

int main(int argc, char **argv)
{
    const int sizes = 8, wide = 5; // sizes of the pyramids, and from which on they are small
    ImageParam in(UInt(16), 3, "in");
    Param<int> levels("levels");
    Param<float> alpha("alpha"), beta("beta");
    Func remap("remap"), floating("floating"), gray("gray"), color("color"), out("out");
    Func gauss[sizes], small[sizes], detail[sizes], result[sizes];

    Expr fx = cast<float>(x) / 256.0f;
    remap(x) = alpha * fx * exp(-fx * fx / 2.0f);
    Func edge = BoundaryConditions::repeat_edge(in);
    floating(x, y, c) = strict_float(edge(x, y, c) * (1.0f / 65535.0f));
    gray(x, y) = strict_float(0.299f * floating(x, y, 0) + 0.587f * floating(x, y, 1) + 0.114f * floating(x, y, 2));

    Expr level = k * (1.0f / (levels - 1));
    Expr idx = clamp(cast<int>(strict_float(gray(x, y) * cast<float>(levels - 1) * 256.0f)), 0, (levels - 1) * 256);
    gauss[0](x, y, k) = beta * (gray(x, y) - level) + level + remap(idx - 256 * k);
    small[0](x, y) = gray(x, y);
    for (int j = 1; j < sizes; j++) {
        gauss[j](x, y, k) = downsample(gauss[j - 1])(x, y, k);
        small[j](x, y) = downsample(small[j - 1])(x, y);
    }
    for (int j = sizes - 1; j >= 0; j--) {
        Func laplace;
        if (j == sizes - 1)
            laplace(x, y, k) = gauss[j](x, y, k);
        else
            laplace(x, y, k) = gauss[j](x, y, k) - upsample(gauss[j + 1])(x, y, k);
        Expr at = small[j](x, y) * cast<float>(levels - 1);
        Expr lower = clamp(cast<int>(at), 0, levels - 2), part = at - cast<float>(lower);
        detail[j](x, y) = (1.0f - part) * laplace(x, y, lower) + part * laplace(x, y, lower + 1);
        if (j == sizes - 1)
            result[j](x, y) = detail[j](x, y);
        else
            result[j](x, y) = upsample(result[j + 1])(x, y) + detail[j](x, y);
    }
    color(x, y, c) = result[0](x, y) * (floating(x, y, c) + 0.01f) / (gray(x, y) + 0.01f);
    out(x, y, c) = cast<uint16_t>(clamp(color(x, y, c), 0.0f, 1.0f) * 65535.0f);

    Var yo("yo");
    remap.compute_root();
    out.bound(c, 0, 3).reorder(c, x, y).split(y, yo, y, 64).parallel(yo).vectorize(x, 8);
    gray.compute_root().parallel(y, 32).vectorize(x, 8);
    for (int j = 1; j < wide; j++) {
        small[j].compute_root().parallel(y, 32).vectorize(x, 8);
        gauss[j].compute_root().reorder_storage(x, k, y).reorder(k, y).parallel(y, 8).vectorize(x, 8);
        result[j].store_at(out, yo).compute_at(out, y).fold_storage(y, 4).vectorize(x, 8);
    }
    result[0].compute_at(out, y).vectorize(x, 8);
    for (int j = wide; j < sizes; j++) {
        small[j].compute_root();
        gauss[j].compute_root().parallel(k);
        result[j].compute_root();
    }

    return peer_write(argc, argv, out, {in, levels, alpha, beta});
}
