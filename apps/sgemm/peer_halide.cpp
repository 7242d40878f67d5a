// apps/sgemm/peer_halide.cpp: sgemm in Halide, the same algorithm and schedule as sgemm.c and sgemm.cpu.sched, and by REAL dgemm.
//
//     peer_halide NAME          writes NAME.a and NAME.h
//     peer_halide NAME object   writes NAME.o only: what compiling takes, without Halide's runtime
#include <Halide.h>

#include <cstdio>
#include <cstring>

#ifndef REAL
#define REAL float
#endif

using namespace Halide;

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s NAME [object]\n", argv[0]);
        return 2;
    }
    ImageParam a(type_of<REAL>(), 2, "a"), b(type_of<REAL>(), 2, "b");
    Func sum("sum"), c("c");
    Var x("x"), y("y"), xo("xo"), xi("xi"), yo("yo"), yi("yi"), yt("yt");
    RDom k(a.dim(0).min(), a.dim(0).extent());

    sum(x, y) = cast<REAL>(0);
    sum(x, y) += a(k, y) * b(x, k);
    c(x, y) = sum(x, y);

    Target target = get_host_target();
    const int vec = target.natural_vector_size<REAL>(), columns = 2 * vec, tiles = 32;

    c.split(y, yi, yt, 8).split(yi, yo, yi, tiles).split(x, xo, xi, columns).reorder(xi, yt, yi, xo, yo);
    c.vectorize(xi, vec).unroll(xi).unroll(yt).parallel(xo).parallel(yo);
    sum.compute_at(c, yi).vectorize(x, vec).unroll(x).unroll(y);
    sum.update().reorder(x, y, k).vectorize(x, vec).unroll(x).unroll(y).unroll(k, 4);
    a.in().compute_at(c, yo).vectorize(_0, vec);
    b.in().compute_at(c, xo).vectorize(_0, vec).unroll(_0);

    if (argc > 2 && !strcmp(argv[2], "object"))
        c.compile_to_object(std::string(argv[1]) + ".o", {a, b}, argv[1], target.with_feature(Target::NoRuntime));
    else
        c.compile_to_static_library(argv[1], {a, b}, argv[1], target);
    return 0;
}
