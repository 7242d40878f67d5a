/* apps/iir_blur/main.c: blurs a colour picture recursively, checks the result against plain C and times both. */
#include "filter.h"
#include "iir_blur.h"

static int run_iir(void *arg)
{
    app_call *c = arg;
    return iir_blur(NULL, &c->in->buffer, c->param[0], &c->out->buffer);
}

/* Filters n elements that are `step` apart there and back, in place. */
static void low_pass(float *p, int n, size_t step, float alpha)
{
    for (int i = 1; i < n; i++)
        p[(size_t)i * step] = (1 - alpha) * p[(size_t)(i - 1) * step] + alpha * p[(size_t)i * step];
    for (int i = n - 2; i >= 0; i--)
        p[(size_t)i * step] = (1 - alpha) * p[(size_t)(i + 1) * step] + alpha * p[(size_t)i * step];
}

/* Plain C: column by column, then row by row, in the picture. */
static int run_plain(void *arg)
{
    app_call *c = arg;
    int w = c->in->dim[0].extent, h = c->in->dim[1].extent;
    size_t n = (size_t)w * (size_t)h;
    memcpy(c->out->buffer.host, c->in->buffer.host, 3 * n * sizeof(float));
    for (size_t k = 0; k < 3; k++) {
        float *plane = (float *)c->out->buffer.host + k * n;
        for (int x = 0; x < w; x++)
            low_pass(plane + x, h, (size_t)w, c->param[0]);
        for (int y = 0; y < h; y++)
            low_pass(plane + (size_t)y * (size_t)w, w, 1, c->param[0]);
    }
    return 0;
}

static const int32_t sizes[][2] = {{1, 1}, {2, 3}, {16, 64}, {17, 65}, {63, 15}, {130, 97}, {640, 480}};
static const float params[][APP_PARAMS] = {{0.1f}, {0.2f}, {0.3f}, {0.4f}, {0.5f}, {0.6f}, {0.7f}};

static const app_filter filter = {
    .name = "iir_blur",
    .does = "Blurs a picture by a recursive filter.",
    .type = &app_f32,
    .channels = 3,
    .pipeline = run_iir,
    .plain = run_plain,
    .tolerance = 1e-5f,
    .sizes = sizes,
    .nsizes = sizeof sizes / sizeof *sizes,
    .params = params,
    .param = {0.1f},
    .rounds = 5,
    .file_rounds = 5,
};

int main(int argc, char **argv) { return app_filter_main(&filter, argc, argv); }
