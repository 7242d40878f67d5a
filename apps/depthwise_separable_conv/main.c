/* apps/depthwise_separable_conv/main.c: runs the layer, checks it against plain C and times both. */
#include <math.h>

#include "app.h"
#include "depthwise_separable_conv.h"

enum { CI = 32, CO = 16 };

typedef struct call {
    app_array *in, *dfilter, *pfilter, *bias, *out;
} call;

static int run_conv(void *arg)
{
    call *p = arg;
    return depthwise_separable_conv(NULL, &p->in->buffer, &p->dfilter->buffer, &p->pfilter->buffer, &p->bias->buffer,
                                    &p->out->buffer);
}

/* Plain C: one pixel after another. */
static int run_plain(void *arg)
{
    call *p = arg;
    int w = p->in->dim[1].extent, h = p->in->dim[2].extent, pictures = p->in->dim[3].extent;
    const float *in = p->in->buffer.host, *df = p->dfilter->buffer.host, *pf = p->pfilter->buffer.host;
    const float *bias = p->bias->buffer.host;
    float *out = p->out->buffer.host;
    for (int n = 0; n < pictures; n++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                float deep[CI] = {0}, sum[CO];
                for (int v = y > 0 ? y - 1 : 0; v < h && v < y + 2; v++)
                    for (int u = x > 0 ? x - 1 : 0; u < w && u < x + 2; u++) {
                        const float *from = in + (((size_t)n * (size_t)h + (size_t)v) * (size_t)w + (size_t)u) * CI;
                        const float *f = df + (3 * (v - y + 1) + u - x + 1) * CI;
                        for (int c = 0; c < CI; c++)
                            deep[c] += f[c] * from[c];
                    }
                for (int c = 0; c < CO; c++)
                    sum[c] = bias[c];
                for (int k = 0; k < CI; k++)
                    for (int c = 0; c < CO; c++)
                        sum[c] += pf[k * CO + c] * deep[k];
                for (int c = 0; c < CO; c++)
                    *out++ = sum[c] > 0 ? sum[c] : 0;
            }
    return 0;
}

static int check(int w, int h, int n, int race)
{
    app_array in = {0}, df = {0}, pf = {0}, bias = {0}, got = {0}, want = {0};
    int code = app_array_new(&in, app_f32, 4, (int32_t[]){CI, w, h, n}, 1);
    if (code == 0)
        code = app_array_new(&df, app_f32, 3, (int32_t[]){CI, 3, 3}, 2);
    if (code == 0)
        code = app_array_new(&pf, app_f32, 2, (int32_t[]){CO, CI}, 3);
    if (code == 0)
        code = app_array_new(&bias, app_f32, 1, (int32_t[]){CO}, 4);
    if (code == 0)
        code = app_array_new(&got, app_f32, 4, (int32_t[]){CO, w, h, n}, 5);
    if (code == 0)
        code = app_array_new(&want, app_f32, 4, (int32_t[]){CO, w, h, n}, 6);
    call p = {&in, &df, &pf, &bias, &got}, q = {&in, &df, &pf, &bias, &want};
    if (code == 0)
        code = run_conv(&p);
    if (code == 0)
        code = run_plain(&q);
    const float *a = got.buffer.host, *b = want.buffer.host;
    for (size_t i = 0; code == 0 && i < (size_t)CO * (size_t)w * (size_t)h * (size_t)n; i++)
        if (!(fabsf(a[i] - b[i]) <= 1e-4f)) {
            fprintf(stderr, "depthwise_separable_conv: %d x %d x %d: element %zu is %g, plain C has %g\n", w, h, n, i,
                    (double)a[i], (double)b[i]);
            code = 1;
        }
    if (code == 0 && race) {
        printf("%d pictures of %d x %d, %d to %d channels, %d threads\n", n, w, h, CI, CO, cb_threads());
        code = app_race((app_task){"layer", run_conv, &p}, (app_task){"plain C", run_plain, &q}, 21);
    }
    app_array_free(&in);
    app_array_free(&df);
    app_array_free(&pf);
    app_array_free(&bias);
    app_array_free(&got);
    app_array_free(&want);
    return code;
}

int main(void)
{
    static const int sizes[][3] = {{1, 1, 1}, {0, 2, 1}, {6, 4, 1}, {7, 5, 2}, {5, 3, 1}, {13, 9, 3}, {28, 29, 1}};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof sizes / sizeof *sizes; i++)
        code = check(sizes[i][0], sizes[i][1], sizes[i][2], 0);
    if (code == 0)
        code = check(112, 112, 4, 1);
    if (code == 0)
        printf("depthwise_separable_conv: agrees with plain C\n");
    return code != 0;
}
