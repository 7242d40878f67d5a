/* apps/unsharp/main.c: sharpens a colour picture, checks the result against plain C and times both. */
#include "app.h"
#include "unsharp.h"

typedef struct call {
    cb_image *in, *out;
} call;

static int run_unsharp(void *arg)
{
    call *c = arg;
    return unsharp(NULL, &c->in->buffer, &c->out->buffer);
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
            p[k] = gray + (size_t)clamp_to(y + k - 3, h) * (size_t)w;
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
                blur += tap[k] * (row[clamp_to(x - k, w)] + row[clamp_to(x + k, w)]);
            float ratio = (2 * gray[i] - blur) / gray[i];
            for (size_t k = 0; k < 3; k++)
                out[k * n + i] = ratio * r[k * n + i];
        }
    free(gray);
    return 0;
}

static int check(cb_image *in, cb_image *out)
{
    cb_image want = {0};
    int w = in->dim[0].extent, h = in->dim[1].extent;
    int code = cb_image_new(NULL, app_f32, w, h, 3, out);
    if (code == 0)
        code = cb_image_new(NULL, app_f32, w, h, 3, &want);
    if (code == 0)
        code = run_unsharp(&(call){in, out});
    if (code == 0)
        code = run_plain(&(call){in, &want});
    if (code == 0)
        code = app_near("unsharp", &out->buffer, &want.buffer, 1e-5f);
    cb_image_free(NULL, &want);
    return code;
}

static int race(cb_image *in, cb_image *out)
{
    call c = {in, out};
    printf("three channels of %d x %d pixels, %d threads\n", in->dim[0].extent, in->dim[1].extent, cb_threads());
    return app_race((app_task){"unsharp", run_unsharp, &c}, (app_task){"plain C", run_plain, &c}, 21);
}

/* Where the brightness is 0 there is no ratio to it, so nothing is quite black. */
static void lift(cb_image *im)
{
    float *v = im->buffer.host;
    for (uint64_t i = 0; i < cb_buffer_bytes(&im->buffer) / sizeof *v; i++)
        v[i] = v[i] < 1e-3f ? 1e-3f : v[i];
}

static int self_check(void)
{
    static const int sizes[][2] = {{1, 1}, {2, 3}, {16, 32}, {17, 33}, {31, 65}, {128, 97}, {640, 480}};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof sizes / sizeof *sizes; i++) {
        cb_image in = {0}, out = {0};
        code = app_noise(sizes[i][0], sizes[i][1], 3, (uint32_t)i, &in);
        if (code == 0)
            lift(&in);
        if (code == 0)
            code = check(&in, &out);
        if (code == 0 && i + 1 == sizeof sizes / sizeof *sizes)
            code = race(&in, &out);
        cb_image_free(NULL, &in);
        cb_image_free(NULL, &out);
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
        lift(&in);
    if (code == 0)
        code = check(&in, &out);
    if (code == 0)
        code = race(&in, &out);
    if (code == 0)
        code = app_save(argv[2], &out);
    cb_image_free(NULL, &in);
    cb_image_free(NULL, &out);
    return code != 0;
}
