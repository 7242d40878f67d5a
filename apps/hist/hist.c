/* apps/hist/hist.c: histogram equalisation: spreads the grey values so that all are about equally frequent. */
#include <carbide/dsl.h>

Generator(hist)
{
    Input(in, u8, 2);
    Output(out, u8, 2);
    Funcs(count, below, level);
    Vars(x, y, i);
    RDom(r, (min_coord(in, 0), extent(in, 0)), (min_coord(in, 1), extent(in, 1)));
    RDom(k, (1, 255));

    define(count(i) = u32(0));
    define(count(in(r.x, r.y)) += 1);

    /* How many pixels are at most this bright. */
    define(below(i) = count(i));
    define(below(k) += below(k - 1));

    define(level(i) = u8(u64(below(i))*255 / u64(below(255))));
    define(out(x, y) = level(in(x, y)));
}
