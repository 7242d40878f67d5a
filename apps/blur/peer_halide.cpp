// apps/blur/peer_halide.cpp: blur in Halide, the same algorithm and schedule as blur.c and blur.cpu.sched.
#include "peer.hpp"

using namespace Halide;

int main(int argc, char **argv)
{
    ImageParam in(UInt(16), 2, "in");
    Func blur_x("blur_x"), out("out");
    Var x("x"), y("y"), yo("yo"), yi("yi");

    blur_x(x, y) = (in(x - 1, y) + in(x, y) + in(x + 1, y)) / 3;
    out(x, y) = (blur_x(x, y - 1) + blur_x(x, y) + blur_x(x, y + 1)) / 3;

    out.split(y, yo, yi, 32).parallel(yo).vectorize(x, 32);
    blur_x.store_at(out, yo).compute_at(out, yi).vectorize(x, 32);

    return peer_write(argc, argv, out, {in});
}
