// apps/camera_pipe/peer_halide.cpp: camera_pipe in Halide, with the schedule that Halide's application of this name uses.
#include "peer.hpp"

using namespace Halide;
using namespace Halide::ConciseCasts;

static Var x("x"), y("y"), c("c");

// The mean, rounded up.
static Expr avg(Expr a, Expr b)
{
    Type wide = a.type().with_bits(2 * a.type().bits());
    return cast(a.type(), (cast(wide, a) + b + 1) / 2);
}

static Expr sites(Func gr, Func red, Func blue, Func gb)
{
    return select(y % 2 == 0, select(x % 2 == 0, gr(x / 2, y / 2), red(x / 2, y / 2)),
                  select(x % 2 == 0, blue(x / 2, y / 2), gb(x / 2, y / 2)));
}

int main(int argc, char **argv)
{
    ImageParam in(UInt(16), 2, "in"), matrix_3200(Float(32), 2, "matrix_3200"), matrix_7000(Float(32), 2, "matrix_7000");
    Param<float> color_temp("color_temp"), gamma("gamma"), contrast("contrast"), sharpen_strength("sharpen_strength");
    Param<int> black_level("black_level"), white_level("white_level");
    Func shifted("shifted"), denoised("denoised"), deinterleaved("deinterleaved"), g_gr("g_gr"), r_r("r_r"), b_b("b_b"), g_gb("g_gb"),
        g_r("g_r"), g_b("g_b"), r_gr("r_gr"), b_gr("b_gr"), r_gb("r_gb"), b_gb("b_gb"), r_b("r_b"), b_r("b_r"),
        demosaiced("demosaiced"), matrix("matrix"), corrected("corrected"), curve("curve"), curved("curved"), strength("strength"),
        unsharp_y("unsharp_y"), unsharp("unsharp"), mask("mask"), out("out");

    shifted(x, y) = cast<int16_t>(in(x + 16, y + 12));
    denoised(x, y) = clamp(shifted(x, y), 0, max(max(shifted(x - 2, y), shifted(x + 2, y)), max(shifted(x, y - 2), shifted(x, y + 2))));

    deinterleaved(x, y, c) = mux(c, {denoised(2 * x, 2 * y), denoised(2 * x + 1, 2 * y), denoised(2 * x, 2 * y + 1), denoised(2 * x + 1, 2 * y + 1)});
    g_gr(x, y) = deinterleaved(x, y, 0);
    r_r(x, y) = deinterleaved(x, y, 1);
    b_b(x, y) = deinterleaved(x, y, 2);
    g_gb(x, y) = deinterleaved(x, y, 3);

    g_r(x, y) = select(absd(g_gr(x + 1, y), g_gr(x, y)) < absd(g_gb(x, y - 1), g_gb(x, y)),
                       avg(g_gr(x + 1, y), g_gr(x, y)), avg(g_gb(x, y - 1), g_gb(x, y)));
    g_b(x, y) = select(absd(g_gb(x - 1, y), g_gb(x, y)) < absd(g_gr(x, y + 1), g_gr(x, y)),
                       avg(g_gb(x - 1, y), g_gb(x, y)), avg(g_gr(x, y + 1), g_gr(x, y)));

    // The mean of two places, and the error that green would have made at them.
    auto fill = [](Func known, Expr green, Func greens, Expr x0, Expr y0, Expr x1, Expr y1) {
        return green - avg(greens(x0, y0), greens(x1, y1)) + avg(known(x0, y0), known(x1, y1));
    };
    r_gr(x, y) = fill(r_r, g_gr(x, y), g_r, x - 1, y, x, y);
    b_gr(x, y) = fill(b_b, g_gr(x, y), g_b, x, y, x, y - 1);
    r_gb(x, y) = fill(r_r, g_gb(x, y), g_r, x, y, x, y + 1);
    b_gb(x, y) = fill(b_b, g_gb(x, y), g_b, x, y, x + 1, y);
    r_b(x, y) = select(absd(r_r(x, y), r_r(x - 1, y + 1)) < absd(r_r(x - 1, y), r_r(x, y + 1)),
                       fill(r_r, g_b(x, y), g_r, x, y, x - 1, y + 1), fill(r_r, g_b(x, y), g_r, x - 1, y, x, y + 1));
    b_r(x, y) = select(absd(b_b(x, y), b_b(x + 1, y - 1)) < absd(b_b(x + 1, y), b_b(x, y - 1)),
                       fill(b_b, g_r(x, y), g_b, x, y, x + 1, y - 1), fill(b_b, g_r(x, y), g_b, x + 1, y, x, y - 1));
    demosaiced(x, y, c) = mux(c, {sites(r_gr, r_r, r_b, r_gb), sites(g_gr, g_r, g_b, g_gb), sites(b_gr, b_r, b_b, b_gb)});

    Expr alpha = (1.0f / color_temp - 1.0f / 3200) / (1.0f / 7000 - 1.0f / 3200);
    matrix(x, y) = cast<int16_t>((matrix_3200(x, y) * alpha + matrix_7000(x, y) * (1 - alpha)) * 256.0f);
    Expr rgb[3];
    for (int i = 0; i < 3; i++)
        rgb[i] = cast<int16_t>((matrix(3, i) + matrix(0, i) * cast<int32_t>(demosaiced(x, y, 0)) +
                                matrix(1, i) * cast<int32_t>(demosaiced(x, y, 1)) + matrix(2, i) * cast<int32_t>(demosaiced(x, y, 2))) / 256);
    corrected(x, y, c) = mux(c, {rgb[0], rgb[1], rgb[2]});

    Expr g = pow(clamp(cast<float>(x - black_level) * (1.0f / (white_level - black_level)), 0.0f, 1.0f), 1.0f / gamma);
    Expr b = 2.0f - pow(2.0f, contrast / 100.0f), a = 2.0f - 2.0f * b;
    Expr z = select(g > 0.5f, 1.0f - (a * (1.0f - g) * (1.0f - g) + b * (1.0f - g)), a * g * g + b * g);
    curve(x) = select(x <= black_level, cast<uint8_t>(0), x > white_level, cast<uint8_t>(255), cast<uint8_t>(clamp(z * 255.0f + 0.5f, 0.0f, 255.0f)));
    curved(x, y, c) = curve(cast<int32_t>(clamp(corrected(x, y, c), 0, 1023)));

    strength() = u8_sat(sharpen_strength * 32);
    unsharp_y(x, y, c) = avg(avg(curved(x, y - 1, c), curved(x, y + 1, c)), curved(x, y, c));
    unsharp(x, y, c) = avg(avg(unsharp_y(x - 1, y, c), unsharp_y(x + 1, y, c)), unsharp_y(x, y, c));
    mask(x, y, c) = cast<int16_t>(curved(x, y, c)) - cast<int16_t>(unsharp(x, y, c));
    out(x, y, c) = u8_sat(curved(x, y, c) + mask(x, y, c) * strength() / 32);

    Var yo("yo"), yi("yi"), yii("yii"), xi("xi");
    Target target = peer_target();
    const int strip = 32, vec = 2 * target.natural_vector_size(UInt(16));
    out.reorder(c, x, y).split(y, yi, yii, 2, TailStrategy::RoundUp).split(yi, yo, yi, strip / 2)
       .vectorize(x, vec, TailStrategy::RoundUp).unroll(c).parallel(yo);
    denoised.compute_at(out, yi).store_at(out, yo).prefetch(in, y, y, 2).fold_storage(y, 16)
            .tile(x, y, x, y, xi, yi, vec, 2).vectorize(xi).unroll(yi);
    deinterleaved.compute_at(out, yi).store_at(out, yo).fold_storage(y, 8).bound(c, 0, 4).reorder(c, x, y)
                 .vectorize(x, vec, TailStrategy::RoundUp).unroll(c);
    for (Func f : {g_r, g_b})
        f.compute_at(out, yi).store_at(out, yo).vectorize(x, vec, TailStrategy::RoundUp).fold_storage(y, 4);
    g_b.compute_with(g_r, x, {{x, LoopAlignStrategy::AlignStart}, {y, LoopAlignStrategy::AlignStart}});
    curved.compute_at(out, yi).store_at(out, yo).bound(c, 0, 3).align_bounds(x, 2).align_bounds(y, 2).reorder(c, x, y)
          .tile(x, y, x, y, xi, yi, vec, 2, TailStrategy::RoundUp).vectorize(xi).unroll(yi).unroll(c);
    corrected.compute_at(curved, x).bound(c, 0, 3).reorder(c, x, y).vectorize(x).unroll(c);
    demosaiced.compute_at(curved, x).bound(c, 0, 3).reorder(c, x, y).vectorize(x).unroll(y).unroll(c);
    matrix.compute_root();
    curve.compute_root().vectorize(x, vec);
    strength.compute_root();
    // A whole number of vectors and strips.
    out.bound(c, 0, 3).bound(x, 0, out.output_buffer().width() / vec * vec).bound(y, 0, out.output_buffer().height() / strip * strip);

    return peer_write(argc, argv, out, {in, matrix_3200, matrix_7000, color_temp, gamma, contrast, sharpen_strength, black_level, white_level});
}
