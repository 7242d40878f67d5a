// apps/iir_blur/peer_halide.cpp: iir_blur in Halide, the same algorithm as iir_blur.c and the schedule of iir_blur.cpu.sched.
//
//     peer_halide NAME          writes NAME.a and NAME.h
//     peer_halide NAME object   writes NAME.o only: what compiling takes, without Halide's runtime
#include <Halide.h>

#include <cstdio>
#include <cstring>

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
    if (argc < 2) {
        fprintf(stderr, "usage: %s NAME [object]\n", argv[0]);
        return 2;
    }
    ImageParam in(Float(32), 3, "in");
    Param<float> alpha("alpha");
    Func out = filter_columns("out", filter_columns("turned", in, in.height(), alpha), in.width(), alpha);

    Target target = get_host_target();
    if (!__builtin_cpu_supports("avx512fp16")) // which Halide 14 expects of every processor with AVX512-BF16
        target = target.without_feature(Target::AVX512_SapphireRapids);
    if (argc > 2 && !strcmp(argv[2], "object"))
        out.compile_to_object(std::string(argv[1]) + ".o", {in, alpha}, argv[1], target.with_feature(Target::NoRuntime));
    else
        out.compile_to_static_library(argv[1], {in, alpha}, argv[1], target);
    return 0;
}
