/* tests/linked/tone.c: a generator whose object is linked with C functions: one that computes a stage from a table
 * and a Func, and functions of scalars, pure and impure. run.sh builds and runs it. */
#include <carbide/dsl.h>

static const int16_t curve[2][8] = {{0, 1, 4, 9, 16, 25, 36, 49}, {7, 6, 5, 4, 3, 2, 1, 0}};

Generator(tone)
{
    Input(in, u8, 2);
    Param(gain, f32, 1);
    Output(out, i32, 2);
    Funcs(level, blurred);
    Vars(x, y);
    Table(lut, i16, (8, 2), curve);
    CFunction(response, "tone_response", f32, (f32, i16));
    CFunction(is_dark, "tone_is_dark", boolean, (u8));
    CFunctionImpure(tick, "tone_tick", u8, (u8));

    define(level(x, y) = i32(lut(in(x, y) % 8, y % 2)));
    define_extern(blurred, (x, y), "tone_blur", (i32), (level, lut, gain));
    define(out(x, y) = select(is_dark(in(x, y)), 0, i32(response(f32(blurred(x, y)), lut(3, 0))*gain)) +
                       i32(tick(in(x, y))));
}

Schedule(tone, cpu)
{
    Stages(out, level, blurred);
    Vars(x, y);
    schedule(out, parallel(y), vectorize(x, 8));
    schedule(blurred, compute_at(out, y));
    schedule(level, compute_root(), vectorize(x, 16));
}
