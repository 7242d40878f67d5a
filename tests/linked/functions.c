/* tests/linked/functions.c: the C functions of tone.c, declared by the header made with the object. */
#include <stdatomic.h>

#include "tone.h"

atomic_int tone_ticks;

float tone_response(float level, int16_t knee) { return level > knee ? knee + (level - knee) / 2 : level; }
bool tone_is_dark(uint8_t v) { return v < 40; }

uint8_t tone_tick(uint8_t v)
{
    tone_ticks++;
    return v & 1;
}

static int32_t at(const cb_buffer *b, int32_t x, int32_t y)
{
    return *(int32_t *)cb_buffer_at(b, (int32_t[]){x, y});
}

/* blurred(x, y) = level(x - 1, y) + level(x + 1, y) + the first element of the table */
int tone_blur(const cb_env *env, cb_buffer *level, cb_buffer *lut, float gain, cb_buffer *blurred)
{
    const cb_dim *d = blurred->dim;
    (void)env;
    (void)gain;
    if (!blurred->host) {
        level->dim[0].min = d[0].min - 1;
        level->dim[0].extent = d[0].extent + 2;
        level->dim[1] = d[1];
        lut->dim[0].min = lut->dim[1].min = 0;
        lut->dim[0].extent = lut->dim[1].extent = 1;
        return 0;
    }
    for (int32_t y = d[1].min; y < d[1].min + d[1].extent; y++)
        for (int32_t x = d[0].min; x < d[0].min + d[0].extent; x++)
            *(int32_t *)cb_buffer_at(blurred, (int32_t[]){x, y}) =
                at(level, x - 1, y) + at(level, x + 1, y) + *(int16_t *)lut->host;
    return 0;
}
