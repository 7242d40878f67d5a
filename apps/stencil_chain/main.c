/* apps/stencil_chain/main.c: runs the chain of stencils, checks the result against plain C and times both. */
#include "filter.h"
#include "stencil_chain.h"

enum { LINKS = 32 };

static int run_chain(void *arg)
{
    app_call *c = arg;
    return stencil_chain(NULL, &c->in->buffer, &c->out->buffer);
}

/* Plain C: whole planes, with a margin that gets two pixels thinner with every stencil. */
static int run_plain(void *arg)
{
    app_call *c = arg;
    int w = c->in->dim[0].extent, h = c->in->dim[1].extent, m = 2 * LINKS, pitch = w + 2 * m;
    const uint16_t *in = c->in->buffer.host;
    uint16_t *out = c->out->buffer.host, *a = malloc(2 * sizeof *a * (size_t)pitch * (size_t)(h + 2 * m));
    uint16_t *b = a + (size_t)pitch * (size_t)(h + 2 * m);
    if (!a)
        return CB_ERR_OUT_OF_MEMORY;
    for (int y = -m; y < h + m; y++)
        for (int x = -m; x < w + m; x++)
            a[(y + m) * pitch + x + m] = in[app_clamp(y, h) * w + app_clamp(x, w)];
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

static const int32_t sizes[][2] = {{1, 1}, {2, 3}, {31, 17}, {33, 65}, {97, 40}, {513, 100}, {640, 480}};

static const app_filter filter = {
    .name = "stencil_chain",
    .does = "Runs 32 stencils over a picture. Values wrap, so what comes out looks like noise.",
    .type = &app_u16,
    .channels = 1,
    .pipeline = run_chain,
    .plain = run_plain,
    .sizes = sizes,
    .nsizes = sizeof sizes / sizeof *sizes,
    .rounds = 5,
    .file_rounds = 5,
};

int main(int argc, char **argv) { return app_filter_main(&filter, argc, argv); }
