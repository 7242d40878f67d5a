/* apps/local_laplacian/main.c: enhances the details of a colour picture, checks the result against plain C and times both. */
#include <math.h>

#include "filter.h"
#include "local_laplacian.h"

enum { SIZES = 8, MOST_LEVELS = 16 };

static int run_local(void *arg)
{
    app_call *c = arg;
    return local_laplacian(NULL, &c->in->buffer, (int)c->param[0], c->param[1], c->param[2], &c->out->buffer);
}

/* ---- plain C: size by size, whole pictures, which begin where their smaller ones need them to ---------------- */

typedef struct picture {
    int x0, y0, w, h;
    float *v;
} picture;

static float *px(const picture *p, int x, int y)
{
    return p->v + (ptrdiff_t)(y - p->y0) * p->w + (x - p->x0);
}

static int floor_half(int v)
{
    return v >> 1;
}

static bool make(picture *p)
{
    return (p->v = malloc((size_t)p->w * (size_t)p->h * sizeof *p->v + 1)) != NULL;
}

static float down_x(const picture *p, int x, int y)
{
    return (*px(p, 2 * x - 1, y) + 3 * (*px(p, 2 * x, y) + *px(p, 2 * x + 1, y)) + *px(p, 2 * x + 2, y)) / 8;
}

static void down(const picture *p, picture *q)
{
    for (int y = q->y0; y < q->y0 + q->h; y++)
        for (int x = q->x0; x < q->x0 + q->w; x++)
            *px(q, x, y) = (down_x(p, x, 2 * y - 1) + 3 * (down_x(p, x, 2 * y) + down_x(p, x, 2 * y + 1)) + down_x(p, x, 2 * y + 2)) / 8;
}

static float up_x(const picture *p, int x, int y)
{
    return 0.25f * *px(p, floor_half(x) + (x & 1 ? 1 : -1), y) + 0.75f * *px(p, floor_half(x), y);
}

static float up(const picture *p, int x, int y)
{
    return 0.25f * up_x(p, x, floor_half(y) + (y & 1 ? 1 : -1)) + 0.75f * up_x(p, x, floor_half(y));
}

/* The curve is a table: brightness and index are rounded here as `strict` rounds them in the pipeline. */
static float mapped(const app_call *c, float gray, int k)
{
    float level = (float)k * (1.0f / (float)((int)c->param[0] - 1));
    float f = gray * (float)((int)c->param[0] - 1) * 256;
    int idx = (int)(f < 0 ? 0 : f > (float)(((int)c->param[0] - 1) * 256) ? (float)(((int)c->param[0] - 1) * 256) : f);
    float fx = (float)(idx - 256 * k) / 256;
    return c->param[2] * (gray - level) + level + c->param[1] * fx * expf(-fx * fx / 2);
}

