/* apps/depthwise_separable_conv/depthwise_separable_conv.c: the second layer of MobileNetV2 in f32: every channel is filtered by
 * 3 x 3 weights of its own (zeros beyond the edges), then each pixel's channels are mixed by a matrix; bias, ReLU.
 *
 * Dimension 0 is the channel. The numbers of channels are Settings, so that strides are constants of the compiled code. */
#include <carbide/dsl.h>

Generator(depthwise_separable_conv)
{
    Setting(ci, 32);
    Setting(co, 16);
    Input(in, f32, 4);      /* ci, x, y, n */
    Input(dfilter, f32, 3); /* ci, dx, dy */
    Input(pfilter, f32, 2); /* co, ci */
    Input(bias, f32, 1);    /* co */
    Output(out, f32, 4);    /* co, x, y, n */
    Funcs(edge, deep, mixed);
    Vars(c, x, y, n);
    RDom(r, (-1, 3), (-1, 3));
    RDom(k, (0, ci));

    constant_exterior(edge, in, 0, (0, ci), (min_coord(in, 1), extent(in, 1)), (min_coord(in, 2), extent(in, 2)));
    define(deep(c, x, y, n) = 0.0f);
    define(deep(c, x, y, n) += dfilter(c, r.x + 1, r.y + 1)*edge(c, x + r.x, y + r.y, n));
    define(mixed(c, x, y, n) = bias(c));
    define(mixed(c, x, y, n) += pfilter(c, k)*deep(k, x, y, n));
    define(out(c, x, y, n) = max(mixed(c, x, y, n), 0.0f));

    set_min(in, 0, 0);
    set_extent(in, 0, ci);
    set_stride(in, 1, ci);
    set_min(dfilter, 0, 0);
    set_extent(dfilter, 0, ci);
    set_min(dfilter, 1, 0);
    set_extent(dfilter, 1, 3);
    set_min(dfilter, 2, 0);
    set_extent(dfilter, 2, 3);
    set_stride(dfilter, 1, ci);
    set_stride(dfilter, 2, 3*ci);
    set_min(pfilter, 0, 0);
    set_extent(pfilter, 0, co);
    set_min(pfilter, 1, 0);
    set_extent(pfilter, 1, ci);
    set_stride(pfilter, 1, co);
    set_min(bias, 0, 0);
    set_extent(bias, 0, co);
    set_min(out, 0, 0);
    set_extent(out, 0, co);
    set_stride(out, 1, co);
}
