/* apps/common/filter.h: the main program of an app that makes a picture of a picture, from a table.
 *
 *     static const app_filter filter = {.name = "blur", .does = "Blurs a picture.", .type = &app_u8, .channels = 3, ...};
 *     int main(int argc, char **argv) { return app_filter_main(&filter, argc, argv); }
 *
 * PROGRAM IN OUT filters a file, PROGRAM alone checks itself on pictures of the sizes in the table. Either way the result is compared with
 * plain C, and both are timed: on the file, or on the last size. */
#ifndef FILTER_H
#define FILTER_H

#include "app.h"

/* What both versions get: pictures whose planes are dense, and the parameters of the trial. */
typedef struct app_call {
    cb_image *in, *out;
    const float *param;
} app_call;

enum { APP_PARAMS = 3 };

typedef struct app_filter {
    const char *name, *does;
    const cb_type *type;        /* of the elements of both pictures */
    int channels, out_channels; /* out_channels 0: as many */
    int edge;                   /* pixels that the result has less on every side */
    int (*pipeline)(void *call), (*plain)(void *call);
    float tolerance;            /* of floats, relative to the largest value; of integers, how far they may be off */
    const int32_t (*sizes)[2];  /* of the pictures on which it checks itself, */
    int nsizes;
    const float (*params)[APP_PARAMS]; /* with these parameters; NULL: those for files */
    float param[APP_PARAMS];
    int rounds, file_rounds;    /* of timing; 0: none */
    void (*fill)(cb_image *in, uint32_t seed); /* makes a trial's picture; NULL: noise over the type */
    void (*prepare)(cb_image *in);             /* changes any picture before it is filtered, or NULL */
    void (*finish)(cb_image *out);             /* makes a picture for the file of the result, or NULL */
} app_filter;

static inline void app_fill_noise(cb_image *im, uint32_t seed)
{
    const cb_type t = im->buffer.type;
    int64_t n = (int64_t)cb_buffer_bytes(&im->buffer) / (t.bits / 8);
    for (int64_t i = 0; i < n; i++) {
        uint32_t v = app_random(&seed);
        if (t.code == CB_FLOAT)
            ((float *)im->buffer.host)[i] = (float)v / 16777216.0f;
        else if (t.bits == 16)
            ((uint16_t *)im->buffer.host)[i] = (uint16_t)v;
        else
            ((uint8_t *)im->buffer.host)[i] = (uint8_t)v;
    }
}

static inline int app_near_integers(const char *name, const cb_buffer *got, const cb_buffer *want, int tolerance)
{
    bool wide = want->type.bits == 16;
    int64_t n = (int64_t)cb_buffer_bytes(want) / (wide ? 2 : 1);
    for (int64_t i = 0; i < n; i++) {
        int x = wide ? ((const uint16_t *)got->host)[i] : ((const uint8_t *)got->host)[i];
        int y = wide ? ((const uint16_t *)want->host)[i] : ((const uint8_t *)want->host)[i];
        if (abs(x - y) > tolerance) {
            fprintf(stderr, "%s: %d x %d: element %lld is %d, plain C has %d\n", name, want->dim[0].extent, want->dim[1].extent,
                    (long long)i, x, y);
            return 1;
        }
    }
    return 0;
}

static inline int app_filter_output(const app_filter *f, const cb_image *in, cb_image *out)
{
    int channels = f->out_channels ? f->out_channels : f->channels;
    int code = cb_image_new(NULL, *f->type, in->dim[0].extent - 2 * f->edge, in->dim[1].extent - 2 * f->edge, channels, out);
    out->dim[0].min = out->dim[1].min = f->edge;
    return code;
}

/* Filters in to *out, compares with plain C and times both. */
static inline int app_filter_try(const app_filter *f, cb_image *in, const float *param, int rounds, cb_image *out)
{
    cb_image want = {0};
    int code = app_filter_output(f, in, out);
    if (code == 0)
        code = app_filter_output(f, in, &want);
    app_call ours = {in, out, param}, plain = {in, &want, param};
    if (code == 0)
        code = f->pipeline(&ours);
    if (code == 0)
        code = f->plain(&plain);
    if (code == 0 && f->type->code == CB_FLOAT)
        code = app_near(f->name, &out->buffer, &want.buffer, f->tolerance);
    else if (code == 0)
        code = app_near_integers(f->name, &out->buffer, &want.buffer, (int)f->tolerance);
    if (code == 0 && rounds) {
        printf("%d channel%s of %d x %d pixels, %d thread%s\n", f->channels, f->channels == 1 ? "" : "s", in->dim[0].extent,
               in->dim[1].extent, cb_threads(), cb_threads() == 1 ? "" : "s");
        code = app_race((app_task){f->name, f->pipeline, &ours}, (app_task){"plain C", f->plain, &plain}, rounds);
    }
    cb_image_free(NULL, &want);
    return code;
}

static inline int app_filter_check(const app_filter *f)
{
    int code = 0;
    for (int i = 0; code == 0 && i < f->nsizes; i++) {
        cb_image in = {0}, out = {0};
        code = cb_image_new(NULL, *f->type, f->sizes[i][0], f->sizes[i][1], f->channels, &in);
        if (code == 0)
            (f->fill ? f->fill : app_fill_noise)(&in, (uint32_t)i);
        if (code == 0 && f->prepare)
            f->prepare(&in);
        if (code == 0)
            code = app_filter_try(f, &in, f->params ? f->params[i] : f->param, i + 1 == f->nsizes ? f->rounds : 0, &out);
        cb_image_free(NULL, &in);
        cb_image_free(NULL, &out);
    }
    if (code == 0)
        printf("%s: agrees with plain C\n", f->name);
    return code;
}

static inline int app_filter_file(const app_filter *f, const char *from, const char *to)
{
    cb_image in = {0}, out = {0};
    int code = cb_image_load(NULL, from, *f->type, f->channels, &in);
    if (code == 0 && (in.dim[0].extent <= 2 * f->edge || in.dim[1].extent <= 2 * f->edge)) {
        fprintf(stderr, "%s: a picture of more than %d x %d pixels is needed\n", from, 2 * f->edge, 2 * f->edge);
        code = 1;
    }
    if (code == 0 && f->prepare)
        f->prepare(&in);
    if (code == 0)
        code = app_filter_try(f, &in, f->param, f->file_rounds, &out);
    if (code == 0 && f->finish)
        f->finish(&out);
    if (code == 0)
        code = app_save(to, &out);
    cb_image_free(NULL, &in);
    cb_image_free(NULL, &out);
    return code;
}

static inline int app_filter_main(const app_filter *f, int argc, char **argv)
{
    int files = app_arguments(argc, argv, f->does);
    if (files < 0)
        return 2;
    return (files ? app_filter_file(f, argv[1], argv[2]) : app_filter_check(f)) != 0;
}

#endif
