/* apps/conv_layer/main.c: runs the layer, checks it against plain C and times both. */
#include <math.h>

#include "app.h"
#include "conv_layer.h"

enum { CI = 128, CO = 128 };

typedef struct call {
    app_array *in, *filter, *bias, *relu;
} call;

static int run_conv_layer(void *arg)
{
    call *p = arg;
    return conv_layer(NULL, &p->in->buffer, &p->filter->buffer, &p->bias->buffer, &p->relu->buffer);
}

/* Plain C: the sums of one pixel at a time, which compilers vectorise over the channels. */
static int run_plain(void *arg)
{
    call *p = arg;
    int w = p->relu->dim[1].extent, h = p->relu->dim[2].extent, pictures = p->relu->dim[3].extent;
    const float *in = p->in->buffer.host, *filter = p->filter->buffer.host, *bias = p->bias->buffer.host;
    float *out = p->relu->buffer.host;
    for (int n = 0; n < pictures; n++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                float sum[CO];
                for (int c = 0; c < CO; c++)
                    sum[c] = bias[c];
                for (int dy = 0; dy < 3; dy++)
                    for (int dx = 0; dx < 3; dx++)
                        for (int k = 0; k < CI; k++) {
                            size_t row = (size_t)n * (size_t)(h + 2) + (size_t)(y + dy);
                            float v = in[(row * (size_t)(w + 2) + (size_t)(x + dx)) * CI + (size_t)k];
                            const float *f = filter + ((k * 3 + dy) * 3 + dx) * CO;
                            for (int c = 0; c < CO; c++)
                                sum[c] += f[c] * v;
                        }
                float *to = out + (((size_t)n * (size_t)h + (size_t)y) * (size_t)w + (size_t)x) * CO;
                for (int c = 0; c < CO; c++)
                    to[c] = sum[c] > 0 ? sum[c] : 0;
            }
    return 0;
}

static int check(int w, int h, int n, int race)
{
    app_array in = {0}, filter = {0}, bias = {0}, got = {0}, want = {0};
    int code = app_array_new(&in, app_f32, 4, (int32_t[]){CI, w + 2, h + 2, n}, 1);
    if (code == 0)
        code = app_array_new(&filter, app_f32, 4, (int32_t[]){CO, 3, 3, CI}, 2);
    if (code == 0)
        code = app_array_new(&bias, app_f32, 1, (int32_t[]){CO}, 3);
    if (code == 0)
        code = app_array_new(&got, app_f32, 4, (int32_t[]){CO, w, h, n}, 4);
    if (code == 0)
        code = app_array_new(&want, app_f32, 4, (int32_t[]){CO, w, h, n}, 5);
    call p = {&in, &filter, &bias, &got}, q = {&in, &filter, &bias, &want};
    if (code == 0)
        code = run_conv_layer(&p);
    if (code == 0)
        code = run_plain(&q);
    const float *a = got.buffer.host, *b = want.buffer.host;
    for (size_t i = 0; code == 0 && i < (size_t)CO * (size_t)w * (size_t)h * (size_t)n; i++)
        if (!(fabsf(a[i] - b[i]) <= 1e-6f * 9 * CI)) {
            fprintf(stderr, "conv_layer: %d x %d x %d: element %zu is %g, plain C has %g\n", w, h, n, i, (double)a[i],
                    (double)b[i]);
            code = 1;
        }
    if (code == 0 && race) {
        printf("%d pictures of %d x %d, %d to %d channels, %d threads\n", n, w, h, CI, CO, cb_threads());
        code = app_race((app_task){"conv_layer", run_conv_layer, &p}, (app_task){"plain C", run_plain, &q}, 5);
    }
    app_array_free(&in);
    app_array_free(&filter);
    app_array_free(&bias);
    app_array_free(&got);
    app_array_free(&want);
    return code;
}

int main(void)
{
    static const int sizes[][3] = {{1, 1, 1}, {0, 2, 1}, {5, 3, 2}, {4, 1, 1}, {11, 2, 3}, {23, 5, 1}};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof sizes / sizeof *sizes; i++)
        code = check(sizes[i][0], sizes[i][1], sizes[i][2], 0);
    if (code == 0)
        code = check(100, 80, 1, 1);
    if (code == 0)
        printf("conv_layer: agrees with plain C\n");
    return code != 0;
}
