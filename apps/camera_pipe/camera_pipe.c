/* apps/camera_pipe/camera_pipe.c: makes a colour picture of what the sensor of a camera saw, one colour at each site:
 *
 *     green (gr)  red         even rows
 *     blue        green (gb)  odd rows
 *
 * Steps: hot pixels are put right, colours filled in where they were not measured, corrected for the temperature of the light, sent
 * through a tone curve to 8 bits, and sharpened. The output lies 16 columns and 12 rows inside the input, so nothing is read
 * beyond its edges. Values between are signed, as corrections may fall below 0. */
#include <carbide/dsl.h>

/* A row of sites as pairs of two columns: p says which of the two, x counts pairs. */
static void sites(Func out, Func gr, Func red, Func blue, Func gb)
{
    Local()
    {
        Vars(p, x, y);
        define_with((out, gr, red, blue, gb), out(p, x, y) =
            select(y % 2 == 0, select(p == 0, gr(x, y/2), red(x, y/2)), select(p == 0, blue(x, y/2), gb(x, y/2))));
    }
}

Generator(camera_pipe)
{
    Input(in, u16, 2);
    Input(matrix_3200, f32, 2); /* colour matrices for two temperatures of light, 4 x 3: a row for each of r, g, b */
    Input(matrix_7000, f32, 2);
    Param(color_temp, f32, 3700.0, 2000.0, 10000.0);
    Param(gamma, f32, 2.0, 1.0, 4.0);
    Param(contrast, f32, 50.0, 0.0, 100.0);
    Param(sharpen_strength, f32, 1.0, 0.0, 4.0);
    Param(black_level, i32, 25, 0, 511);
    Param(white_level, i32, 1023, 512, 1023);
    Output(out, u8, 3);
    Funcs(shifted, denoised, deinterleaved, g_gr, r_r, b_b, g_gb, g_r, g_b, r_gr, b_gr, r_gb, b_gb, r_b, b_r);
    Funcs(red, green, blue, demosaiced, matrix, corrected, curve, curved, strength, unsharp_y, unsharp, mask);
    Vars(p, x, y, c);

    /* A pixel that is brighter than its four neighbours of the same colour is hot. */
    define(shifted(x, y) = i16(in(x + 16, y + 12)));
    define(denoised(x, y) = clamp(shifted(x, y), 0, max(max(shifted(x - 2, y), shifted(x + 2, y)), max(shifted(x, y - 2), shifted(x, y + 2)))));

    define(deinterleaved(x, y, c) = mux(c, denoised(2*x, 2*y), denoised(2*x + 1, 2*y), denoised(2*x, 2*y + 1), denoised(2*x + 1, 2*y + 1)));
    define(g_gr(x, y) = deinterleaved(x, y, 0));
    define(r_r(x, y) = deinterleaved(x, y, 1));
    define(b_b(x, y) = deinterleaved(x, y, 2));
    define(g_gb(x, y) = deinterleaved(x, y, 3));

    /* c_s is colour c at the sites of s. Green where there is red or blue: between the two neighbours, above and below or left and right,
     * that differ less. */
    define(g_r(x, y) = select(absd(g_gr(x + 1, y), g_gr(x, y)) < absd(g_gb(x, y - 1), g_gb(x, y)),
                              rounding_halving_add(g_gr(x + 1, y), g_gr(x, y)), rounding_halving_add(g_gb(x, y - 1), g_gb(x, y))));
    define(g_b(x, y) = select(absd(g_gb(x - 1, y), g_gb(x, y)) < absd(g_gr(x, y + 1), g_gr(x, y)),
                              rounding_halving_add(g_gb(x - 1, y), g_gb(x, y)), rounding_halving_add(g_gr(x, y + 1), g_gr(x, y))));

    /* Red and blue where there is green: the mean of two neighbours, and the error that green would have made there. */
    define(r_gr(x, y) = g_gr(x, y) - rounding_halving_add(g_r(x, y), g_r(x - 1, y)) + rounding_halving_add(r_r(x - 1, y), r_r(x, y)));
    define(b_gr(x, y) = g_gr(x, y) - rounding_halving_add(g_b(x, y), g_b(x, y - 1)) + rounding_halving_add(b_b(x, y), b_b(x, y - 1)));
    define(r_gb(x, y) = g_gb(x, y) - rounding_halving_add(g_r(x, y), g_r(x, y + 1)) + rounding_halving_add(r_r(x, y), r_r(x, y + 1)));
    define(b_gb(x, y) = g_gb(x, y) - rounding_halving_add(g_b(x, y), g_b(x + 1, y)) + rounding_halving_add(b_b(x, y), b_b(x + 1, y)));

    /* Red where there is blue and the other way round: both, along the diagonal that differs less. */
    define(r_b(x, y) = select(absd(r_r(x, y), r_r(x - 1, y + 1)) < absd(r_r(x - 1, y), r_r(x, y + 1)),
        g_b(x, y) - rounding_halving_add(g_r(x, y), g_r(x - 1, y + 1)) + rounding_halving_add(r_r(x, y), r_r(x - 1, y + 1)),
        g_b(x, y) - rounding_halving_add(g_r(x - 1, y), g_r(x, y + 1)) + rounding_halving_add(r_r(x - 1, y), r_r(x, y + 1))));
    define(b_r(x, y) = select(absd(b_b(x, y), b_b(x + 1, y - 1)) < absd(b_b(x + 1, y), b_b(x, y - 1)),
        g_r(x, y) - rounding_halving_add(g_b(x, y), g_b(x + 1, y - 1)) + rounding_halving_add(b_b(x, y), b_b(x + 1, y - 1)),
        g_r(x, y) - rounding_halving_add(g_b(x + 1, y), g_b(x, y - 1)) + rounding_halving_add(b_b(x + 1, y), b_b(x, y - 1))));

    sites(red, r_gr, r_r, r_b, r_gb);
    sites(green, g_gr, g_r, g_b, g_gb);
    sites(blue, b_gr, b_r, b_b, b_gb);
    define(demosaiced(p, x, y, c) = mux(c, red(p, x, y), green(p, x, y), blue(p, x, y)));

    /* The matrix for this light, in units of 1/256; between the two calibrated ones by the inverse of the temperature. */
    Expr alpha = E((1.0f/color_temp - 1.0f/3200)/(1.0f/7000 - 1.0f/3200));
    define_with((alpha), matrix(x, y) = i16((matrix_3200(x, y)*alpha + matrix_7000(x, y)*(1 - alpha))*256.0f));
    Expr rgb[3];
    for (int i = 0; i < 3; i++)
        rgb[i] = E_with((i), i16((matrix(3, i) + matrix(0, i)*i32(demosaiced(p, x, y, 0)) + matrix(1, i)*i32(demosaiced(p, x, y, 1)) +
                                  matrix(2, i)*i32(demosaiced(p, x, y, 2)))/256));
    Expr r0 = rgb[0], g0 = rgb[1], b0 = rgb[2];
    define_with((r0, g0, b0), corrected(p, x, y, c) = clamp(mux(c, r0, g0, b0), 0, 1023));

    /* Tone curve: gamma, then contrast by two parabolas that meet in the middle. */
    Expr lum = E(clamp(f32(x - black_level)*(1.0f/(white_level - black_level)), 0.0f, 1.0f));
    Expr g = E_with((lum), pow(lum, 1.0f/gamma));
    Expr b = E(2.0f - pow(2.0f, contrast/100.0f)), a = E_with((b), 2.0f - 2.0f*b);
    Expr z = E_with((a, b, g), select(g > 0.5f, 1.0f - (a*(1.0f - g)*(1.0f - g) + b*(1.0f - g)), a*g*g + b*g));
    define_with((z), curve(x) = select(x <= black_level, u8(0), x > white_level, u8(255), u8(clamp(z*255.0f + 0.5f, 0.0f, 255.0f))));
    define(curved(x, y, c) = curve(corrected(x % 2, x/2, y, c)));

    /* What a small blur takes away is added, times the strength, which has 5 bits after the point. */
    define(strength = u8_sat(sharpen_strength*32));
    define(unsharp_y(x, y, c) = rounding_halving_add(rounding_halving_add(curved(x, y - 1, c), curved(x, y + 1, c)), curved(x, y, c)));
    define(unsharp(x, y, c) = rounding_halving_add(rounding_halving_add(unsharp_y(x - 1, y, c), unsharp_y(x + 1, y, c)), unsharp_y(x, y, c)));
    define(mask(x, y, c) = i16(curved(x, y, c)) - i16(unsharp(x, y, c)));
    define(out(x, y, c) = u8_sat(curved(x, y, c) + mask(x, y, c)*strength/32));
}
