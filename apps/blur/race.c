/* apps/blur/race.c: blur against the same filter written in C and in Halide.
 *
 * On a 2568 x 1922 picture, with one thread and with two, every version runs in turn, 31 rounds; a ratio is taken in
 * each round, so that what disturbs the machine disturbs both, and the table has the median ratio with its quartiles.
 * A ratio above 1 means
 * that blur is faster. All versions must give the same bits. The C versions get their strips of rows
 * from the same thread pool as blur. */
#include "app.h"
#include "blur.h"
#include "blur_best.h"
#include "peers.h"

#ifdef HALIDE
#include <HalideRuntime.h>
extern int halide_blur(halide_buffer_t *in, halide_buffer_t *out);
#endif

enum { WIDTH = 2568, HEIGHT = 1922, ROUNDS = 31, CALLS = 3 };

#define X_DECLARE(name, cc) extern peer_fn blur_##name##_##cc;
#define X(cc) X_DECLARE(nine, cc) X_DECLARE(two_pass, cc) X_DECLARE(fused, cc)
PEERS
#undef X

typedef struct version {
    const char *name;
    peer_fn *c;  /* a C version, or NULL */
    enum { OURS, BEST, HALIDES } whose; /* when it is not: blur, blur by its other schedule, Halide */
} version;

static const version versions[] = {
    {"blur", NULL, OURS},
    {"blur, best schedule", NULL, BEST},
#ifdef HALIDE
    {"Halide " HALIDE, NULL, HALIDES},
#endif
#define X_ROW(name, text, cc) {text ", " #cc, blur_##name##_##cc, OURS},
#define X(cc) X_ROW(nine, "C 9-tap", cc) X_ROW(two_pass, "C two-pass", cc) X_ROW(fused, "C row-fused", cc)
    PEERS
#undef X
};
enum { VERSIONS = sizeof versions / sizeof *versions };

typedef struct pictures {
    cb_image in, out;
} pictures;

/* ---- the C versions, in parallel ----------------------------------------------------------------- */

typedef struct strips {
    const pictures *p;
    peer_fn *fn;
    int rows;
} strips;

static int run_strips(const cb_env *env, int64_t begin, int64_t end, void *closure)
{
    const strips *s = closure;
    int width = WIDTH - 2, height = HEIGHT - 2;
    uint16_t *tmp = cb_rt_alloc(env, (int64_t)(peer_tmp(width) * sizeof *tmp));
    if (!tmp)
        return CB_ERR_OUT_OF_MEMORY;
    for (int64_t i = begin; i < end; i++) {
        int y0 = (int)i * s->rows, y1 = y0 + s->rows < height ? y0 + s->rows : height;
        s->fn(s->p->in.buffer.host, WIDTH, s->p->out.buffer.host, width, width, y0, y1, tmp);
    }
    cb_rt_free(env, tmp);
    return 0;
}

/* With one thread the whole picture is one call; with more, strips as large as give each thread several. */
static int run_c(const pictures *p, peer_fn *fn)
{
    strips s = {p, fn, cb_threads() == 1 ? HEIGHT : 4 * PEER_STRIP};
    return cb_rt_par_for(NULL, 0, (HEIGHT - 2 + s.rows - 1) / s.rows, run_strips, &s);
}

#ifdef HALIDE
static int run_halide(const pictures *p)
{
    halide_dimension_t in_dim[2] = {{0, WIDTH, 1, 0}, {0, HEIGHT, WIDTH, 0}};
    halide_dimension_t out_dim[2] = {{1, WIDTH - 2, 1, 0}, {1, HEIGHT - 2, WIDTH - 2, 0}};
    halide_buffer_t in = {0}, out = {0};
    in.host = p->in.buffer.host;
    out.host = p->out.buffer.host;
    in.type.code = out.type.code = halide_type_uint;
    in.type.bits = out.type.bits = 16;
    in.type.lanes = out.type.lanes = 1;
    in.dimensions = out.dimensions = 2;
    in.dim = in_dim;
    out.dim = out_dim;
    return halide_blur(&in, &out);
}
#endif

static int run(const version *v, pictures *p)
{
    if (v->c)
        return run_c(p, v->c);
#ifdef HALIDE
    if (v->whose == HALIDES)
        return run_halide(p);
#endif
    if (v->whose == BEST)
        return blur_best(NULL, &p->in.buffer, &p->out.buffer);
    return blur(NULL, &p->in.buffer, &p->out.buffer);
}

