/* apps/hist/hist.c: histogram equalisation of a colour picture: spreads its brightness so that all values are about equally
 * frequent, and keeps its colours.
 *
 * Everything in floats is strict: a brightness just below a whole number and one just above are counted apart, so every
 * schedule, and the peer, have to round alike. */
#include <carbide/dsl.h>

Generator(hist)
{
    Input(in, u8, 3);
    Output(out, u8, 3);
    Funcs(bright, cr, cb, count, below, spread, red, green, blue);
    Vars(x, y, c, i);
    RDom(r, (min_coord(in, 0), extent(in, 0)), (min_coord(in, 1), extent(in, 1)));
    RDom(k, (1, 255));

    /* Brightness, and what is left of red and blue without it. */
    define(bright(x, y) = strict(0.299f*in(x, y, 0) + 0.587f*in(x, y, 1) + 0.114f*in(x, y, 2)));
    define(cr(x, y) = strict((in(x, y, 0) - bright(x, y))*0.713f));
    define(cb(x, y) = strict((in(x, y, 2) - bright(x, y))*0.564f));

    /* How often each brightness occurs. */
    define(count(i) = i32(0));
    define(count(u8(bright(r.x, r.y))) += 1);

    /* How many pixels are at most this bright. */
    define(below(i) = count(i));
    define(below(k) += below(k - 1));

    define(spread(x, y) = strict(clamp(f32(below(u8(bright(x, y))))*(255.0f/(f32(in.extent(0))*f32(in.extent(1)))), 0.0f, 255.0f)));
    define(red(x, y)   = u8(strict(clamp(spread(x, y) + 1.4f*cr(x, y), 0.0f, 255.0f))));
    define(green(x, y) = u8(strict(clamp(spread(x, y) - 0.343f*cb(x, y) - 0.711f*cr(x, y), 0.0f, 255.0f))));
    define(blue(x, y)  = u8(strict(clamp(spread(x, y) + 1.765f*cb(x, y), 0.0f, 255.0f))));
    define(out(x, y, c) = mux(c, red(x, y), green(x, y), blue(x, y)));
}
