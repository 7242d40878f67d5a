// apps/depthwise_separable_conv/peer_halide.cpp: the layer in Halide, the same algorithm and schedule as
// depthwise_separable_conv.c and depthwise_separable_conv.cpu.sched.
#include "peer.hpp"

using namespace Halide;

int main(int argc, char **argv)
{
    const int pictures = 4, ci = 32, co = 16, width = 112, height = 112;
    ImageParam in(Float(32), 4, "in"), dfilter(Float(32), 3, "dfilter"), pfilter(Float(32), 2, "pfilter");
    ImageParam bias(Float(32), 1, "bias");
    Func edge("edge"), deep("deep"), mixed("mixed"), out("out");
    Var c("c"), x("x"), y("y"), n("n"), t("t"), xi("xi"), yi("yi");
    RDom r(-1, 3, -1, 3), k(0, ci);

    edge = BoundaryConditions::constant_exterior(in, 0.0f, {{Expr(), Expr()}, {0, width}, {0, height}});
    deep(c, x, y, n) = 0.0f;
    deep(c, x, y, n) += dfilter(c, r.x + 1, r.y + 1) * edge(c, x + r.x, y + r.y, n);
    mixed(c, x, y, n) = bias(c);
    mixed(c, x, y, n) += pfilter(c, k) * deep(k, x, y, n);
    out(c, x, y, n) = max(mixed(c, x, y, n), 0.0f);

    // All sizes are known, as in Halide's own program of this name.
    auto shape = [](auto dims, std::vector<int> extent) {
        int stride = 1;
        for (size_t d = 0; d < extent.size(); d++) {
            dims(int(d)).set_bounds(0, extent[d]).set_stride(stride);
            stride *= extent[d];
        }
    };
    shape([&](int d) { return in.dim(d); }, {ci, width, height, pictures});
    shape([&](int d) { return dfilter.dim(d); }, {ci, 3, 3});
    shape([&](int d) { return pfilter.dim(d); }, {co, ci});
    shape([&](int d) { return bias.dim(d); }, {co});
    shape([&](int d) { return out.output_buffer().dim(d); }, {co, width, height, pictures});

    Target target = peer_target();
    const int vec = target.natural_vector_size<float>();
    const int w = target.has_feature(Target::AVX512) ? 6 : 3, h = target.has_feature(Target::AVX512) ? 4 : 2;

    out.bound(c, 0, co).bound(x, 0, width).bound(y, 0, height).bound(n, 0, pictures);
    out.tile(x, y, xi, yi, w, h).reorder(c, xi, yi, x, y, n).vectorize(c, vec).unroll(xi).unroll(yi);
    out.fuse(y, n, t).parallel(t);
    mixed.compute_at(out, x).vectorize(c, vec).unroll(x).unroll(y);
    mixed.update().reorder(c, x, y, k, n).vectorize(c, vec).unroll(x).unroll(y);
    deep.compute_at(out, x).vectorize(c, 32);
    deep.update().reorder(c, r.x, r.y, x, y, n).vectorize(c, 32).unroll(r.x).unroll(r.y);

    return peer_write(argc, argv, out, {in, dfilter, pfilter, bias});
}
