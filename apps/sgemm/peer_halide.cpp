// apps/sgemm/peer_halide.cpp: sgemm in Halide, the same algorithm and schedule as sgemm.c and sgemm.cpu.sched, and by REAL dgemm.
#include "peer.hpp"

#ifndef REAL
#define REAL float
#endif

using namespace Halide;

int main(int argc, char **argv)
{
    ImageParam a(type_of<REAL>(), 2, "a"), b(type_of<REAL>(), 2, "b");
    Func sum("sum"), c("c");
    Var x("x"), y("y"), xo("xo"), xi("xi"), yo("yo"), yi("yi"), yt("yt");
    RDom k(a.dim(0).min(), a.dim(0).extent());

    sum(x, y) = cast<REAL>(0);
    sum(x, y) += a(k, y) * b(x, k);
    c(x, y) = sum(x, y);

    Target target = peer_target();
    const int vec = target.natural_vector_size<REAL>(), columns = 2 * vec, tiles = 32;

    c.split(y, yi, yt, 8).split(yi, yo, yi, tiles).split(x, xo, xi, columns).reorder(xi, yt, yi, xo, yo);
    c.vectorize(xi, vec).unroll(xi).unroll(yt).parallel(xo).parallel(yo);
    sum.compute_at(c, yi).vectorize(x, vec).unroll(x).unroll(y);
    sum.update().reorder(x, y, k).vectorize(x, vec).unroll(x).unroll(y).unroll(k, 4);
    a.in().compute_at(c, yo).vectorize(_0, vec);
    b.in().compute_at(c, xo).vectorize(_0, vec).unroll(_0);

    return peer_write(argc, argv, c, {a, b});
}
