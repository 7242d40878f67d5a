// apps/iir_blur/peer_halide.cpp: iir_blur in Halide, the same algorithm as iir_blur.c and the schedule of iir_blur.cpu.sched.
#include "peer.hpp"

using namespace Halide;

// What the columns of `from`, `rows` elements each, become, as rows of a Func of that name.
static Func filter_columns(const char *name, Func from, Expr rows, Expr alpha)
{
    Func blur("blur"), turned(name);
    Var x("x"), y("y"), c("c"), xo, yo;
    RDom r(1, rows - 1);
    blur(x, y, c) = undef<float>();
    blur(x, 0, c) = from(x, 0, c);
    blur(x, r, c) = (1 - alpha) * blur(x, r - 1, c) + alpha * from(x, r, c);
    blur(x, rows - r - 1, c) = (1 - alpha) * blur(x, rows - r, c) + alpha * blur(x, rows - r - 1, c);
    turned(x, y, c) = blur(y, x, c);

    turned.compute_root().tile(x, y, xo, yo, x, y, 16, 64).vectorize(x).parallel(yo).parallel(c);
    blur.compute_at(turned, yo);
    blur.update(0).unscheduled();
    blur.update(1).reorder(x, r).vectorize(x);
    blur.update(2).reorder(x, r).vectorize(x);
    return turned;
}

int main(int argc, char **argv)
{
    ImageParam in(Float(32), 3, "in");
    Param<float> alpha("alpha");
    Func out = filter_columns("out", filter_columns("turned", in, in.height(), alpha), in.width(), alpha);

    return peer_write(argc, argv, out, {in, alpha});
}
