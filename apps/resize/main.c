/* apps/resize/main.c: makes a picture half as large, checks the result against plain C and times both. */
#include <math.h>

#include "app.h"
#include "resize.h"

typedef struct call {
    cb_image *in, *out;
    float scale;
} call;

static int run_resize(void *arg)
{
    call *c = arg;
    return resize(NULL, &c->in->buffer, c->scale, &c->out->buffer);
}

/* The weights of the pixels from *first on, in one dimension, for one pixel of the result; how many. */
static int weights(int at, float scale, int *first, float *w)
{
    float width = scale < 1 ? scale : 1, source = ((float)at + 0.5f) / scale - 0.5f, sum = 0;
    int taps = (int)ceilf(4 / width);
    *first = (int)ceilf(source - 2 / width);
    for (int i = 0; i < taps; i++) {
        float d = fabsf(((float)(*first + i) - source) * width);
        w[i] = d < 1 ? (1.5f * d - 2.5f) * d * d + 1 : d < 2 ? ((-0.5f * d + 2.5f) * d - 4) * d + 2 : 0;
        sum += w[i];
    }
    for (int i = 0; i < taps; i++)
        w[i] /= sum;
    return taps;
}

/* Plain C: down, a row of the result at a time, then across. */
static int run_plain(void *arg)
{
    enum { MOST = 64 };
    call *c = arg;
    int w = c->in->dim[0].extent, h = c->in->dim[1].extent, to = c->out->dim[0].extent, rows = c->out->dim[1].extent;
    float *out = c->out->buffer.host, *row = malloc((size_t)w * sizeof *row), *wx = malloc((size_t)to * MOST * sizeof *wx);
    int *first = malloc((size_t)to * sizeof *first), taps = 0;
    int code = row && wx && first ? 0 : CB_ERR_OUT_OF_MEMORY;
    for (int x = 0; code == 0 && x < to; x++)
        taps = weights(x, c->scale, &first[x], wx + (size_t)x * MOST);
    for (int k = 0; code == 0 && k < 3; k++)
        for (int y = 0; y < rows; y++) {
            const float *in = (const float *)c->in->buffer.host + (size_t)k * (size_t)w * (size_t)h;
            float wy[MOST];
            int top, n = weights(y, c->scale, &top, wy);
            for (int x = 0; x < w; x++)
                row[x] = 0;
            for (int i = 0; i < n; i++)
                for (int x = 0; x < w; x++)
                    row[x] += wy[i] * in[(size_t)app_clamp(top + i, h) * (size_t)w + (size_t)x];
            for (int x = 0; x < to; x++) {
                float v = 0;
                for (int i = 0; i < taps; i++)
                    v += wx[(size_t)x * MOST + (size_t)i] * row[app_clamp(first[x] + i, w)];
                *out++ = v < 0 ? 0 : v > 1 ? 1 : v;
            }
        }
    free(row);
    free(wx);
    free(first);
    return code;
}

/* Resizes, checks, and times if `race`; *out becomes the result. */
static int check(cb_image *in, float scale, bool race, cb_image *out)
{
    cb_image want = {0};
    int w = (int)((float)in->dim[0].extent * scale), h = (int)((float)in->dim[1].extent * scale);
    int code = cb_image_new(NULL, app_f32, w, h, 3, out);
    if (code == 0)
        code = cb_image_new(NULL, app_f32, w, h, 3, &want);
    call a = {in, out, scale}, b = {in, &want, scale};
    if (code == 0)
        code = run_resize(&a);
    if (code == 0)
        code = run_plain(&b);
    if (code == 0)
        code = app_near("resize", &out->buffer, &want.buffer, 1e-5f);
    if (code == 0 && race) {
        printf("%d x %d pixels to %d x %d, %d threads\n", in->dim[0].extent, in->dim[1].extent, w, h, cb_threads());
        code = app_race((app_task){"resize", run_resize, &a}, (app_task){"plain C", run_plain, &b}, 21);
    }
    cb_image_free(NULL, &want);
    return code;
}

static int self_check(void)
{
    static const int sizes[][2] = {{1, 1}, {2, 3}, {16, 32}, {17, 33}, {61, 35}, {128, 97}, {640, 480}};
    static const float scales[] = {0.5f, 1, 0.3f, 2.5f};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof sizes / sizeof *sizes; i++)
        for (int k = 0; code == 0 && k < 4; k++) {
            cb_image in = {0}, out = {0};
            code = app_noise(sizes[i][0], sizes[i][1], 3, 7, &in);
            if (code == 0)
                code = check(&in, scales[k], sizes[i][0] == 640 && k == 0, &out);
            cb_image_free(NULL, &in);
            cb_image_free(NULL, &out);
        }
    if (code == 0)
        printf("resize: agrees with plain C\n");
    return code;
}

int main(int argc, char **argv)
{
    int files = app_arguments(argc, argv, "Makes a picture half as large.");
    if (files <= 0)
        return files < 0 ? 2 : self_check() != 0;
    cb_image in, out = {0};
    int code = cb_image_load(NULL, argv[1], app_f32, 3, &in);
    if (code == 0)
        code = check(&in, 0.5f, true, &out);
    if (code == 0)
        code = app_save(argv[2], &out);
    cb_image_free(NULL, &in);
    cb_image_free(NULL, &out);
    return code != 0;
}