static void set_threads(int n)
{
    cb_set_threads(n);
#ifdef HALIDE
    halide_set_num_threads(n); /* before the first run: Halide's pool grows, but does not shrink */
#endif
}

/* ---- times --------------------------------------------------------------------------------------- */

static int check(pictures *p, const uint16_t *want)
{
    size_t bytes = (size_t)cb_buffer_bytes(&p->out.buffer);
    for (int v = 0; v < VERSIONS; v++) {
        memset(p->out.buffer.host, 0, bytes);
        if (run(&versions[v], p) != 0)
            return 1;
        if (memcmp(p->out.buffer.host, want, bytes) != 0) {
            fprintf(stderr, "race: '%s' gives a different picture\n", versions[v].name);
            return 1;
        }
    }
    return 0;
}

static int measure(pictures *p, int threads)
{
    static double time[VERSIONS][ROUNDS], ratio[ROUNDS];
    int best = -1;
    double best_ratio = 0;
    set_threads(threads);
    for (int r = 0; r < ROUNDS; r++)
        for (int i = 0; i < VERSIONS; i++) {
            int v = (i + r) % VERSIONS; /* nobody always runs after the same one */
            if (run(&versions[v], p) != 0) /* brings its own code and data back into the caches */
                return 1;
            double t = app_now();
            for (int k = 0; k < CALLS; k++)
                run(&versions[v], p);
            time[v][r] = (app_now() - t) / CALLS;
        }
    printf("\n%d thread%s\n  %-22s %9s   %s\n", threads, threads == 1 ? "" : "s", "version", "ms",
           "time / time of blur: median (quartiles)");
    for (int v = 0; v < VERSIONS; v++) {
        double sorted[ROUNDS];
        for (int r = 0; r < ROUNDS; r++) {
            ratio[r] = time[v][r] / time[0][r];
            sorted[r] = time[v][r];
        }
        double m = app_quantile(ratio, ROUNDS, 0.5);
        printf("  %-22s %9.3f   ", versions[v].name, 1e3 * app_quantile(sorted, ROUNDS, 0.5));
        printf("%.2f (%.2f to %.2f)\n", m, app_quantile(ratio, ROUNDS, 0.25), app_quantile(ratio, ROUNDS, 0.75));
        if (versions[v].c && (best < 0 || m < best_ratio)) {
            best = v;
            best_ratio = m;
        }
    }
    if (best >= 0) {
        for (int r = 0; r < ROUNDS; r++)
            ratio[r] = time[best][r] / time[1][r];
        printf("  best C version: %s; it takes %.2f (%.2f to %.2f) of the time of blur's best schedule\n", versions[best].name,
               app_quantile(ratio, ROUNDS, 0.5), app_quantile(ratio, ROUNDS, 0.25), app_quantile(ratio, ROUNDS, 0.75));
    }
    return 0;
}

int main(void)
{
    pictures p;
    uint32_t seed = 1;
    if (cb_image_new(NULL, app_u16, WIDTH, HEIGHT, 1, &p.in) != 0 ||
        cb_image_new(NULL, app_u16, WIDTH - 2, HEIGHT - 2, 1, &p.out) != 0)
        return 1;
    p.out.dim[0].min = p.out.dim[1].min = 1;
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        ((uint16_t *)p.in.buffer.host)[i] = (uint16_t)app_random(&seed);
    size_t bytes = (size_t)cb_buffer_bytes(&p.out.buffer);
    uint16_t *want = malloc(bytes);
    set_threads(1);
    if (!want || run(&versions[0], &p) != 0)
        return 1;
    memcpy(want, p.out.buffer.host, bytes);

    printf("blur, u16, 3 x 3, %d x %d pixels, %d rounds of %d calls\n", WIDTH, HEIGHT, ROUNDS, CALLS);
#ifndef HALIDE
    printf("Halide is not installed: no comparison with it (./configure --install-deps=bench)\n");
#endif
    int code = check(&p, want);
    for (int threads = 1; code == 0 && threads <= 2; threads++)
        code = measure(&p, threads);
    free(want);
    cb_image_free(NULL, &p.in);
    cb_image_free(NULL, &p.out);
    return code;
}
