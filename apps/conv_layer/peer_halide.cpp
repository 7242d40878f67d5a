// apps/conv_layer/peer_halide.cpp: the layer in Halide, the same algorithm and schedule as conv_layer.c and
// conv_layer.cpu.sched.
#include "peer.hpp"

using namespace Halide;

int main(int argc, char **argv)
{
    const int pictures = 5, ci = 128, co = 128, width = 100, height = 80;
    ImageParam in(Float(32), 4, "in"), filter(Float(32), 4, "filter"), bias(Float(32), 1, "bias");
    Func conv("conv"), relu("relu");
    Var c("c"), x("x"), y("y"), n("n"), co_("co"), ci_("ci"), xo("xo"), xi("xi");
    RDom r(0, ci, 0, 3, 0, 3);

    conv(c, x, y, n) = bias(c);
    conv(c, x, y, n) += filter(c, r.y, r.z, r.x) * in(r.x, x + r.y, y + r.z, n);
    relu(c, x, y, n) = max(conv(c, x, y, n), 0.0f);

    // All sizes are known, as in Halide's own program of this name.
    auto shape = [](auto dims, std::vector<int> extent) {
        int stride = 1;
        for (size_t d = 0; d < extent.size(); d++) {
            dims(int(d)).set_bounds(0, extent[d]).set_stride(stride);
            stride *= extent[d];
        }
    };
    shape([&](int d) { return in.dim(d); }, {ci, width + 2, height + 2, pictures});
    shape([&](int d) { return filter.dim(d); }, {co, 3, 3, ci});
    shape([&](int d) { return bias.dim(d); }, {co});
    shape([&](int d) { return relu.output_buffer().dim(d); }, {co, width, height, pictures});

    Target target = peer_target();
    const int vec = target.natural_vector_size<float>();
    const int vectors = target.has_feature(Target::AVX512) ? 4 : 3, pixels = target.has_feature(Target::AVX512) ? 5 : 4;

    relu.bound(c, 0, co).bound(x, 0, width).bound(y, 0, height).bound(n, 0, pictures);
    relu.split(c, co_, ci_, vec * vectors).split(x, xo, xi, pixels).reorder(ci_, xi, xo, y, n, co_);
    relu.vectorize(ci_, vec).unroll(ci_).unroll(xi).parallel(y).parallel(n).parallel(co_);
    conv.compute_at(relu, xo).vectorize(c, vec).unroll(c).unroll(x).unroll(y);
    conv.update().reorder(c, x, y, r.x, r.y, r.z, n).vectorize(c, vec).unroll(c).unroll(x).unroll(y).unroll(r.x, 2);
    filter.in().compute_at(conv, r.x).vectorize(_0, vec).unroll(_0).unroll(_3);
    in.in().compute_at(conv, x).unroll(_0);

    return peer_write(argc, argv, relu, {in, filter, bias});
}
