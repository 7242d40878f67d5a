// apps/max_filter/peer_halide.cpp: max_filter in Halide, the same algorithm as max_filter.c and the schedule of
// max_filter.cpu.sched.
#include "peer.hpp"

using namespace Halide;

int main(int argc, char **argv)
{
    const int radius = 26, last = 5;
    ImageParam in(Float(32), 3, "in");
    Func tall("tall"), piece("piece"), column("column"), half("half"), out("out");
    Var x("x"), y("y"), c("c"), s("s"), t("t"), d("d"), tx, task;

    Func edge = BoundaryConditions::repeat_edge(in, {{in.dim(0).min(), in.dim(0).extent()}, {in.dim(1).min(), in.dim(1).extent()}});
    RDom r(in.dim(1).min() - radius, in.dim(1).extent() + radius, 1, last);
    tall(x, y, c, s) = edge(x, y, c);
    tall(x, r.x, c, r.y) = max(tall(x, r.x, c, r.y - 1), tall(x, r.x + clamp(1 << (r.y - 1), 0, 2 * radius), c, r.y - 1));

    piece(t) = 31 - cast<int>(count_leading_zeros(cast<uint32_t>(2 * t + 1)));
    Expr k = clamp(piece(t), 0, last);
    column(x, y, c, t) = max(tall(x, y - t, c, k), tall(x, y + t + 1 - clamp(1 << k, 0, 2 * radius), c, k));

    RDom v(0, radius + 1), h(-radius, 2 * radius + 1);
    half(d) = sum(select(cast<float>(d * d + v * v) < (radius + 0.25f) * (radius + 0.25f), 1, 0));
    out(x, y, c) = maximum(column(x + h, y, c, clamp(half(h), 0, radius + 1)));

    piece.compute_root();
    half.compute_root();
    out.compute_root().split(x, tx, x, 256).reorder(x, y, c, tx).fuse(c, tx, task).parallel(task).vectorize(x, 8);
    tall.compute_at(out, task).vectorize(x, 8);
    tall.update().reorder(x, r.x, r.y, c).vectorize(x, 8);
    column.compute_at(out, y).vectorize(x, 8);

    return peer_write(argc, argv, out, {in});
}
