// apps/stencil_chain/peer_halide.cpp: stencil_chain in Halide, the same algorithm as stencil_chain.c and the schedule of
// stencil_chain.cpu.sched.
#include "peer.hpp"
#include <vector>

using namespace Halide;

int main(int argc, char **argv)
{
    const int links = 32, group = 11, width = 1536, height = 2560;
    ImageParam in(UInt(16), 2, "in");
    Func out("out");
    Var x("x"), y("y"), xo, yo, xi, yi, t;

    std::vector<Func> step{BoundaryConditions::repeat_edge(in)};
    for (int k = 0; k < links; k++) {
        Func across, next("step_" + std::to_string(k + 1)), &last = step[k];
        across(x, y) = last(x - 2, y) + 2 * last(x - 1, y) + 3 * last(x, y) + 4 * last(x + 1, y) + 5 * last(x + 2, y);
        next(x, y) = across(x, y - 2) + 2 * across(x, y - 1) + 3 * across(x, y) + 4 * across(x, y + 1) + 5 * across(x, y + 2);
        step.push_back(next);
    }
    out(x, y) = step[links](x, y);

    for (int last = links; last > 0; last -= group) {
        Func end = last == links ? out : step[last];
        int wider = 4 * (links - last);
        end.compute_root().tile(x, y, xo, yo, xi, yi, (width + wider) / 4, (height + wider) / 4);
        end.fuse(xo, yo, t).parallel(t).vectorize(xi, 32);
        for (int k = last - 1; k >= 0 && k > last - group; k--)
            step[k].store_at(end, t).compute_at(end, yi).vectorize(step[k].args()[0], 32);
    }

    return peer_write(argc, argv, out, {in});
}
