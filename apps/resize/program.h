/* apps/resize/program.h: pictures made larger or smaller, by a kernel that is interpolated at every coordinate; for the generators
 * resize and resize_KERNEL_TYPE_DIRECTION, which say the kernel, the type and whether the picture grows. */
#include <carbide/dsl.h>

enum { RESIZE_LINEAR, RESIZE_CUBIC, RESIZE_LANCZOS };

/* The kernel at distance t, inline. */
static Expr resize_weight(int kernel, Expr t)
{
    if (kernel == RESIZE_LINEAR)
        return E_with((t), max(1 - abs(t), 0.0f));
    if (kernel == RESIZE_CUBIC) { /* Catmull and Rom's, a = -1/2 */
        Expr d = E_with((t), abs(t));
        return E_with((d), select(d < 1, (1.5f*d - 2.5f)*d*d + 1, d < 2, ((-0.5f*d + 2.5f)*d - 4)*d + 2, 0.0f));
    }
    Expr a = E_with((t), 3.14159265f*t), b = E_with((t), 1.04719755f*t);
    return E_with((t, a, b), select(abs(t) >= 3, 0.0f, abs(t) < 0.0001f, 1.0f, sin(a)*sin(b)/(a*b)));
}

static void resize_program(int kernel, cb_type element, bool up)
{
    static const float radius[] = {1, 2, 3};
    bool floats = element.code == CB_FLOAT;
    Input(in, type(element), 3);
    Param(scale, f32, 1, 0.0625, 16); /* size of the result by size of the picture */
    Output(out, type(element), 3);
    Funcs(edge, as_float, from_x, from_y, raw_x, raw_y, sum_x, sum_y, weight_x, weight_y, resized_y, resized_x);
    Vars(x, y, c, i);

    /* To make a picture smaller the kernel is made as much wider, so that every pixel counts. */
    Expr width = up ? E(1.0f) : E(min(scale, 1.0f)), reach = E_with((width), 1/width);
    float r0 = radius[kernel];
    Expr taps = up ? E_with((r0), i32(2*r0)) : E_with((r0, reach), i32(ceil(2*r0*reach)));
    RDom(k, (0, taps));

    repeat_edge(edge, in, (min_coord(in, 0), extent(in, 0)), (min_coord(in, 1), extent(in, 1)));
    define(as_float(x, y, c) = f32(edge(x, y, c)));

    /* The first coordinate that counts, the same under every schedule; clamped where all that count are the same pixel of the edge, */
    Expr at_x = E((x + 0.5f)/scale - 0.5f), first_x = E_with((at_x, r0, reach), ceil(strict(at_x - r0*reach)));
    Expr at_y = E((y + 0.5f)/scale - 0.5f), first_y = E_with((at_y, r0, reach), ceil(strict(at_y - r0*reach)));
    define_with((first_x, taps), from_x(x) = clamp(i32(first_x), in.min(0) - taps, in.min(0) + in.extent(0)));
    define_with((first_y, taps), from_y(y) = clamp(i32(first_y), in.min(1) - taps, in.min(1) + in.extent(1)));
    /* and the weights of all that do, whose sum is 1. */
    Expr dx = E_with((width, first_x, at_x), (first_x + i - at_x)*width);
    Expr dy = E_with((width, first_y, at_y), (first_y + i - at_y)*width);
    define(raw_x, (x, i), resize_weight(kernel, dx));
    define(raw_y, (y, i), resize_weight(kernel, dy));
    define(sum_x(x) = 0.0f);
    define(sum_x(x) += raw_x(x, k));
    define(sum_y(y) = 0.0f);
    define(sum_y(y) += raw_y(y, k));
    define(weight_x(x, i) = raw_x(x, i)/sum_x(x));
    define(weight_y(y, i) = raw_y(y, i)/sum_y(y));

    define(resized_y(x, y, c) = 0.0f);
    define(resized_y(x, y, c) += weight_y(y, k)*as_float(x, from_y(y) + k, c));
    define(resized_x(x, y, c) = 0.0f);
    define(resized_x(x, y, c) += weight_x(x, k)*resized_y(from_x(x) + k, y, c));
    if (floats)
        define(out(x, y, c) = clamp(resized_x(x, y, c), 0.0f, 1.0f));
    else
        define(out(x, y, c) = u8_sat(resized_x(x, y, c) + 0.5f));
}
