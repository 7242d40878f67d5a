/* apps/harris/main.c: finds corners in a colour picture, checks the response against plain C and times both.
 *
 * The response needs two pixels around it, and the output has three less than the picture on every side, as in Halide's app. */
#include "app.h"
#include "harris.h"

enum { EDGE = 3 };

typedef struct call {
    cb_image *in, *out;
} call;

static int run_harris(void *arg)
{
    call *c = arg;
    return harris(NULL, &c->in->buffer, &c->out->buffer);
}

/* Plain C: whole planes, one after another. */
static int run_plain(void *arg)
{
    call *c = arg;
    size_t w = (size_t)c->in->dim[0].extent, h = (size_t)c->in->dim[1].extent, n = w * h;
    const float *r = c->in->buffer.host, *g = r + n, *b = g + n;
    float *out = c->out->buffer.host, *gray = malloc(3 * n * sizeof *gray), *dy = gray + n, *dx = dy + n;
    if (!gray)
        return CB_ERR_OUT_OF_MEMORY;
    for (size_t i = 0; i < n; i++)
        gray[i] = 0.299f * r[i] + 0.587f * g[i] + 0.114f * b[i];
    for (size_t y = 1; y + 1 < h; y++)
        for (size_t x = 1; x + 1 < w; x++) {
            const float *p = gray + y * w + x, *up = p - w, *down = p + w;
            dy[y * w + x] = (down[-1] + 2 * down[0] + down[1] - up[-1] - 2 * up[0] - up[1]) / 12;
            dx[y * w + x] = (up[1] + 2 * p[1] + down[1] - up[-1] - 2 * p[-1] - down[-1]) / 12;
        }
    for (size_t y = EDGE; y + EDGE < h; y++)
        for (size_t x = EDGE; x + EDGE < w; x++) {
            float xx = 0, yy = 0, xy = 0;
            for (size_t i = y - 1; i <= y + 1; i++)
                for (size_t k = x - 1; k <= x + 1; k++) {
                    float u = dx[i * w + k], v = dy[i * w + k];
                    xx += u * u;
                    yy += v * v;
                    xy += u * v;
                }
            *out++ = xx * yy - xy * xy - 0.04f * (xx + yy) * (xx + yy);
        }
    free(gray);
    return 0;
}

static int new_output(const cb_image *in, cb_image *out)
{
    int code = cb_image_new(NULL, app_f32, in->dim[0].extent - 2 * EDGE, in->dim[1].extent - 2 * EDGE, 1, out);
    out->dim[0].min = out->dim[1].min = EDGE;
    return code;
}

static int check(cb_image *in, cb_image *out)
{
    cb_image want = {0};
    int code = new_output(in, out);
    if (code == 0)
        code = new_output(in, &want);
    if (code == 0)
        code = run_harris(&(call){in, out});
    if (code == 0)
        code = run_plain(&(call){in, &want});
    if (code == 0)
        code = app_near("harris", &out->buffer, &want.buffer, 1e-5f);
    cb_image_free(NULL, &want);
    return code;
}

static int race(cb_image *in, cb_image *out)
{
    call c = {in, out};
    printf("three channels of %d x %d pixels, %d threads\n", in->dim[0].extent, in->dim[1].extent, cb_threads());
    return app_race((app_task){"harris", run_harris, &c}, (app_task){"plain C", run_plain, &c}, 21);
}

static int self_check(void)
{
    static const int sizes[][2] = {{7, 7}, {8, 9}, {22, 38}, {23, 39}, {37, 71}, {134, 103}, {646, 486}};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof sizes / sizeof *sizes; i++) {
        cb_image in = {0}, out = {0};
        code = app_noise(sizes[i][0], sizes[i][1], 3, (uint32_t)i, &in);
        if (code == 0)
            code = check(&in, &out);
        if (code == 0 && i + 1 == sizeof sizes / sizeof *sizes)
            code = race(&in, &out);
        cb_image_free(NULL, &in);
        cb_image_free(NULL, &out);
    }
    if (code == 0)
        printf("harris: agrees with plain C\n");
    return code;
}

/* The response as brightness: 0 where there is no corner; the square root, so that weak corners show as well. */
static void to_picture(cb_image *out)
{
    float *v = out->buffer.host, most = 0;
    size_t n = (size_t)(cb_buffer_bytes(&out->buffer) / sizeof *v);
    for (size_t i = 0; i < n; i++)
        most = v[i] > most ? v[i] : most;
    for (size_t i = 0; i < n; i++)
        v[i] = v[i] > 0 ? sqrtf(v[i] / most) : 0;
}

int main(int argc, char **argv)
{
    int files = app_arguments(argc, argv, "Shows where a picture has corners.");
    if (files <= 0)
        return files < 0 ? 2 : self_check() != 0;
    cb_image in, out = {0};
    int code = cb_image_load(NULL, argv[1], app_f32, 3, &in);
    if (code == 0 && (in.dim[0].extent <= 2 * EDGE || in.dim[1].extent <= 2 * EDGE)) {
        fprintf(stderr, "harris: %s is too small\n", argv[1]);
        code = 1;
    }
    if (code == 0)
        code = check(&in, &out);
    if (code == 0)
        code = race(&in, &out);
    if (code == 0) {
        to_picture(&out);
        code = app_save(argv[2], &out);
    }
    cb_image_free(NULL, &in);
    cb_image_free(NULL, &out);
    return code != 0;
}
