/* apps/blur/blur.c */
#include <carbide/dsl.h>

Generator(blur)
{
    Input(in, u16, 2);
    Output(out, u16, 2);
    Funcs(blur_x);
    Vars(x, y);

    define(blur_x(x, y) = (in(x - 1, y) + in(x, y) + in(x + 1, y)) / 3);
    define(out(x, y)    = (blur_x(x, y - 1) + blur_x(x, y) + blur_x(x, y + 1)) / 3);
}

Schedule(blur, cpu)
{
    Stages(out, blur_x);                           /* the generator's Funcs, looked up by name */
    Vars(x, y, yo, yi);
    Knob(strip, 32, 8, 128, 8);                    /* a tunable integer: default, range, step */

    schedule(out,    split(y, yo, yi, strip), parallel(yo), vectorize(x, 32, shift_inwards));
    schedule(blur_x, store_at(out, yo), compute_at(out, yi), vectorize(x, 32, shift_inwards));
}
