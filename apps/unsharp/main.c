/* apps/unsharp/main.c: sharpens a colour picture, checks the result against plain C and times both. */
#include <math.h>

#include "app.h"
#include "unsharp.h"

typedef struct call {
    cb_image *in, *out;
    float amount;
} call;

static int run_unsharp(void *arg)
{
    call *c = arg;
    return unsharp(NULL, &c->in->buffer, c->amount, &c->out->buffer);
}

static int clamp_to(int v, int n)
{
    return v < 0 ? 0 : v >= n ? n - 1 : v;
}

/* Plain C: whole planes, one after another. */
static int run_plain(void *arg)
{
    call *c = arg;
    int w = c->in->dim[0].extent, h = c->in->dim[1].extent;
    size_t n = (size_t)w * (size_t)h;
    const float *r = c->in->buffer.host, *g = r + n, *b = g + n;
    float *out = c->out->buffer.host, *gray = malloc(2 * n * sizeof *gray), *down = gray + n;
    if (!gray)
        return CB_ERR_OUT_OF_MEMORY;
    for (size_t i = 0; i < n; i++)
        gray[i] = 0.299f * r[i] + 0.587f * g[i] + 0.114f * b[i];
    for (int y = 0; y < h; y++) {
        const float *p[5];
        for (int k = 0; k < 5; k++)
            p[k] = gray + (size_t)clamp_to(y + k - 2, h) * (size_t)w;
        for (int x = 0; x < w; x++)
            down[(size_t)y * (size_t)w + (size_t)x] =
                (p[0][x] + p[4][x] + 4 * (p[1][x] + p[3][x]) + 6 * p[2][x]) / 16;
    }
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const float *row = down + (size_t)y * (size_t)w;
            size_t i = (size_t)y * (size_t)w + (size_t)x;
            float blur = (row[clamp_to(x - 2, w)] + row[clamp_to(x + 2, w)] +
                          4 * (row[clamp_to(x - 1, w)] + row[clamp_to(x + 1, w)]) + 6 * row[x]) / 16;
            float detail = c->amount * (gray[i] - blur);
            for (size_t k = 0; k < 3; k++) {
                float v = r[k * n + i] + detail;
                out[k * n + i] = v < 0 ? 0 : v > 1 ? 1 : v;
            }
        }
    free(gray);
    return 0;
}

static int check(cb_image *in, float amount)
{
    cb_image out = {0}, want = {0};
    int w = in->dim[0].extent, h = in->dim[1].extent;
    int code = cb_image_new(NULL, app_f32, w, h, 3, &out);
    if (code == 0)
        code = cb_image_new(NULL, app_f32, w, h, 3, &want);
    call a = {in, &out, amount}, b = {in, &want, amount};
    if (code == 0)
        code = run_unsharp(&a);
    if (code == 0)
        code = run_plain(&b);
    for (size_t i = 0; code == 0 && i < 3 * (size_t)w * (size_t)h; i++) {
        float x = ((float *)out.buffer.host)[i], y = ((float *)want.buffer.host)[i];
        if (!(fabsf(x - y) <= 1e-5f)) {
            fprintf(stderr, "unsharp: %d x %d: element %zu is %g, plain C has %g\n", w, h, i, (double)x, (double)y);
            code = 1;
        }
    }
    cb_image_free(NULL, &out);
    cb_image_free(NULL, &want);
    return code;
}

static int race(cb_image *in, cb_image *out)
{
    call c = {in, out, 1.5f};
    printf("three channels of %d x %d pixels, %d threads\n", in->dim[0].extent, in->dim[1].extent, cb_threads());
    return app_race((app_task){"unsharp", run_unsharp, &c}, (app_task){"plain C", run_plain, &c}, 21);
}

static int self_check(void)
{
    static const int sizes[][2] = {{1, 1}, {2, 3}, {16, 32}, {17, 33}, {31, 65}, {128, 97}, {640, 480}};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof sizes / sizeof *sizes; i++) {
        cb_image in, out;
        uint32_t seed = 7;
        code = cb_image_new(NULL, app_f32, sizes[i][0], sizes[i][1], 3, &in);
        if (code != 0)
            break;
        for (int64_t k = 0; k < 3 * (int64_t)sizes[i][0] * sizes[i][1]; k++)
            ((float *)in.buffer.host)[k] = (float)app_random(&seed) / 16777216.0f;
        code = check(&in, (float)i * 0.5f);
        if (code == 0 && sizes[i][0] == 640) {
            code = cb_image_new(NULL, app_f32, sizes[i][0], sizes[i][1], 3, &out);
            if (code == 0)
                code = race(&in, &out);
            cb_image_free(NULL, &out);
        }
        cb_image_free(NULL, &in);
    }
    if (code == 0)
        printf("unsharp: agrees with plain C\n");
    return code;
}

int main(int argc, char **argv)
{
    int files = app_arguments(argc, argv, "Sharpens a picture.");
    if (files <= 0)
        return files < 0 ? 2 : self_check() != 0;
    cb_image in, out = {0};
    int code = cb_image_load(NULL, argv[1], app_f32, 3, &in);
    if (code == 0)
        code = check(&in, 1.5f);
    if (code == 0)
        code = cb_image_new(NULL, app_f32, in.dim[0].extent, in.dim[1].extent, 3, &out);
    if (code == 0)
        code = race(&in, &out);
    if (code == 0)
        code = unsharp(NULL, &in.buffer, 1.5f, &out.buffer);
    if (code == 0) {
        cb_image eight; /* photographs rarely need more, and the file is half as large */
        code = cb_image_new(NULL, app_u8, in.dim[0].extent, in.dim[1].extent, 3, &eight);
        for (uint64_t i = 0; code == 0 && i < cb_buffer_bytes(&eight.buffer); i++)
            ((uint8_t *)eight.buffer.host)[i] = (uint8_t)(255.0f * ((float *)out.buffer.host)[i] + 0.5f);
        if (code == 0)
            code = cb_image_save(NULL, argv[2], &eight.buffer);
        cb_image_free(NULL, &eight);
    }
    if (code == 0)
        printf("wrote %s\n", argv[2]);
    cb_image_free(NULL, &in);
    cb_image_free(NULL, &out);
    return code != 0;
}
