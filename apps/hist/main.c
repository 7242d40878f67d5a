/* apps/hist/main.c: equalises a grey picture, checks the result against plain C and times both. */
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

static int run_plain(void *arg)
{
    call *c = arg;
    const uint8_t *in = c->in->buffer.host;
    uint8_t *out = c->out->buffer.host, level[256];
    uint64_t n = cb_buffer_bytes(&c->in->buffer), sum = 0;
    uint32_t count[256] = {0};
    for (uint64_t i = 0; i < n; i++)
        count[in[i]]++;
    for (int v = 0; v < 256; v++) {
        sum += count[v];
        level[v] = (uint8_t)(n ? sum * 255 / n : 0);
    }
    for (uint64_t i = 0; i < n; i++)
        out[i] = level[in[i]];
    return 0;
}

static int check(cb_image *in)
{
    cb_image out = {0}, want = {0};
    int w = in->dim[0].extent, h = in->dim[1].extent;
    int code = cb_image_new(NULL, app_u8, w, h, 1, &out);
    if (code == 0)
        code = cb_image_new(NULL, app_u8, w, h, 1, &want);
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
    printf("%d x %d pixels, %d threads\n", in->dim[0].extent, in->dim[1].extent, cb_threads());
    return app_race((app_task){"hist", run_hist, &c}, (app_task){"plain C", run_plain, &c}, 21);
}

static int self_check(void)
{
    static const int sizes[][2] = {{0, 0}, {1, 1}, {31, 3}, {32, 32}, {33, 65}, {640, 480}};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof sizes / sizeof *sizes; i++) {
        cb_image in, out;
        uint32_t seed = 3;
        code = cb_image_new(NULL, app_u8, sizes[i][0], sizes[i][1], 1, &in);
        if (code != 0)
            break;
        for (int64_t k = 0; k < (int64_t)sizes[i][0] * sizes[i][1]; k++) /* dark, and in a narrow range */
            ((uint8_t *)in.buffer.host)[k] = (uint8_t)(20 + app_random(&seed) % 50 + app_random(&seed) % 50);
        code = check(&in);
        if (code == 0 && sizes[i][0] == 640) {
            code = cb_image_new(NULL, app_u8, sizes[i][0], sizes[i][1], 1, &out);
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
    int files = app_arguments(argc, argv, "Equalises the histogram of a grey picture.");
    if (files <= 0)
        return files < 0 ? 2 : self_check() != 0;
    cb_image in, out = {0};
    int code = cb_image_load(NULL, argv[1], app_u8, 1, &in);
    if (code == 0)
        code = check(&in);
    if (code == 0)
        code = cb_image_new(NULL, app_u8, in.dim[0].extent, in.dim[1].extent, 1, &out);
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
