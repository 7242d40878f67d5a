/* tests/errors/sample.c: the generators that schedules and command lines with mistakes are for. */
#include <carbide/dsl.h>

Generator(sample)
{
    Input(in, u16, 2);
    Output(out, u16, 2);
    Param(gain, i32, 4, 1, 16);
    Setting(taps, 3);
    Funcs(blur_x, count, last);
    Vars(x, y);
    RDom(r, (0, 16), (0, 8));

    define(blur_x(x, y) = (in(x, y) + in(x + 1, y) + in(x + 2, y))/3);
    define(count(x) = i32(0));
    define(count(in(r.x, r.y) & 15) += 1);
    define(last(x, y) = u16(0));
    define(last(x, y) = last(x, y)*3 + in(x + r.x, y + r.y));
    define(out(x, y) = blur_x(x, y) + blur_x(x, y + 1) + last(x, y)*u16(gain) + u16(count(x & 15)));
}

Schedule(sample, cpu)
{
    Stages(out);
    Vars(x);
    schedule(out, vectorize(x, 8));
}

Generator(other)
{
    Output(out, i32, 1);
    Vars(x);
    define(out(x) = x);
}
