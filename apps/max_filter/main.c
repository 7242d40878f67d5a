/* apps/max_filter/main.c: filters a colour picture by circular maxima, checks the result against plain C and times both. */
#include "filter.h"
#include "max_filter.h"

enum { RADIUS = 26 };

static int run_max(void *arg)
{
    app_call *c = arg;
    return max_filter(NULL, &c->in->buffer, &c->out->buffer);
}

/* Plain C: for each row of the circle, which is a column of heights, the maximum of as many pixels. Only what lies in the picture
 * matters, and the nearest pixels of what does not. */
static int run_plain(void *arg)
{
    app_call *c = arg;
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
                    const float *column = in + app_clamp(x + i, w);
                    int low = app_clamp(y - half[i + RADIUS], h), high = app_clamp(y + half[i + RADIUS], h);
                    for (int j = low; j <= high; j++)
                        most = column[j * w] > most ? column[j * w] : most;
                }
                out[y * w + x] = most;
            }
    return 0;
}

static const int32_t sizes[][2] = {{1, 1}, {2, 3}, {7, 60}, {53, 28}, {70, 33}, {257, 20}, {264, 41}};

static const app_filter filter = {
    .name = "max_filter",
    .does = "Gives each pixel of a picture the largest value within 26 pixels.",
    .type = &app_f32,
    .channels = 3,
    .pipeline = run_max,
    .plain = run_plain,
    .sizes = sizes,
    .nsizes = sizeof sizes / sizeof *sizes,
    .rounds = 1,
    .file_rounds = 0,
};

int main(int argc, char **argv) { return app_filter_main(&filter, argc, argv); }
