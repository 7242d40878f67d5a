/* apps/local_laplacian/local_laplacian.c: enhances the contrast of details by local Laplacian filters. The brightness is mapped by a curve around
 * each of several levels of brightness, `gauss` is the pyramid of each of the pictures that this gives, and every detail of the result
 * is taken from the pyramids of the two levels that are next to the brightness of its place. */
#include <carbide/dsl.h>

enum { PYRAMID = 8 };

/* Half as wide and high: 1 3 3 1 in both directions. */
static void downsample(Func down, Func across, Func f)
{
    Local()
    {
        Vars(x, y);
        define_with((across, f), across(x, y, _) = (f(2*x - 1, y, _) + 3.0f*(f(2*x, y, _) + f(2*x + 1, y, _)) + f(2*x + 2, y, _))/8.0f);
        define_with((down, across), down(x, y, _) =
            (across(x, 2*y - 1, _) + 3.0f*(across(x, 2*y, _) + across(x, 2*y + 1, _)) + across(x, 2*y + 2, _))/8.0f);
    }
}

/* Twice as wide and high: a quarter of the farther neighbour, three of the nearer. */
static void upsample(Func up, Func across, Func f)
{
    Local()
    {
        Vars(x, y);
        define_with((across, f), across(x, y, _) = 0.25f*f(x/2 - 1 + 2*(x % 2), y, _) + 0.75f*f(x/2, y, _));
        define_with((up, across), up(x, y, _) = 0.25f*across(x, y/2 - 1 + 2*(y % 2), _) + 0.75f*across(x, y/2, _));
    }
}

Generator(local_laplacian)
{
    Input(in, u16, 3);
    Param(levels, i32, 8, 2, 16);         /* of brightness */
    Param(alpha, f32, 0.142857, 0.0, 4.0); /* contrast of details */
    Param(beta, f32, 1.0, 0.0, 2.0);      /* and of the whole */
    Output(out, u16, 3);
    Funcs(edge, floating, gray, remap, color);
    FuncArray(gauss, PYRAMID);    /* (x, y, k): the picture mapped around level k, and smaller and smaller */
    FuncArray(gauss_x, PYRAMID);
    FuncArray(coarse, PYRAMID);   /* the next smaller one made larger again: what `gauss` is without its details */
    FuncArray(coarse_x, PYRAMID);
    FuncArray(small, PYRAMID);    /* the picture itself, smaller and smaller */
    FuncArray(small_x, PYRAMID);
    FuncArray(detail, PYRAMID);   /* of the result */
    FuncArray(result, PYRAMID);
    FuncArray(sofar, PYRAMID);    /* the result one size smaller, made larger */
    FuncArray(sofar_x, PYRAMID);
    Vars(x, y, c, k);

    Expr fx = E(f32(x)/256.0f);
    define_with((fx), remap(x) = alpha*fx*exp(-fx*fx/2.0f));

    repeat_edge(edge, in, (min_coord(in, 0), extent(in, 0)), (min_coord(in, 1), extent(in, 1)));
    define(floating(x, y, c) = strict(edge(x, y, c)*(1.0f/65535.0f)));
    define(gray(x, y) = strict(0.299f*floating(x, y, 0) + 0.587f*floating(x, y, 1) + 0.114f*floating(x, y, 2)));

    /* The curve is a table of 256 entries for each level; it jumps, so that its index must not depend on how a schedule makes things round. */
    Expr level = E(k*(1.0f/(levels - 1)));
    Expr idx = E(clamp(i32(strict(gray(x, y)*f32(levels - 1)*256.0f)), 0, (levels - 1)*256));
    define_with((level, idx), gauss[0](x, y, k) = beta*(gray(x, y) - level) + level + remap(idx - 256*k));
    define(small[0](x, y) = gray(x, y));
    for (int j = 1; j < PYRAMID; j++) {
        downsample(gauss[j], gauss_x[j], gauss[j - 1]);
        downsample(small[j], small_x[j], small[j - 1]);
    }

    for (int j = PYRAMID - 1; j >= 0; j--) {
        Expr at = E_with((j), small[j](x, y)*f32(levels - 1));
        Expr lower = E_with((at), clamp(i32(at), 0, levels - 2)), part = E_with((at, lower), at - f32(lower));
        if (j == PYRAMID - 1) {
            define_with((j, lower, part), detail[j](x, y) = (1.0f - part)*gauss[j](x, y, lower) + part*gauss[j](x, y, lower + 1));
            define_with((j), result[j](x, y) = detail[j](x, y));
            continue;
        }
        upsample(coarse[j], coarse_x[j], gauss[j + 1]);
        define_with((j, lower, part), detail[j](x, y) = (1.0f - part)*(gauss[j](x, y, lower) - coarse[j](x, y, lower)) +
                                                        part*(gauss[j](x, y, lower + 1) - coarse[j](x, y, lower + 1)));
        upsample(sofar[j], sofar_x[j], result[j + 1]);
        define_with((j), result[j](x, y) = sofar[j](x, y) + detail[j](x, y));
    }

    /* Colour comes back as the ratio to the brightness that there was. */
    define(color(x, y, c) = result[0](x, y)*(floating(x, y, c) + 0.01f)/(gray(x, y) + 0.01f));
    define(out(x, y, c) = u16(clamp(color(x, y, c), 0.0f, 1.0f)*65535.0f));
}
