// apps/resize/peer_halide.cpp: resize in Halide, the same algorithm and schedule as resize.c (program.h) and resize.cpu.sched.
//
// KERNEL (0 linear, 1 cubic, 2 lanczos), ELEMENT and UP are those of the generator.
#include "peer.hpp"

#ifndef KERNEL
#define KERNEL 1
#define ELEMENT float
#define UP false
#endif

using namespace Halide;

static Expr weight(Expr t)
{
    if (KERNEL == 0)
        return max(1 - abs(t), 0.0f);
    if (KERNEL == 1) {
        Expr d = abs(t);
        return select(d < 1, (1.5f * d - 2.5f) * d * d + 1, d < 2, ((-0.5f * d + 2.5f) * d - 4) * d + 2, 0.0f);
    }
    Expr a = 3.14159265f * t, b = 1.04719755f * t;
    return select(abs(t) >= 3, 0.0f, abs(t) < 0.0001f, 1.0f, sin(a) * sin(b) / (a * b));
}

int main(int argc, char **argv)
{
    ImageParam in(type_of<ELEMENT>(), 3, "in");
    Param<float> scale("scale");
    Func edge("edge"), as_float("as_float"), from_x("from_x"), from_y("from_y"), raw_x("raw_x"), raw_y("raw_y");
    Func sum_x("sum_x"), sum_y("sum_y"), weight_x("weight_x"), weight_y("weight_y");
    Func resized_x("resized_x"), resized_y("resized_y"), out("out");
    Var x("x"), y("y"), c("c"), i("i"), xo("xo"), xi("xi"), yo("yo"), yi("yi");

    const float r0 = KERNEL + 1;
    Expr width = UP ? Expr(1.0f) : Expr(min(scale, 1.0f)), reach = 1 / width;
    Expr taps = UP ? Expr(int(2 * r0)) : cast<int>(ceil(2 * r0 * reach));
    RDom k(0, taps);

    edge = BoundaryConditions::repeat_edge(in, {{in.dim(0).min(), in.dim(0).extent()}, {in.dim(1).min(), in.dim(1).extent()}});
    as_float(x, y, c) = cast<float>(edge(x, y, c));
    auto first = [&](Expr at) { return ceil(strict_float(at - r0 * reach)); };
    Expr at_x = (x + 0.5f) / scale - 0.5f, at_y = (y + 0.5f) / scale - 0.5f;
    from_x(x) = clamp(cast<int>(first(at_x)), in.dim(0).min() - taps, in.dim(0).min() + in.dim(0).extent());
    from_y(y) = clamp(cast<int>(first(at_y)), in.dim(1).min() - taps, in.dim(1).min() + in.dim(1).extent());
    raw_x(x, i) = weight((first(at_x) + i - at_x) * width);
    raw_y(y, i) = weight((first(at_y) + i - at_y) * width);
    sum_x(x) = 0.0f;
    sum_x(x) += raw_x(x, k);
    sum_y(y) = 0.0f;
    sum_y(y) += raw_y(y, k);
    weight_x(x, i) = raw_x(x, i) / sum_x(x);
    weight_y(y, i) = raw_y(y, i) / sum_y(y);
    resized_y(x, y, c) = 0.0f;
    resized_y(x, y, c) += weight_y(y, k) * as_float(x, from_y(y) + k, c);
    resized_x(x, y, c) = 0.0f;
    resized_x(x, y, c) += weight_x(x, k) * resized_y(from_x(x) + k, y, c);
    if (type_of<ELEMENT>().is_float())
        out(x, y, c) = clamp(resized_x(x, y, c), 0.0f, 1.0f);
    else
        out(x, y, c) = saturating_cast<ELEMENT>(resized_x(x, y, c) + 0.5f);

    out.split(y, yo, yi, 8).split(x, xo, xi, 32).reorder(xi, yi, xo, yo, c).vectorize(xi).parallel(yo);
    resized_x.compute_at(out, xo).vectorize(x, 32).update().split(x, x, xi, 16).reorder(xi, k, x, y, c).vectorize(xi);
    resized_y.compute_at(out, yo).vectorize(x, 16).update().split(x, x, xi, 16).reorder(xi, k, x, y, c).vectorize(xi);
    weight_x.compute_root().vectorize(x, 16);
    weight_y.compute_root().vectorize(y, 16);
    from_x.compute_root().vectorize(x, 16);
    from_y.compute_root().vectorize(y, 16);
    sum_x.compute_root().update().split(x, x, xi, 16).reorder(xi, k, x).vectorize(xi);
    sum_y.compute_root().update().split(y, y, yi, 16).reorder(yi, k, y).vectorize(yi);

    return peer_write(argc, argv, out, {in, scale});
}
