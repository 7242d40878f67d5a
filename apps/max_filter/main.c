/* apps/max_filter/main.c: filters a colour picture by circular maxima, checks the result against plain C and times both. */
#include "app.h"
#include "max_filter.h"

enum { RADIUS = 26 };

typedef struct call {
    cb_image *in, *out;
} call;

static int run_max(void *arg)
{
    call *c = arg;
    return max_filter(NULL, &c->in->buffer, &c->out->buffer);
}

static int clamp_to(int v, int n)
{
    return v < 0 ? 0 : v >= n ? n - 1 : v;
}

/* Plain C: for each row of the circle, which is a column of heights, the maximum of as many pixels. Only what lies in the picture
 * matters, and the nearest pixels of what does not. */
static int run_plain(void *arg)
{
    call *c = arg;
    int w = c->in->dim[0].extent, h = c->in->dim[1].extent, half[2 * RADIUS + 1];
    const float *in = c->in->buffer.host;
    float *out = c->out->buffer.host;
    for (int i = -RADIUS; i <= RADIUS; i++) {
        half[i + RADIUS] = 0;
        for (int j = 0; j <= RADIUS; j++)
            half[i + RADIUS] += (float)(i * i + j * j) < (RADIUS + 0.25f) * (RADIUS + 0.25f);
    }
    for (int k = 0; k < 3; k++, in += w * h, out += w * h)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                float most = in[y * w + x];
                for (int i = -RADIUS; i <= RADIUS; i++) {
                    const float *column = in + clamp_to(x + i, w);
                    int low = clamp_to(y - half[i + RADIUS], h), high = clamp_to(y + half[i + RADIUS], h);
                    for (int j = low; j <= high; j++)
                        most = column[j * w] > most ? column[j * w] : most;
                }
                out[y * w + x] = most;
            }
    return 0;
}

static int check(cb_image *in, int race, cb_image *out)
{
    cb_image want = {0};
    int w = in->dim[0].extent, h = in->dim[1].extent;
    int code = cb_image_new(NULL, app_f32, w, h, 3, out);
    if (code == 0)
        code = cb_image_new(NULL, app_f32, w, h, 3, &want);
    call a = {in, out}, b = {in, &want};
    if (code == 0)
        code = run_max(&a);
    if (code == 0)
        code = run_plain(&b);
    if (code == 0)
        code = app_near("max_filter", &out->buffer, &want.buffer, 0);
    if (code == 0 && race) {
        printf("three channels of %d x %d pixels, %d threads\n", w, h, cb_threads());
        code = app_race((app_task){"max_filter", run_max, &a}, (app_task){"plain C", run_plain, &b}, 1);
    }
    cb_image_free(NULL, &want);
    return code;
}

static int self_check(void)
{
    static const int sizes[][2] = {{1, 1}, {2, 3}, {7, 60}, {53, 28}, {70, 33}, {257, 20}, {264, 41}};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof sizes / sizeof *sizes; i++) {
        cb_image in, out = {0};
        code = app_noise(sizes[i][0], sizes[i][1], 3, 9, &in);
        if (code == 0)
            code = check(&in, sizes[i][0] == 264, &out);
        cb_image_free(NULL, &in);
        cb_image_free(NULL, &out);
    }
    if (code == 0)
        printf("max_filter: agrees with plain C\n");
    return code;
}

int main(int argc, char **argv)
{
    int files = app_arguments(argc, argv, "Gives each pixel of a picture the largest value within 26 pixels.");
    if (files <= 0)
        return files < 0 ? 2 : self_check() != 0;
    cb_image in, out = {0};
    int code = cb_image_load(NULL, argv[1], app_f32, 3, &in);
    if (code == 0)
        code = check(&in, 0, &out);
    if (code == 0)
        code = app_save(argv[2], &out);
    if (code == 0)
        printf("wrote %s\n", argv[2]);
    cb_image_free(NULL, &in);
    cb_image_free(NULL, &out);
    return code != 0;
}
