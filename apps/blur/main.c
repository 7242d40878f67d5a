/* apps/blur/main.c: a 3x3 box filter of 16-bit pictures, against the loops one writes first in C.
 *
 * The pipeline reads one pixel more than it writes on every side, so a W x H picture gives (W-2) x (H-2) pixels: the
 * output's dimensions begin at 1, and the coordinates of both mean the same place. */
#include "app.h"
#include "blur.h"

/* Plain C: the same formula, pixel by pixel. u16 sums wrap, as in the pipeline. */
static void plain(const cb_buffer *in, cb_buffer *out)
{
    const uint16_t *src = in->host;
    uint16_t *dst = out->host;
    int64_t is = in->dim[1].stride, os = out->dim[1].stride;
    for (int y = 0; y < out->dim[1].extent; y++)
        for (int x = 0; x < out->dim[0].extent; x++) {
            uint16_t row[3];
            for (int k = 0; k < 3; k++) {
                const uint16_t *p = src + (y + k) * is + x;
                row[k] = (uint16_t)(p[0] + p[1] + p[2]) / 3;
            }
            dst[y * os + x] = (uint16_t)(row[0] + row[1] + row[2]) / 3;
        }
}

typedef struct call {
    cb_buffer in, *out;
} call;

static int run_blur(void *arg)
{
    call *c = arg;
    return blur(NULL, &c->in, c->out);
}

static int run_plain(void *arg)
{
    call *c = arg;
    plain(&c->in, c->out);
    return 0;
}

/* Plane c of a picture as a buffer of rank 2. */
static cb_buffer plane(const cb_image *im, int c)
{
    cb_buffer b = im->buffer;
    b.rank = 2;
    b.host = (char *)b.host + (int64_t)(b.type.bits / 8) * c * im->dim[2].stride;
    return b;
}

static int new_output(const cb_image *in, cb_image *out)
{
    int code = cb_image_new(NULL, app_u16, in->dim[0].extent - 2, in->dim[1].extent - 2, in->dim[2].extent, out);
    out->dim[0].min = out->dim[1].min = 1;
    return code;
}

/* Filters every channel by the pipeline and by plain C; 0 when they agree everywhere. */
static int filter(const cb_image *in, cb_image *out)
{
    cb_image want;
    int code = new_output(in, out);
    if (code != 0)
        return code;
    code = new_output(in, &want);
    for (int c = 0; code == 0 && c < in->dim[2].extent; c++) {
        cb_buffer src = plane(in, c), dst = plane(out, c), ref = plane(&want, c);
        code = blur(NULL, &src, &dst);
        plain(&src, &ref);
    }
    if (code == 0 && memcmp(out->buffer.host, want.buffer.host, cb_buffer_bytes(&want.buffer)) != 0) {
        fprintf(stderr, "blur: the pipeline and plain C differ\n");
        code = 1;
    }
    cb_image_free(NULL, &want);
    return code;
}

static int race(const cb_image *in, const cb_image *out)
{
    cb_buffer dst = plane(out, 0);
    call c = {plane(in, 0), &dst};
    printf("one channel of %d x %d pixels, %d thread%s\n", in->dim[0].extent, in->dim[1].extent, cb_threads(),
           cb_threads() == 1 ? "" : "s");
    return app_race((app_task){"blur", run_blur, &c}, (app_task){"plain C", run_plain, &c}, 21);
}

/* Sizes around the vector width and the strips, full 16-bit values. */
static int self_check(void)
{
    static const int sizes[][2] = {{3, 3}, {4, 9}, {33, 34}, {34, 35}, {35, 66}, {66, 67}, {127, 131}, {640, 480}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cb_image in, out;
        uint32_t seed = 1;
        if (cb_image_new(NULL, app_u16, sizes[i][0], sizes[i][1], 1, &in) != 0)
            return 1;
        for (int64_t k = 0; k < (int64_t)sizes[i][0] * sizes[i][1]; k++)
            ((uint16_t *)in.buffer.host)[k] = (uint16_t)app_random(&seed);
        int code = filter(&in, &out);
        if (code == 0 && i + 1 == sizeof sizes / sizeof *sizes)
            code = race(&in, &out);
        cb_image_free(NULL, &in);
        cb_image_free(NULL, &out);
        if (code != 0)
            return code;
    }
    printf("blur: agrees with plain C\n");
    return 0;
}

int main(int argc, char **argv)
{
    int files = app_arguments(argc, argv, "Blurs a picture by a 3x3 box.");
    if (files <= 0)
        return files < 0 ? 2 : self_check();

    cb_image file, in, out;
    if (cb_image_load(NULL, argv[1], app_u8, 0, &file) != 0)
        return 1;
    /* Eight-bit values in 16-bit elements, so that no sum of three wraps. */
    int code = cb_image_new(NULL, app_u16, file.dim[0].extent, file.dim[1].extent, file.dim[2].extent, &in);
    if (code == 0 && (in.dim[0].extent < 3 || in.dim[1].extent < 3)) {
        fprintf(stderr, "%s: a picture of at least 3 x 3 pixels is needed\n", argv[1]);
        code = 1;
    }
    if (code != 0)
        return 1;
    uint64_t n = cb_buffer_bytes(&file.buffer);
    for (uint64_t i = 0; i < n; i++)
        ((uint16_t *)in.buffer.host)[i] = ((uint8_t *)file.buffer.host)[i];

    code = filter(&in, &out);
    if (code == 0)
        code = race(&in, &out);
    cb_image_free(NULL, &file);
    if (code == 0)
        code = cb_image_new(NULL, app_u8, out.dim[0].extent, out.dim[1].extent, out.dim[2].extent, &file);
    if (code == 0) {
        for (uint64_t i = 0; i < cb_buffer_bytes(&file.buffer); i++)
            ((uint8_t *)file.buffer.host)[i] = (uint8_t)((uint16_t *)out.buffer.host)[i];
        code = cb_image_save(NULL, argv[2], &file.buffer);
    }
    if (code == 0)
        printf("wrote %s\n", argv[2]);
    cb_image_free(NULL, &file);
    cb_image_free(NULL, &in);
    cb_image_free(NULL, &out);
    return code != 0;
}
