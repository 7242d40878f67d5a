// apps/blur/peer_halide.cpp: blur in Halide, the same algorithm and schedule as blur.c and blur.cpu.sched.
//
//     peer_halide NAME          writes NAME.a and NAME.h
//     peer_halide NAME object   writes NAME.o only: what compiling takes, without Halide's runtime
#include <Halide.h>

#include <cstdio>
#include <cstring>

using namespace Halide;

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s NAME [object]\n", argv[0]);
        return 2;
    }
    ImageParam in(UInt(16), 2, "in");
    Func blur_x("blur_x"), out("out");
    Var x("x"), y("y"), yo("yo"), yi("yi");

    blur_x(x, y) = (in(x - 1, y) + in(x, y) + in(x + 1, y)) / 3;
    out(x, y) = (blur_x(x, y - 1) + blur_x(x, y) + blur_x(x, y + 1)) / 3;

    out.split(y, yo, yi, 32).parallel(yo).vectorize(x, 32);
    blur_x.store_at(out, yo).compute_at(out, yi).vectorize(x, 32);

    Target target = get_host_target();
    if (argc > 2 && !strcmp(argv[2], "object"))
        out.compile_to_object(std::string(argv[1]) + ".o", {in}, argv[1], target.with_feature(Target::NoRuntime));
    else
        out.compile_to_static_library(argv[1], {in}, argv[1], target);
    return 0;
}
