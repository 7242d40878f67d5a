/* apps/bilateral_grid/main.c: smooths a grey picture and keeps its edges, checks the result against plain C and times both. */
#include <math.h>

#include "filter.h"
#include "bilateral_grid.h"

enum { CELL = 8 }; /* pixels */

static int run_grid(void *arg)
{
    app_call *c = arg;
    return bilateral_grid(NULL, &c->in->buffer, c->param[0], &c->out->buffer);
}

static float unit(float v)
{
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

/* A grid with two cells more than needed on every side: of its own after each blur. */
typedef struct grid {
    size_t w, h, d;
    float *v; /* (c, z, x, y) */
} grid;

static float *cell(const grid *g, size_t x, size_t y, size_t z)
{
    return g->v + 2 * (z + g->d * (x + g->w * y));
}

/* 1 4 6 4 1 along the dimension in which neighbours are `step` floats apart; those at the ends lack neighbours and stay. */
static void blur(const grid *g, size_t step, float *tmp)
{
    size_t n = 2 * g->w * g->h * g->d;
    const float *v = g->v;
    for (size_t i = 2 * step; i + 2 * step < n; i++)
        tmp[i] = v[i - 2 * step] + v[i + 2 * step] + 4 * (v[i - step] + v[i + step]) + 6 * v[i];
    memcpy(g->v + 2 * step, tmp + 2 * step, n > 4 * step ? (n - 4 * step) * sizeof *tmp : 0);
}

/* Plain C: stage by stage. */
static int run_plain(void *arg)
{
    app_call *k = arg;
    int w = k->in->dim[0].extent, h = k->in->dim[1].extent;
    const float *in = k->in->buffer.host;
    float *out = k->out->buffer.host, cells = 1.0f / k->param[0];
    grid g = {(size_t)((w - 1) / CELL + 6), (size_t)((h - 1) / CELL + 6), (size_t)(int)cells + 7, NULL};
    size_t n = 2 * g.w * g.h * g.d;
    float *tmp = calloc(n, sizeof *tmp);
    g.v = calloc(n, sizeof *g.v);
    if (!g.v || !tmp) {
        free(g.v);
        free(tmp);
        return CB_ERR_OUT_OF_MEMORY;
    }
    for (int gy = 0; gy < (int)g.h; gy++)
        for (int gx = 0; gx < (int)g.w; gx++)
            for (int y = 0; y < CELL; y++)
                for (int x = 0; x < CELL; x++) {
                    float v = unit(in[app_clamp((gy - 2) * CELL + y - CELL / 2, h) * w + app_clamp((gx - 2) * CELL + x - CELL / 2, w)]);
                    float *at = cell(&g, (size_t)gx, (size_t)gy, (size_t)(int)(v * cells + 0.5f) + 2);
                    at[0] += v;
                    at[1] += 1;
                }
    blur(&g, 2, tmp);
    blur(&g, 2 * g.d, tmp);
    blur(&g, 2 * g.d * g.w, tmp);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            float v = unit(in[y * w + x]) * cells, sum[2] = {0, 0};
            for (int i = 0; i < 8; i++) {
                float f[3] = {(float)(x % CELL) / CELL, (float)(y % CELL) / CELL, v - (float)(int)v}, weight = 1;
                for (int d = 0; d < 3; d++)
                    weight *= i >> d & 1 ? f[d] : 1 - f[d];
                const float *at = cell(&g, (size_t)(x / CELL + (i & 1) + 2), (size_t)(y / CELL + (i >> 1 & 1) + 2),
                                       (size_t)((int)v + (i >> 2) + 2));
                sum[0] += weight * at[0];
                sum[1] += weight * at[1];
            }
            out[y * w + x] = sum[0] / sum[1];
        }
    free(g.v);
    free(tmp);
    return 0;
}

/* Two plains, one at an angle, with noise; some values are beyond the range. */
static void fill(cb_image *im, uint32_t seed)
{
    int w = im->dim[0].extent, h = im->dim[1].extent;
    for (int k = 0; k < w * h; k++)
        ((float *)im->buffer.host)[k] = (k % w > k / w ? 0.2f : 0.7f) + (float)(k % w) / 2048 + (float)app_random(&seed) / 4e7f;
}

static const int32_t sizes[][2] = {{1, 1}, {2, 3}, {16, 32}, {17, 33}, {31, 65}, {128, 97}, {640, 480}};
static const float params[][APP_PARAMS] = {{0.07f}, {0.1f}, {0.07f}, {0.1f}, {0.07f}, {0.1f}, {0.07f}};

static const app_filter filter = {
    .name = "bilateral_grid",
    .does = "Smooths a grey picture and keeps its edges.",
    .type = &app_f32,
    .channels = 1,
    .pipeline = run_grid,
    .plain = run_plain,
    .tolerance = 2e-5f,
    .sizes = sizes,
    .nsizes = sizeof sizes / sizeof *sizes,
    .params = params,
    .fill = fill,
    .param = {0.1f},
    .rounds = 21,
    .file_rounds = 21,
};

int main(int argc, char **argv) { return app_filter_main(&filter, argc, argv); }
