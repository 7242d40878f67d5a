/* apps/nl_means/main.c: removes noise from a colour picture, checks the result against plain C and times both. */
#include "filter.h"
#include "nl_means.h"

static int run_means(void *arg)
{
    app_call *c = arg;
    return nl_means(NULL, &c->in->buffer, (int)c->param[0], (int)c->param[1], c->param[2], &c->out->buffer);
}

/* How much pixels (x, y) and (x + i, y + j) of a w x h picture differ. */
static float differ(const float *in, int w, int h, int x, int y, int i, int j)
{
    float sum = 0;
    int here = app_clamp(y, h) * w + app_clamp(x, w), there = app_clamp(y + j, h) * w + app_clamp(x + i, w);
    for (int k = 0; k < 3; k++) {
        float d = in[k * w * h + here] - in[k * w * h + there];
        sum += d * d;
    }
    return sum;
}

/* Plain C: pixel by pixel, as it is defined. */
static int run_plain(void *arg)
{
    app_call *c = arg;
    int w = c->in->dim[0].extent, h = c->in->dim[1].extent, p = (int)c->param[0] / 2, s = (int)c->param[1] / 2;
    const float *in = c->in->buffer.host;
    float *out = c->out->buffer.host, scale = -1.0f / (c->param[2] * c->param[2] * c->param[0] * c->param[0]);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            float sum[3] = {0, 0, 0}, weights = 0;
            for (int j = -s; j < (int)c->param[1] - s; j++)
                for (int i = -s; i < (int)c->param[1] - s; i++) {
                    float distance = 0;
                    for (int v = -p; v < (int)c->param[0] - p; v++)
                        for (int u = -p; u < (int)c->param[0] - p; u++)
                            distance += differ(in, w, h, x + u, y + v, i, j);
                    float weight = expf(distance * scale);
                    weights += weight;
                    for (int k = 0; k < 3; k++)
                        sum[k] += weight * in[k * w * h + app_clamp(y + j, h) * w + app_clamp(x + i, w)];
                }
            for (int k = 0; k < 3; k++) {
                float v = sum[k] / weights;
                out[k * w * h + y * w + x] = v < 0 ? 0 : v > 1 ? 1 : v;
            }
        }
    return 0;
}

static const int32_t sizes[][2] = {{1, 1}, {2, 3}, {16, 8}, {17, 9}, {31, 7}, {35, 26}, {96, 64}};
/* patch, search, sigma */
static const float params[][APP_PARAMS] = {{3, 7, 0.3f}, {5, 5, 0.3f}, {7, 7, 0.3f}, {3, 5, 0.3f},
                                           {5, 7, 0.3f}, {7, 5, 0.3f}, {3, 7, 0.3f}};

static const app_filter filter = {
    .name = "nl_means",
    .does = "Removes noise from a picture by non-local means.",
    .type = &app_f32,
    .channels = 3,
    .pipeline = run_means,
    .plain = run_plain,
    .tolerance = 2e-5f, /* a quick exponential is right to 2^-18 */
    .sizes = sizes,
    .nsizes = sizeof sizes / sizeof *sizes,
    .params = params,
    .param = {7, 7, 0.12f},
    .rounds = 1,
    .file_rounds = 0,
};

int main(int argc, char **argv) { return app_filter_main(&filter, argc, argv); }
