/* apps/conv_layer/conv_layer.c: a layer of a neural network: 3 x 3 convolution over all channels, bias, ReLU; f32.
 *
 * Dimension 0 is the channel: of the picture the one that is summed over, of the result and the filter the one that
 * lies in the lanes of vectors. The numbers of channels are Settings, so that strides are constants of the compiled code;
 * width, height and the number of pictures are those of the buffers. */
#include <carbide/dsl.h>

Generator(conv_layer)
{
    Setting(ci, 128);
    Setting(co, 128);
    Input(in, f32, 4);     /* ci, x, y, n: two columns and two rows more than the result */
    Input(filter, f32, 4); /* co, dx, dy, ci */
    Input(bias, f32, 1);   /* co */
    Output(relu, f32, 4);  /* co, x, y, n */
    Funcs(conv);
    Vars(c, x, y, n);
    RDom(r, (0, ci), (0, 3), (0, 3));

    define(conv(c, x, y, n) = bias(c));
    define(conv(c, x, y, n) += filter(c, r.y, r.z, r.x)*in(r.x, x + r.y, y + r.z, n));
    define(relu(c, x, y, n) = max(conv(c, x, y, n), 0.0f));

    set_min(in, 0, 0);
    set_extent(in, 0, ci);
    set_stride(in, 1, ci);
    set_min(filter, 0, 0);
    set_extent(filter, 0, co);
    set_min(filter, 1, 0);
    set_extent(filter, 1, 3);
    set_min(filter, 2, 0);
    set_extent(filter, 2, 3);
    set_min(filter, 3, 0);
    set_extent(filter, 3, ci);
    set_stride(filter, 1, co);
    set_stride(filter, 2, 3*co);
    set_stride(filter, 3, 9*co);
    set_min(bias, 0, 0);
    set_extent(bias, 0, co);
    set_min(relu, 0, 0);
    set_extent(relu, 0, co);
    set_stride(relu, 1, co);
}
