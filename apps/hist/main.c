/* apps/hist/main.c: equalises the brightness of a colour picture, checks the result against plain C and times both. */
#include "app.h"
#include "hist.h"

typedef struct call {
    cb_image *in, *out;
} call;

static int run_hist(void *arg)
{
    call *c = arg;
    return hist(NULL, &c->in->buffer, &c->out->buffer);
}

static uint8_t to_u8(float v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* Plain C. The same order of operations: rounding decides where a brightness is counted. */
static int run_plain(void *arg)
{
    call *c = arg;
    size_t n = (size_t)c->in->dim[0].extent * (size_t)c->in->dim[1].extent;
    const uint8_t *r = c->in->buffer.host, *g = r + n, *b = g + n;
    uint8_t *out = c->out->buffer.host;
    float scale = 255.0f / ((float)c->in->dim[0].extent * (float)c->in->dim[1].extent), spread[256];
    int32_t count[256] = {0}, below = 0;
    for (size_t i = 0; i < n; i++)
        count[(uint8_t)(0.299f * r[i] + 0.587f * g[i] + 0.114f * b[i])]++;
    for (int v = 0; v < 256; v++) {
        below += count[v];
        spread[v] = (float)below * scale;
        spread[v] = spread[v] > 255 ? 255 : spread[v];
    }
    for (size_t i = 0; i < n; i++) {
        float bright = 0.299f * r[i] + 0.587f * g[i] + 0.114f * b[i], v = spread[(uint8_t)bright];
        float cr = (r[i] - bright) * 0.713f, cb = (b[i] - bright) * 0.564f;
        out[i] = to_u8(v + 1.4f * cr);
        out[n + i] = to_u8(v - 0.343f * cb - 0.711f * cr);
        out[2 * n + i] = to_u8(v + 1.765f * cb);
    }
    return 0;
}

static int check(cb_image *in)
{
    cb_image out = {0}, want = {0};
    int w = in->dim[0].extent, h = in->dim[1].extent;
    int code = cb_image_new(NULL, app_u8, w, h, 3, &out);
    if (code == 0)
        code = cb_image_new(NULL, app_u8, w, h, 3, &want);
    if (code == 0)
        code = run_hist(&(call){in, &out});
    if (code == 0)
        code = run_plain(&(call){in, &want});
    if (code == 0 && memcmp(out.buffer.host, want.buffer.host, cb_buffer_bytes(&want.buffer)) != 0) {
        fprintf(stderr, "hist: %d x %d: the pipeline and plain C differ\n", w, h);
        code = 1;
    }
    cb_image_free(NULL, &out);
    cb_image_free(NULL, &want);
    return code;
}

static int race(cb_image *in, cb_image *out)
{
    call c = {in, out};
    printf("three channels of %d x %d pixels, %d threads\n", in->dim[0].extent, in->dim[1].extent, cb_threads());
    return app_race((app_task){"hist", run_hist, &c}, (app_task){"plain C", run_plain, &c}, 21);
}

static int self_check(void)
{
    static const int sizes[][2] = {{0, 0}, {1, 1}, {31, 3}, {32, 32}, {33, 65}, {640, 480}};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof sizes / sizeof *sizes; i++) {
        cb_image in, out;
        uint32_t seed = 3;
        code = cb_image_new(NULL, app_u8, sizes[i][0], sizes[i][1], 3, &in);
        if (code != 0)
            break;
        for (int64_t k = 0; k < 3 * (int64_t)sizes[i][0] * sizes[i][1]; k++) /* dark, and in a narrow range */
            ((uint8_t *)in.buffer.host)[k] = (uint8_t)(20 + app_random(&seed) % 50 + app_random(&seed) % 50);
        code = check(&in);
        if (code == 0 && sizes[i][0] == 640) {
            code = cb_image_new(NULL, app_u8, sizes[i][0], sizes[i][1], 3, &out);
            if (code == 0)
                code = race(&in, &out);
            cb_image_free(NULL, &out);
        }
        cb_image_free(NULL, &in);
    }
    if (code == 0)
        printf("hist: agrees with plain C\n");
    return code;
}

int main(int argc, char **argv)
{
    int files = app_arguments(argc, argv, "Equalises the brightness of a picture.");
    if (files <= 0)
        return files < 0 ? 2 : self_check() != 0;
    cb_image in, out = {0};
    int code = cb_image_load(NULL, argv[1], app_u8, 3, &in);
    if (code == 0)
        code = check(&in);
    if (code == 0)
        code = cb_image_new(NULL, app_u8, in.dim[0].extent, in.dim[1].extent, 3, &out);
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
