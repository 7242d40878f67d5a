// apps/hist/peer_halide.cpp: hist in Halide, the same algorithm and schedule as hist.c and hist.cpu.sched.
#include "peer.hpp"

using namespace Halide;

int main(int argc, char **argv)
{
    ImageParam in(UInt(8), 3, "in");
    Func bright("bright"), cr("cr"), cb("cb"), rows("rows"), count("count"), below("below"), spread("spread"), out("out");
    Var x("x"), y("y"), c("c"), i("i"), yo("yo"), yi("yi");
    RDom rx(in.dim(0).min(), in.dim(0).extent()), ry(in.dim(1).min(), in.dim(1).extent()), k(1, 255);

    bright(x, y) = strict_float(0.299f * in(x, y, 0) + 0.587f * in(x, y, 1) + 0.114f * in(x, y, 2));
    cr(x, y) = strict_float((in(x, y, 0) - bright(x, y)) * 0.713f);
    cb(x, y) = strict_float((in(x, y, 2) - bright(x, y)) * 0.564f);

    rows(i, y) = 0;
    rows(clamp(cast<int>(bright(rx, y)), 0, 255), y) += 1;
    count(i) = 0;
    count(i) += rows(i, ry);
    below(i) = count(i);
    below(k) += below(k - 1);

    Expr scale = 255.0f / (cast<float>(in.dim(0).extent()) * cast<float>(in.dim(1).extent()));
    spread(x, y) = strict_float(
        clamp(cast<float>(below(clamp(cast<int>(bright(x, y)), 0, 255))) * strict_float(scale), 0.0f, 255.0f));
    Expr red = cast<uint8_t>(strict_float(clamp(spread(x, y) + 1.4f * cr(x, y), 0.0f, 255.0f)));
    Expr green =
        cast<uint8_t>(strict_float(clamp(spread(x, y) - 0.343f * cb(x, y) - 0.711f * cr(x, y), 0.0f, 255.0f)));
    Expr blue = cast<uint8_t>(strict_float(clamp(spread(x, y) + 1.765f * cb(x, y), 0.0f, 255.0f)));
    out(x, y, c) = mux(c, {red, green, blue});

    const int vec = 16;
    Func rows_all = rows.in();
    rows_all.compute_root().split(y, yo, yi, 4).parallel(yo).vectorize(i, vec);
    bright.clone_in(rows).compute_at(rows_all, yo).vectorize(x, vec);
    rows.compute_at(rows_all, yo).vectorize(i, vec).update().reorder(y, rx).unroll(y);
    count.compute_root().vectorize(i, vec);
    Var io("io"), iu("iu"), iv("iv"), im("im");
    count.update().split(i, im, iv, vec).split(im, io, iu, 4).reorder(iv, iu, ry, io).vectorize(iv).unroll(iu).parallel(io);
    below.bound(i, 0, 256).compute_root();
    out.bound(c, 0, 3).split(y, yo, yi, 8).reorder(c, x, yi, yo).unroll(c).parallel(yo).vectorize(x, vec);

    return peer_write(argc, argv, out, {in});
}
