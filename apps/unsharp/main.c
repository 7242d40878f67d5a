/* apps/unsharp/main.c: sharpens a colour picture, checks the result against plain C and times both. */
#include "filter.h"
#include "unsharp.h"

static int run_unsharp(void *arg)
{
    app_call *c = arg;
    return unsharp(NULL, &c->in->buffer, &c->out->buffer);
}

/* Plain C: whole planes, one after another. */
static int run_plain(void *arg)
{
    app_call *c = arg;
    int w = c->in->dim[0].extent, h = c->in->dim[1].extent;
    size_t n = (size_t)w * (size_t)h;
    const float *r = c->in->buffer.host, *g = r + n, *b = g + n;
    float *out = c->out->buffer.host, *gray = malloc(2 * n * sizeof *gray), *down = gray + n, tap[4];
    if (!gray)
        return CB_ERR_OUT_OF_MEMORY;
    for (int k = 0; k < 4; k++)
        tap[k] = (float)(exp(-k * k / 4.5) / (sqrt(2 * 3.14159265358979) * 1.5));
    for (size_t i = 0; i < n; i++)
        gray[i] = 0.299f * r[i] + 0.587f * g[i] + 0.114f * b[i];
    for (int y = 0; y < h; y++) {
        const float *p[7];
        for (int k = 0; k < 7; k++)
            p[k] = gray + (size_t)app_clamp(y + k - 3, h) * (size_t)w;
        for (int x = 0; x < w; x++)
            down[(size_t)y * (size_t)w + (size_t)x] = tap[0] * p[3][x] + tap[1] * (p[2][x] + p[4][x]) +
                                                      tap[2] * (p[1][x] + p[5][x]) + tap[3] * (p[0][x] + p[6][x]);
    }
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const float *row = down + (size_t)y * (size_t)w;
            size_t i = (size_t)y * (size_t)w + (size_t)x;
            float blur = tap[0] * row[x];
            for (int k = 1; k < 4; k++)
                blur += tap[k] * (row[app_clamp(x - k, w)] + row[app_clamp(x + k, w)]);
            float ratio = (2 * gray[i] - blur) / gray[i];
            for (size_t k = 0; k < 3; k++)
                out[k * n + i] = ratio * r[k * n + i];
        }
    free(gray);
    return 0;
}

/* Where the brightness is 0 there is no ratio to it, so nothing is quite black. */
static void lift(cb_image *im)
{
    float *v = im->buffer.host;
    for (uint64_t i = 0; i < cb_buffer_bytes(&im->buffer) / sizeof *v; i++)
        v[i] = v[i] < 1e-3f ? 1e-3f : v[i];
}

static const int32_t sizes[][2] = {{1, 1}, {2, 3}, {16, 32}, {17, 33}, {31, 65}, {128, 97}, {640, 480}};

static const app_filter filter = {
    .name = "unsharp",
    .does = "Sharpens a picture.",
    .type = &app_f32,
    .channels = 3,
    .pipeline = run_unsharp,
    .plain = run_plain,
    .tolerance = 1e-5f,
    .sizes = sizes,
    .nsizes = sizeof sizes / sizeof *sizes,
    .prepare = lift,
    .rounds = 21,
    .file_rounds = 21,
};

int main(int argc, char **argv) { return app_filter_main(&filter, argc, argv); }
