/* apps/iir_blur/main.c: blurs a colour picture recursively, checks the result against plain C and times both. */
#include "app.h"
#include "iir_blur.h"

typedef struct call {
    cb_image *in, *out;
    float alpha;
} call;

static int run_iir(void *arg)
{
    call *c = arg;
    return iir_blur(NULL, &c->in->buffer, c->alpha, &c->out->buffer);
}

/* Filters n elements that are `step` apart there and back, in place. */
static void filter(float *p, int n, size_t step, float alpha)
{
    for (int i = 1; i < n; i++)
        p[(size_t)i * step] = (1 - alpha) * p[(size_t)(i - 1) * step] + alpha * p[(size_t)i * step];
    for (int i = n - 2; i >= 0; i--)
        p[(size_t)i * step] = (1 - alpha) * p[(size_t)(i + 1) * step] + alpha * p[(size_t)i * step];
}

/* Plain C: column by column, then row by row, in the picture. */
static int run_plain(void *arg)
{
    call *c = arg;
    int w = c->in->dim[0].extent, h = c->in->dim[1].extent;
    size_t n = (size_t)w * (size_t)h;
    memcpy(c->out->buffer.host, c->in->buffer.host, 3 * n * sizeof(float));
    for (size_t k = 0; k < 3; k++) {
        float *plane = (float *)c->out->buffer.host + k * n;
        for (int x = 0; x < w; x++)
            filter(plane + x, h, (size_t)w, c->alpha);
        for (int y = 0; y < h; y++)
            filter(plane + (size_t)y * (size_t)w, w, 1, c->alpha);
    }
    return 0;
}

static int check(cb_image *in, float alpha, int race, cb_image *out)
{
    cb_image want = {0};
    int w = in->dim[0].extent, h = in->dim[1].extent;
    int code = cb_image_new(NULL, app_f32, w, h, 3, out);
    if (code == 0)
        code = cb_image_new(NULL, app_f32, w, h, 3, &want);
    call a = {in, out, alpha}, b = {in, &want, alpha};
    if (code == 0)
        code = run_iir(&a);
    if (code == 0)
        code = run_plain(&b);
    if (code == 0)
        code = app_near("iir_blur", &out->buffer, &want.buffer, 1e-5f);
    if (code == 0 && race) {
        printf("three channels of %d x %d pixels, %d threads\n", w, h, cb_threads());
        code = app_race((app_task){"iir_blur", run_iir, &a}, (app_task){"plain C", run_plain, &b}, 5);
    }
    cb_image_free(NULL, &want);
    return code;
}

static int self_check(void)
{
    static const int sizes[][2] = {{1, 1}, {2, 3}, {16, 64}, {17, 65}, {63, 15}, {130, 97}, {640, 480}};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof sizes / sizeof *sizes; i++) {
        cb_image in, out = {0};
        code = app_noise(sizes[i][0], sizes[i][1], 3, 5, &in);
        if (code == 0)
            code = check(&in, 0.1f + 0.1f * (float)i, sizes[i][0] == 640, &out);
        cb_image_free(NULL, &in);
        cb_image_free(NULL, &out);
    }
    if (code == 0)
        printf("iir_blur: agrees with plain C\n");
    return code;
}

int main(int argc, char **argv)
{
    int files = app_arguments(argc, argv, "Blurs a picture by a recursive filter.");
    if (files <= 0)
        return files < 0 ? 2 : self_check() != 0;
    cb_image in, out = {0};
    int code = cb_image_load(NULL, argv[1], app_f32, 3, &in);
    if (code == 0)
        code = check(&in, 0.1f, 1, &out);
    if (code == 0)
        code = app_save(argv[2], &out);
    if (code == 0)
        printf("wrote %s\n", argv[2]);
    cb_image_free(NULL, &in);
    cb_image_free(NULL, &out);
    return code != 0;
}
