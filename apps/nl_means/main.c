/* apps/nl_means/main.c: removes noise from a colour picture, checks the result against plain C and times both. */
#include "app.h"
#include "nl_means.h"

typedef struct call {
    cb_image *in, *out;
    int patch, search;
    float sigma;
} call;

static int run_means(void *arg)
{
    call *c = arg;
    return nl_means(NULL, &c->in->buffer, c->patch, c->search, c->sigma, &c->out->buffer);
}

static int clamp_to(int v, int n)
{
    return v < 0 ? 0 : v >= n ? n - 1 : v;
}

/* How much pixels (x, y) and (x + i, y + j) of a w x h picture differ. */
static float differ(const float *in, int w, int h, int x, int y, int i, int j)
{
    float sum = 0;
    int here = clamp_to(y, h) * w + clamp_to(x, w), there = clamp_to(y + j, h) * w + clamp_to(x + i, w);
    for (int k = 0; k < 3; k++) {
        float d = in[k * w * h + here] - in[k * w * h + there];
        sum += d * d;
    }
    return sum;
}

/* Plain C: pixel by pixel, as it is defined. */
static int run_plain(void *arg)
{
    call *c = arg;
    int w = c->in->dim[0].extent, h = c->in->dim[1].extent, p = c->patch / 2, s = c->search / 2;
    const float *in = c->in->buffer.host;
    float *out = c->out->buffer.host, scale = -1.0f / (c->sigma * c->sigma * (float)c->patch * (float)c->patch);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            float sum[3] = {0, 0, 0}, weights = 0;
            for (int j = -s; j < c->search - s; j++)
                for (int i = -s; i < c->search - s; i++) {
                    float distance = 0;
                    for (int v = -p; v < c->patch - p; v++)
                        for (int u = -p; u < c->patch - p; u++)
                            distance += differ(in, w, h, x + u, y + v, i, j);
                    float weight = expf(distance * scale);
                    weights += weight;
                    for (int k = 0; k < 3; k++)
                        sum[k] += weight * in[k * w * h + clamp_to(y + j, h) * w + clamp_to(x + i, w)];
                }
            for (int k = 0; k < 3; k++) {
                float v = sum[k] / weights;
                out[k * w * h + y * w + x] = v < 0 ? 0 : v > 1 ? 1 : v;
            }
        }
    return 0;
}

static int check(cb_image *in, int patch, int search, float sigma, int race, cb_image *out)
{
    cb_image want = {0};
    int w = in->dim[0].extent, h = in->dim[1].extent;
    int code = cb_image_new(NULL, app_f32, w, h, 3, out);
    if (code == 0)
        code = cb_image_new(NULL, app_f32, w, h, 3, &want);
    call a = {in, out, patch, search, sigma}, b = {in, &want, patch, search, sigma};
    if (code == 0)
        code = run_means(&a);
    if (code == 0)
        code = run_plain(&b);
    if (code == 0)
        code = app_near("nl_means", &out->buffer, &want.buffer, 2e-5f); /* a quick exponential is right to 2^-18 */
    if (code == 0 && race) {
        printf("three channels of %d x %d pixels, %d threads\n", w, h, cb_threads());
        code = app_race((app_task){"nl_means", run_means, &a}, (app_task){"plain C", run_plain, &b}, 1);
    }
    cb_image_free(NULL, &want);
    return code;
}

static int self_check(void)
{
    static const int sizes[][2] = {{1, 1}, {2, 3}, {16, 8}, {17, 9}, {31, 7}, {35, 26}, {96, 64}};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof sizes / sizeof *sizes; i++) {
        cb_image in, out = {0};
        code = app_noise(sizes[i][0], sizes[i][1], 3, 11, &in);
        if (code == 0)
            code = check(&in, 3 + 2 * (int)(i % 3), 7 - 2 * (int)(i % 2), 0.3f, sizes[i][0] == 96, &out);
        cb_image_free(NULL, &in);
        cb_image_free(NULL, &out);
    }
    if (code == 0)
        printf("nl_means: agrees with plain C\n");
    return code;
}

int main(int argc, char **argv)
{
    int files = app_arguments(argc, argv, "Removes noise from a picture by non-local means.");
    if (files <= 0)
        return files < 0 ? 2 : self_check() != 0;
    cb_image in, out = {0};
    int code = cb_image_load(NULL, argv[1], app_f32, 3, &in);
    if (code == 0)
        code = check(&in, 7, 7, 0.12f, 0, &out);
    if (code == 0)
        code = app_save(argv[2], &out);
    if (code == 0)
        printf("wrote %s\n", argv[2]);
    cb_image_free(NULL, &in);
    cb_image_free(NULL, &out);
    return code != 0;
}
