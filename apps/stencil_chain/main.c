/* apps/stencil_chain/main.c: runs the chain of stencils, checks the result against plain C and times both. */
#include "app.h"
#include "stencil_chain.h"

enum { LINKS = 32 };

typedef struct call {
    cb_image *in, *out;
} call;

static int run_chain(void *arg)
{
    call *c = arg;
    return stencil_chain(NULL, &c->in->buffer, &c->out->buffer);
}

static int clamp_to(int v, int n)
{
    return v < 0 ? 0 : v >= n ? n - 1 : v;
}

/* Plain C: whole planes, with a margin that gets two pixels thinner with every stencil. */
static int run_plain(void *arg)
{
    call *c = arg;
    int w = c->in->dim[0].extent, h = c->in->dim[1].extent, m = 2 * LINKS, pitch = w + 2 * m;
    const uint16_t *in = c->in->buffer.host;
    uint16_t *out = c->out->buffer.host, *a = malloc(2 * sizeof *a * (size_t)pitch * (size_t)(h + 2 * m));
    uint16_t *b = a + (size_t)pitch * (size_t)(h + 2 * m);
    if (!a)
        return CB_ERR_OUT_OF_MEMORY;
    for (int y = -m; y < h + m; y++)
        for (int x = -m; x < w + m; x++)
            a[(y + m) * pitch + x + m] = in[clamp_to(y, h) * w + clamp_to(x, w)];
    for (int k = 1; k <= LINKS; k++) {
        for (int y = 2 * k; y < h + 2 * m - 2 * k; y++)
            for (int x = 2 * k; x < pitch - 2 * k; x++) {
                unsigned sum = 0;
                for (int j = -2; j <= 2; j++)
                    for (int i = -2; i <= 2; i++)
                        sum += (unsigned)((i + 3) * (j + 3)) * a[(y + j) * pitch + x + i];
                b[y * pitch + x] = (uint16_t)sum;
            }
        uint16_t *t = a;
        a = b;
        b = t;
    }
    for (int y = 0; y < h; y++)
        memcpy(out + y * w, a + (y + m) * pitch + m, sizeof *out * (size_t)w);
    free(a < b ? a : b);
    return 0;
}

static int check(cb_image *in, int race)
{
    cb_image out = {0}, want = {0};
    int w = in->dim[0].extent, h = in->dim[1].extent;
    int code = cb_image_new(NULL, app_u16, w, h, 1, &out);
    if (code == 0)
        code = cb_image_new(NULL, app_u16, w, h, 1, &want);
    call a = {in, &out}, b = {in, &want};
    if (code == 0)
        code = run_chain(&a);
    if (code == 0)
        code = run_plain(&b);
    for (size_t i = 0; code == 0 && i < (size_t)w * (size_t)h; i++)
        if (((uint16_t *)out.buffer.host)[i] != ((uint16_t *)want.buffer.host)[i]) {
            fprintf(stderr, "stencil_chain: %d x %d: element %zu differs from plain C\n", w, h, i);
            code = 1;
        }
    if (code == 0 && race) {
        printf("%d x %d pixels, %d threads\n", w, h, cb_threads());
        code = app_race((app_task){"chain", run_chain, &a}, (app_task){"plain C", run_plain, &b}, 5);
    }
    cb_image_free(NULL, &out);
    cb_image_free(NULL, &want);
    return code;
}

static int self_check(void)
{
    static const int sizes[][2] = {{1, 1}, {2, 3}, {31, 17}, {33, 65}, {97, 40}, {513, 100}, {640, 480}};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof sizes / sizeof *sizes; i++) {
        cb_image in;
        uint32_t seed = 3;
        code = cb_image_new(NULL, app_u16, sizes[i][0], sizes[i][1], 1, &in);
        for (int64_t k = 0; code == 0 && k < (int64_t)sizes[i][0] * sizes[i][1]; k++)
            ((uint16_t *)in.buffer.host)[k] = (uint16_t)app_random(&seed);
        if (code == 0)
            code = check(&in, sizes[i][0] == 640);
        cb_image_free(NULL, &in);
    }
    if (code == 0)
        printf("stencil_chain: agrees with plain C\n");
    return code;
}

int main(int argc, char **argv)
{
    int files = app_arguments(argc, argv, "Runs 32 stencils over a picture. Values wrap, so what comes out looks like noise.");
    if (files <= 0)
        return files < 0 ? 2 : self_check() != 0;
    cb_image in, out = {0};
    int code = cb_image_load(NULL, argv[1], app_u16, 1, &in);
    if (code == 0)
        code = check(&in, 1);
    if (code == 0)
        code = cb_image_new(NULL, app_u16, in.dim[0].extent, in.dim[1].extent, 1, &out);
    call c = {&in, &out};
    if (code == 0)
        code = run_chain(&c);
    if (code == 0)
        code = cb_image_save(NULL, argv[2], &out.buffer);
    if (code == 0)
        printf("wrote %s\n", argv[2]);
    cb_image_free(NULL, &in);
    cb_image_free(NULL, &out);
    return code != 0;
}
