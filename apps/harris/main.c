/* apps/harris/main.c: finds corners in a colour picture, checks the response against plain C and times both.
 *
 * The response needs two pixels around it, and the output has three less than the picture on every side, as in Halide's app. */
#include "filter.h"
#include "harris.h"

enum { EDGE = 3 };

static int run_harris(void *arg)
{
    app_call *c = arg;
    return harris(NULL, &c->in->buffer, &c->out->buffer);
}

/* Plain C: whole planes, one after another. */
static int run_plain(void *arg)
{
    app_call *c = arg;
    size_t w = (size_t)c->in->dim[0].extent, h = (size_t)c->in->dim[1].extent, n = w * h;
    const float *r = c->in->buffer.host, *g = r + n, *b = g + n;
    float *out = c->out->buffer.host, *gray = malloc(3 * n * sizeof *gray), *dy = gray + n, *dx = dy + n;
    if (!gray)
        return CB_ERR_OUT_OF_MEMORY;
    for (size_t i = 0; i < n; i++)
        gray[i] = 0.299f * r[i] + 0.587f * g[i] + 0.114f * b[i];
    for (size_t y = 1; y + 1 < h; y++)
        for (size_t x = 1; x + 1 < w; x++) {
            const float *p = gray + y * w + x, *up = p - w, *down = p + w;
            dy[y * w + x] = (down[-1] + 2 * down[0] + down[1] - up[-1] - 2 * up[0] - up[1]) / 12;
            dx[y * w + x] = (up[1] + 2 * p[1] + down[1] - up[-1] - 2 * p[-1] - down[-1]) / 12;
        }
    for (size_t y = EDGE; y + EDGE < h; y++)
        for (size_t x = EDGE; x + EDGE < w; x++) {
            float xx = 0, yy = 0, xy = 0;
            for (size_t i = y - 1; i <= y + 1; i++)
                for (size_t k = x - 1; k <= x + 1; k++) {
                    float u = dx[i * w + k], v = dy[i * w + k];
                    xx += u * u;
                    yy += v * v;
                    xy += u * v;
                }
            *out++ = xx * yy - xy * xy - 0.04f * (xx + yy) * (xx + yy);
        }
    free(gray);
    return 0;
}

/* The response as brightness: 0 where there is no corner; the square root, so that weak corners show as well. */
static void to_picture(cb_image *out)
{
    float *v = out->buffer.host, most = 0;
    size_t n = (size_t)(cb_buffer_bytes(&out->buffer) / sizeof *v);
    for (size_t i = 0; i < n; i++)
        most = v[i] > most ? v[i] : most;
    for (size_t i = 0; i < n; i++)
        v[i] = v[i] > 0 ? sqrtf(v[i] / most) : 0;
}

static const int32_t sizes[][2] = {{7, 7}, {8, 9}, {22, 38}, {23, 39}, {37, 71}, {134, 103}, {646, 486}};

static const app_filter filter = {
    .name = "harris",
    .does = "Shows where a picture has corners.",
    .type = &app_f32,
    .channels = 3,
    .pipeline = run_harris,
    .plain = run_plain,
    .tolerance = 1e-5f,
    .sizes = sizes,
    .nsizes = sizeof sizes / sizeof *sizes,
    .out_channels = 1,
    .edge = EDGE,
    .finish = to_picture,
    .rounds = 21,
    .file_rounds = 21,
};

int main(int argc, char **argv) { return app_filter_main(&filter, argc, argv); }
