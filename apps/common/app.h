/* apps/common/app.h: what the apps' main programs share: arguments, pictures, time. */
#ifndef APP_H
#define APP_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <carbide/imageio.h>

static const cb_type app_u8 = {CB_UINT, 8, 1};
static const cb_type app_u16 = {CB_UINT, 16, 1};
static const cb_type app_f32 = {CB_FLOAT, 32, 1};
static const cb_type app_f64 = {CB_FLOAT, 64, 1};

/* The value of the argument KEY=VALUE, or NULL. */
static inline const char *app_option(int argc, char **argv, const char *key)
{
    size_t n = strlen(key);
    for (int i = 1; i < argc; i++)
        if (!strncmp(argv[i], key, n) && argv[i][n] == '=')
            return argv[i] + n + 1;
    return NULL;
}

/* Seconds. */
static inline double app_now(void)
{
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline int app_less(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The value a fraction q of the way through the n values, which get sorted. */
static inline double app_quantile(double *v, int n, double q)
{
    qsort(v, (size_t)n, sizeof *v, app_less);
    double at = q * (n - 1);
    int i = (int)at;
    return i + 1 < n ? v[i] + (at - i) * (v[i + 1] - v[i]) : v[n - 1];
}

/* Runs two things in turn n times each and prints their median times and the median ratio; `f` and `g` return 0, or
 * an error that ends the program. */
typedef struct app_task {
    const char *name;
    int (*run)(void *arg);
    void *arg;
} app_task;

static inline int app_race(app_task a, app_task b, int n)
{
    enum { MOST = 101 };
    double ta[MOST], tb[MOST], ratio[MOST];
    if (n > MOST)
        n = MOST;
    for (int i = -1; i < n; i++) { /* the first pair warms up */
        double t0 = app_now();
        int code = a.run(a.arg);
        double t1 = app_now();
        if (code == 0)
            code = b.run(b.arg);
        double t2 = app_now();
        if (code != 0)
            return code;
        if (i >= 0) {
            ta[i] = t1 - t0;
            tb[i] = t2 - t1;
            ratio[i] = tb[i] / ta[i];
        }
    }
    printf("%-10s %8.3f ms\n%-10s %8.3f ms\n", a.name, 1e3 * app_quantile(ta, n, 0.5), b.name,
           1e3 * app_quantile(tb, n, 0.5));
    printf("%s takes %.2f times as long as %s (median of %d pairs, quartiles %.2f to %.2f)\n", b.name,
           app_quantile(ratio, n, 0.5), a.name, n, app_quantile(ratio, n, 0.25), app_quantile(ratio, n, 0.75));
    return 0;
}

/* The nearest of 0 .. n - 1: repeats the edge of a picture. */
static inline int app_clamp(int v, int n) { return v < 0 ? 0 : v >= n ? n - 1 : v; }

/* A pseudo-random number, the same everywhere. */
static inline uint32_t app_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* A picture of floats in [0, 1), each at random. */
static inline int app_noise(int32_t w, int32_t h, int32_t channels, uint32_t seed, cb_image *im)
{
    int code = cb_image_new(NULL, app_f32, w, h, channels, im);
    for (int64_t i = 0; code == 0 && i < (int64_t)w * h * channels; i++)
        ((float *)im->buffer.host)[i] = (float)app_random(&seed) / 16777216.0f;
    return code;
}

/* 0 when two dense buffers of floats differ by at most `tolerance` times the largest value. */
static inline int app_near(const char *name, const cb_buffer *got, const cb_buffer *want, float tolerance)
{
    const float *x = got->host, *y = want->host;
    float most = 0;
    size_t n = (size_t)(cb_buffer_bytes(want) / sizeof *y);
    for (size_t i = 0; i < n; i++)
        most = fabsf(y[i]) > most ? fabsf(y[i]) : most;
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(x[i] - y[i]) <= tolerance * most)) {
            fprintf(stderr, "%s: %d x %d: element %zu is %g, plain C has %g\n", name, want->dim[0].extent, want->dim[1].extent, i,
                    (double)x[i], (double)y[i]);
            return 1;
        }
    return 0;
}

/* Writes a picture: floats in [0, 1] with 8 bits, as photographs rarely need more, and the file is half as large. */
static inline int app_save(const char *path, const cb_image *im)
{
    cb_image eight = {0};
    const float *v = im->buffer.host;
    bool floats = im->buffer.type.code == CB_FLOAT;
    int code = 0;
    if (floats)
        code = cb_image_new(NULL, app_u8, im->dim[0].extent, im->dim[1].extent, im->buffer.rank == 3 ? im->dim[2].extent : 1, &eight);
    for (uint64_t i = 0; floats && code == 0 && i < cb_buffer_bytes(&eight.buffer); i++)
        ((uint8_t *)eight.buffer.host)[i] = (uint8_t)(255.0f * (v[i] < 0 ? 0 : v[i] > 1 ? 1 : v[i]) + 0.5f);
    if (code == 0)
        code = cb_image_save(NULL, path, floats ? &eight.buffer : &im->buffer);
    if (code == 0)
        printf("wrote %s\n", path);
    cb_image_free(NULL, &eight);
    return code;
}

/* A dense array of f32, f64 or u8 with its own memory, dimension 0 first, filled with numbers: floats in [-1, 1). */
typedef struct app_array {
    cb_buffer buffer;
    cb_dim dim[4];
} app_array;

static inline int app_array_new(app_array *a, cb_type type, int rank, const int32_t *extent, uint32_t seed)
{
    size_t n = 1;
    for (int d = 0; d < rank; d++) {
        a->dim[d] = (cb_dim){.extent = extent[d]};
        n *= (size_t)extent[d];
    }
    void *at = aligned_alloc(64, (n * 8 + 127) / 64 * 64);
    if (!at)
        return CB_ERR_OUT_OF_MEMORY;
    cb_buffer_init(&a->buffer, at, type, rank, a->dim);
    for (size_t i = 0; i < n; i++) {
        double v = (double)app_random(&seed) / 8388608 - 1;
        if (type.code != CB_FLOAT)
            ((uint8_t *)at)[i] = (uint8_t)(128 * v + 128);
        else if (type.bits == 64)
            ((double *)at)[i] = v;
        else
            ((float *)at)[i] = (float)v;
    }
    return 0;
}

static inline void app_array_free(app_array *a)
{
    free(a->buffer.host);
    *a = (app_array){0};
}

/* PROGRAM [IN OUT]: 0 for no arguments, 1 for two, -1 after printing how to use it. */
static inline int app_arguments(int argc, char **argv, const char *does)
{
    if (argc == 1 || argc == 3)
        return argc == 3;
    fprintf(stderr, "usage: %s [IN.png|jpg OUT.png|jpg]\n%s\nWithout arguments it checks and times itself.\n", argv[0],
            does);
    return -1;
}

#endif
