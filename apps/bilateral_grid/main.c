/* apps/bilateral_grid/main.c: smooths a grey picture and keeps its edges, checks the result against plain C and times both. */
#include <math.h>

#include "app.h"
#include "bilateral_grid.h"

enum { CELL = 8 }; /* pixels */

typedef struct call {
    cb_image *in, *out;
    float r_sigma;
} call;

static int run_grid(void *arg)
{
    call *c = arg;
    return bilateral_grid(NULL, &c->in->buffer, c->r_sigma, &c->out->buffer);
}

static int clamp_to(int v, int n)
{
    return v < 0 ? 0 : v >= n ? n - 1 : v;
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
    call *k = arg;
    int w = k->in->dim[0].extent, h = k->in->dim[1].extent;
    const float *in = k->in->buffer.host;
    float *out = k->out->buffer.host, cells = 1.0f / k->r_sigma;
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
                    float v = unit(in[clamp_to((gy - 2) * CELL + y - CELL / 2, h) * w + clamp_to((gx - 2) * CELL + x - CELL / 2, w)]);
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

static int check(cb_image *in, float r_sigma)
{
    cb_image out = {0}, want = {0};
    int w = in->dim[0].extent, h = in->dim[1].extent;
    int code = cb_image_new(NULL, app_f32, w, h, 1, &out);
    if (code == 0)
        code = cb_image_new(NULL, app_f32, w, h, 1, &want);
    call a = {in, &out, r_sigma}, b = {in, &want, r_sigma};
    if (code == 0)
        code = run_grid(&a);
    if (code == 0)
        code = run_plain(&b);
    for (int i = 0; code == 0 && i < w * h; i++) {
        float x = ((float *)out.buffer.host)[i], y = ((float *)want.buffer.host)[i];
        if (!(fabsf(x - y) <= 2e-5f)) {
            fprintf(stderr, "bilateral_grid: %d x %d: (%d, %d) is %g, plain C has %g\n", w, h, i % w, i / w, (double)x, (double)y);
            code = 1;
        }
    }
    cb_image_free(NULL, &out);
    cb_image_free(NULL, &want);
    return code;
}

static int race(cb_image *in, cb_image *out)
{
    call c = {in, out, 0.1f};
    printf("%d x %d pixels, %d threads\n", in->dim[0].extent, in->dim[1].extent, cb_threads());
    return app_race((app_task){"grid", run_grid, &c}, (app_task){"plain C", run_plain, &c}, 21);
}

static int self_check(void)
{
    static const int sizes[][2] = {{1, 1}, {2, 3}, {16, 32}, {17, 33}, {31, 65}, {128, 97}, {640, 480}};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof sizes / sizeof *sizes; i++) {
        cb_image in, out;
        uint32_t seed = 11;
        int w = sizes[i][0], h = sizes[i][1];
        code = cb_image_new(NULL, app_f32, w, h, 1, &in);
        if (code != 0)
            break;
        for (int k = 0; k < w * h; k++) /* two plains, one at an angle, with noise; some values are beyond the range */
            ((float *)in.buffer.host)[k] = (k % w > k / w ? 0.2f : 0.7f) + (float)(k % w) / 2048 + (float)app_random(&seed) / 4e7f;
        code = check(&in, i % 2 ? 0.1f : 0.07f);
        if (code == 0 && w == 640) {
            code = cb_image_new(NULL, app_f32, w, h, 1, &out);
            if (code == 0)
                code = race(&in, &out);
            cb_image_free(NULL, &out);
        }
        cb_image_free(NULL, &in);
    }
    if (code == 0)
        printf("bilateral_grid: agrees with plain C\n");
    return code;
}

int main(int argc, char **argv)
{
    int files = app_arguments(argc, argv, "Smooths a grey picture and keeps its edges.");
    if (files <= 0)
        return files < 0 ? 2 : self_check() != 0;
    cb_image in, out = {0};
    int code = cb_image_load(NULL, argv[1], app_f32, 1, &in);
    if (code == 0)
        code = check(&in, 0.1f);
    if (code == 0)
        code = cb_image_new(NULL, app_f32, in.dim[0].extent, in.dim[1].extent, 1, &out);
    if (code == 0)
        code = race(&in, &out);
    if (code == 0)
        code = cb_image_save(NULL, argv[2], &out.buffer);
    if (code == 0)
        printf("wrote %s\n", argv[2]);
    cb_image_free(NULL, &in);
    cb_image_free(NULL, &out);
    return code != 0;
}
