// apps/nl_means/peer_halide.cpp: nl_means in Halide, the same algorithm as nl_means.c and the schedule of nl_means.cpu.sched.
#include "peer.hpp"

using namespace Halide;

int main(int argc, char **argv)
{
    ImageParam in(Float(32), 3, "in");
    Param<int> patch_size("patch_size"), search_area("search_area");
    Param<float> sigma("sigma");
    Func differ("differ"), down("down"), distance("distance"), weight("weight"), pixel("pixel"), total("total"), out("out");
    Var x("x"), y("y"), c("c"), i("i"), j("j"), tx, ty;

    Func edge = BoundaryConditions::repeat_edge(in);
    Expr d[3];
    for (int k = 0; k < 3; k++)
        d[k] = pow(edge(x, y, k) - edge(x + i, y + j, k), 2);
    differ(x, y, i, j) = d[0] + d[1] + d[2];

    RDom p(-(patch_size / 2), patch_size), s(-(search_area / 2), search_area, -(search_area / 2), search_area);
    down(x, y, i, j) = sum(differ(x, y + p, i, j));
    distance(x, y, i, j) = sum(down(x + p, y, i, j));
    weight(x, y, i, j) = fast_exp(distance(x, y, i, j) * (-1.0f / (sigma * sigma * patch_size * patch_size)));
    pixel(x, y, c) = mux(c, {edge(x, y, 0), edge(x, y, 1), edge(x, y, 2), 1.0f});
    total(x, y, c) += weight(x, y, s.x, s.y) * pixel(x + s.x, y + s.y, c);
    out(x, y, c) = clamp(total(x, y, c) / total(x, y, 3), 0.0f, 1.0f);
    out.output_buffer().dim(2).set_bounds(0, 3);

    out.compute_root().reorder(c, x, y).tile(x, y, tx, ty, x, y, 16, 8).parallel(ty).vectorize(x, 16);
    down.compute_at(out, tx).reorder(y, x).vectorize(x, 16);
    differ.compute_at(out, tx).vectorize(x, 16);
    total.compute_at(out, x).reorder(c, x, y).bound(c, 0, 4).unroll(c).vectorize(x, 16);
    total.update(0).reorder(c, x, y, s.x, s.y).unroll(c).vectorize(x, 16);
    distance.compute_at(total, x).vectorize(x, 16);

    return peer_write(argc, argv, out, {in, patch_size, search_area, sigma});
}
