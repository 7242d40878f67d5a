/* apps/hist/main.c: equalises the brightness of a colour picture, checks the result against plain C and times both. */
#include "filter.h"
#include "hist.h"

static int run_hist(void *arg)
{
    app_call *c = arg;
    return hist(NULL, &c->in->buffer, &c->out->buffer);
}

static uint8_t to_u8(float v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* Plain C. The same order of operations: rounding decides where a brightness is counted. */
static int run_plain(void *arg)
{
    app_call *c = arg;
    size_t n = (size_t)c->in->dim[0].extent * (size_t)c->in->dim[1].extent;
    const uint8_t *r = c->in->buffer.host, *g = r + n, *b = g + n;
    uint8_t *out = c->out->buffer.host;
    float scale = 255.0f / ((float)c->in->dim[0].extent * (float)c->in->dim[1].extent), spread[256];
    int32_t count[256] = {0}, below = 0;
    for (size_t i = 0; i < n; i++)
        count[(uint8_t)(0.299f * r[i] + 0.587f * g[i] + 0.114f * b[i])]++;
    for (int v = 0; v < 256; v++) {
        below += count[v];
        spread[v] = (float)below * scale;
        spread[v] = spread[v] > 255 ? 255 : spread[v];
    }
    for (size_t i = 0; i < n; i++) {
        float bright = 0.299f * r[i] + 0.587f * g[i] + 0.114f * b[i], v = spread[(uint8_t)bright];
        float cr = (r[i] - bright) * 0.713f, cb = (b[i] - bright) * 0.564f;
        out[i] = to_u8(v + 1.4f * cr);
        out[n + i] = to_u8(v - 0.343f * cb - 0.711f * cr);
        out[2 * n + i] = to_u8(v + 1.765f * cb);
    }
    return 0;
}

/* Dark, and in a narrow range. */
static void fill(cb_image *im, uint32_t seed)
{
    for (uint64_t i = 0; i < cb_buffer_bytes(&im->buffer); i++)
        ((uint8_t *)im->buffer.host)[i] = (uint8_t)(20 + app_random(&seed) % 50 + app_random(&seed) % 50);
}

static const int32_t sizes[][2] = {{0, 0}, {1, 1}, {31, 3}, {32, 32}, {33, 65}, {640, 480}};

static const app_filter filter = {
    .name = "hist",
    .does = "Equalises the brightness of a picture.",
    .type = &app_u8,
    .channels = 3,
    .pipeline = run_hist,
    .plain = run_plain,
    .sizes = sizes,
    .nsizes = sizeof sizes / sizeof *sizes,
    .fill = fill,
    .rounds = 21,
    .file_rounds = 21,
};

int main(int argc, char **argv) { return app_filter_main(&filter, argc, argv); }