static int run_plain(void *arg)
{
    app_call *c = arg;
    static picture small[SIZES], gauss[SIZES][MOST_LEVELS], result[SIZES];
    int w = c->in->dim[0].extent, h = c->in->dim[1].extent;
    size_t n = (size_t)w * (size_t)h;
    const uint16_t *in = c->in->buffer.host;
    bool ok = true;
    /* What is needed of each size: one more on every side than half of the next larger, for going up; then, for going down, one
     * before and two after the double of what the smaller one has. */
    picture need[SIZES] = {{0, 0, w, h, NULL}};
    for (int j = 1; j < SIZES; j++) {
        int x0 = floor_half(need[j - 1].x0) - 1, y0 = floor_half(need[j - 1].y0) - 1;
        int x1 = floor_half(need[j - 1].x0 + need[j - 1].w - 1) + 1, y1 = floor_half(need[j - 1].y0 + need[j - 1].h - 1) + 1;
        need[j] = (picture){x0, y0, x1 - x0 + 1, y1 - y0 + 1, NULL};
        result[j] = need[j];
    }
    result[0] = need[0];
    for (int j = SIZES - 1; j-- > 0;) {
        picture *p = &need[j], *q = &need[j + 1];
        int x1 = 2 * (q->x0 + q->w - 1) + 2, y1 = 2 * (q->y0 + q->h - 1) + 2;
        p->x0 = 2 * q->x0 - 1 < p->x0 ? 2 * q->x0 - 1 : p->x0;
        p->y0 = 2 * q->y0 - 1 < p->y0 ? 2 * q->y0 - 1 : p->y0;
        p->w = x1 - p->x0 + 1;
        p->h = y1 - p->y0 + 1;
    }
    for (int j = 0; j < SIZES; j++) {
        small[j] = need[j];
        ok = make(&small[j]) && ok;
        ok = make(&result[j]) && ok;
        for (int k = 0; k < (int)c->param[0]; k++) {
            gauss[j][k] = need[j];
            ok = make(&gauss[j][k]) && ok;
        }
    }
    if (ok) {
        for (int y = small[0].y0; y < small[0].y0 + small[0].h; y++)
            for (int x = small[0].x0; x < small[0].x0 + small[0].w; x++) {
                const float unit = 1.0f / 65535;
                const uint16_t *p = in + (ptrdiff_t)app_clamp(y, h) * w + app_clamp(x, w);
                float gray = 0.299f * (unit * p[0]) + 0.587f * (unit * p[n]) + 0.114f * (unit * p[2 * n]);
                *px(&small[0], x, y) = gray;
                for (int k = 0; k < (int)c->param[0]; k++)
                    *px(&gauss[0][k], x, y) = mapped(c, gray, k);
            }
        for (int j = 1; j < SIZES; j++) {
            down(&small[j - 1], &small[j]);
            for (int k = 0; k < (int)c->param[0]; k++)
                down(&gauss[j - 1][k], &gauss[j][k]);
        }
    }
    for (int j = SIZES - 1; ok && j >= 0; j--)
        for (int y = result[j].y0; y < result[j].y0 + result[j].h; y++)
            for (int x = result[j].x0; x < result[j].x0 + result[j].w; x++) {
                float at = *px(&small[j], x, y) * (float)((int)c->param[0] - 1), sum = 0;
                int lower = at < 0 ? 0 : (int)at > (int)c->param[0] - 2 ? (int)c->param[0] - 2 : (int)at;
                for (int k = lower; k < lower + 2; k++) {
                    float v = *px(&gauss[j][k], x, y) - (j + 1 < SIZES ? up(&gauss[j + 1][k], x, y) : 0);
                    sum += (k == lower ? 1 - (at - (float)lower) : at - (float)lower) * v;
                }
                *px(&result[j], x, y) = sum + (j + 1 < SIZES ? up(&result[j + 1], x, y) : 0);
            }
    for (size_t i = 0; ok && i < 3 * n; i++) {
        int x = (int)(i % (size_t)w), y = (int)(i / (size_t)w % (size_t)h);
        float v = *px(&result[0], x, y) * ((float)in[i] / 65535 + 0.01f) / (*px(&small[0], x, y) + 0.01f);
        ((uint16_t *)c->out->buffer.host)[i] = (uint16_t)((v < 0 ? 0 : v > 1 ? 1 : v) * 65535);
    }
    for (int j = 0; j < SIZES; j++) {
        free(small[j].v);
        free(result[j].v);
        for (int k = 0; k < (int)c->param[0]; k++)
            free(gauss[j][k].v);
    }
    return ok ? 0 : CB_ERR_OUT_OF_MEMORY;
}

/* ---- running ------------------------------------------------------------------------------------- */

/* Two plains, with noise. */
static void fill(cb_image *im, uint32_t seed)
{
    int w = im->dim[0].extent, h = im->dim[1].extent;
    for (int k = 0; k < 3 * w * h; k++)
        ((uint16_t *)im->buffer.host)[k] = (uint16_t)(10000 + (k % w > k / w % h ? 20000 : 0) + app_random(&seed) % 20000);
}

static const int32_t sizes[][2] = {{1, 1}, {2, 3}, {16, 32}, {17, 33}, {131, 97}, {640, 480}};
/* levels, alpha, beta */
static const float params[][APP_PARAMS] = {{5, 0.5f, 1}, {8, 1.0f / 7, 1}, {5, 0.5f, 1}, {8, 1.0f / 7, 1}, {5, 0.5f, 1}, {8, 1.0f / 7, 1}};

static const app_filter filter = {
    .name = "local_laplacian",
    .does = "Enhances the details of a picture.",
    .type = &app_u16,
    .channels = 3,
    .pipeline = run_local,
    .plain = run_plain,
    .tolerance = 1,
    .sizes = sizes,
    .nsizes = sizeof sizes / sizeof *sizes,
    .params = params,
    .fill = fill,
    .param = {8, 1.0f / 7, 1},
    .rounds = 7,
    .file_rounds = 7,
};

int main(int argc, char **argv) { return app_filter_main(&filter, argc, argv); }
