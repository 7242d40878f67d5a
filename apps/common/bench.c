/* apps/common/bench.c: measures one app against its peer in Halide; compiled once for each app, with -DAPP=NAME. What
 * is run, and on what, is the table `bench_app` of apps/NAME/bench.c (bench.h).
 *
 *     bench [rounds=N] [json=FILE] [generator=FILE schedule=FILE [peer=FILE]] [heading]
 *
 * Versions: the pipeline by the schedule that is the peer's, by its best schedule (with -DBEST), the peer (with -DHALIDE).
 * All get the same arguments and must agree. Then, on one thread and on two, all versions run in turn, in another order
 * in each round; ratios are taken within a round, so that what disturbs the machine disturbs both, and the table has their
 * median and the 95 % interval of the median that the order of the values gives. In each round the limits are measured
 * as well: what the machine copies, of as many bytes, and what it multiplies and adds. */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <math.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app.h"
#include "bench.h"
#include "limits.h"
#include "table.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)

extern int JOIN(APP, _argv)(const cb_env *env, void **args);
extern const cb_metadata JOIN(APP, _metadata);
#ifdef BEST
extern int JOIN(APP, _best_argv)(const cb_env *env, void **args);
#endif
#ifdef HALIDE
#include <HalideRuntime.h>
extern int JOIN(JOIN(halide_, APP), _argv)(void **args);
extern const struct halide_filter_metadata_t *JOIN(JOIN(halide_, APP), _metadata)(void);
#endif

enum { SAME, OURS_BEST, PEER, VERSIONS, COPY = VERSIONS, STREAM, FMA, TIMED };
enum { LEAST_ROUNDS = 21, MOST_ROUNDS = 501, MOST_THREADS = 2 };
static const double SHORTEST = 2e-3; /* seconds: shorter calls are timed several at once */

static const char *const version_names[VERSIONS] = {"the schedule of the peer", "the best schedule", "Halide"};

static int have(int version)
{
#ifndef BEST
    if (version == OURS_BEST)
        return 0;
#endif
#ifndef HALIDE
    if (version == PEER)
        return 0;
#endif
    return version < VERSIONS;
}

/* ---- arguments ------------------------------------------------------------------------------------- */

typedef struct argument {
    const bench_arg *what;
    uint32_t kind; /* cb_arg_kind */
    cb_buffer buffer;
    cb_dim dim[BENCH_RANK];
    size_t n;         /* elements */
    void *want;       /* outputs: what the first version gave */
    uint64_t scalar;  /* its bits */
#ifdef HALIDE
    halide_buffer_t peer;
    halide_dimension_t peer_dim[BENCH_RANK];
#endif
} argument;

static argument arguments[BENCH_ARGS];
static void *ours[BENCH_ARGS];
#ifdef HALIDE
static void *peers[BENCH_ARGS];
#endif

static int fail(const char *text, const char *name)
{
    fprintf(stderr, "bench " TEXT(APP) ": %s%s%s\n", text, name ? ": " : "", name ? name : "");
    return 1;
}

static const char *type_name(cb_type t)
{
    static const char *const words[][4] = {{"i8", "i16", "i32", "i64"}, {"u8", "u16", "u32", "u64"}, {0, 0, "f32", "f64"}};
    int width = t.bits <= 8 ? 0 : t.bits == 16 ? 1 : t.bits == 32 ? 2 : 3;
    return t.code <= CB_FLOAT ? words[t.code][width] : NULL;
}

/* Calls DO(t) where t is the C type of elements of type `type`, which type_name() knows. */
#define WITH_TYPE(type, DO)                                                                                  \
    switch ((type).code * 256 + (type).bits) {                                                               \
    case CB_INT * 256 + 8: DO(int8_t) break;                                                                 \
    case CB_INT * 256 + 16: DO(int16_t) break;                                                               \
    case CB_INT * 256 + 32: DO(int32_t) break;                                                               \
    case CB_INT * 256 + 64: DO(int64_t) break;                                                               \
    case CB_UINT * 256 + 1:                                                                                  \
    case CB_UINT * 256 + 8: DO(uint8_t) break;                                                               \
    case CB_UINT * 256 + 16: DO(uint16_t) break;                                                             \
    case CB_UINT * 256 + 32: DO(uint32_t) break;                                                             \
    case CB_UINT * 256 + 64: DO(uint64_t) break;                                                             \
    case CB_FLOAT * 256 + 32: DO(float) break;                                                               \
    case CB_FLOAT * 256 + 64: DO(double) break;                                                              \
    }

static uint64_t random_state = 0x9e3779b97f4a7c15u;

static uint64_t random_bits(void)
{
    uint64_t x = random_state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (random_state = x) >> 8;
}

static double random_unit(void)
{
    return (double)(random_bits() & 0xffffff) / 16777216.0;
}

/* The element at c of a picture, in [0, 1]: broad waves, discs with sharp edges, a little noise. */
static double picture(const int32_t *c)
{
    double x = c[0], y = c[1], v = 0.5 + 0.2 * sin(x / 97 + c[2]) * cos(y / 61) + 0.1 * sin((x + 2 * y) / 13);
    double dx = (double)(c[0] % 160) - 80, dy = (double)(c[1] % 200) - 100;
    if (dx * dx + dy * dy < 40 * 40)
        v = v * 0.5 + 0.4 * (c[2] % 2);
    v += 0.04 * (random_unit() - 0.5);
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

static double type_end(cb_type t, int high)
{
    if (t.code == CB_FLOAT)
        return high;
    if (t.code == CB_UINT)
        return high ? ldexp(1, t.bits) - 1 : 0;
    return high ? ldexp(1, t.bits - 1) - 1 : -ldexp(1, t.bits - 1);
}

static void fill(argument *a)
{
    cb_type t = a->buffer.type;
    const bench_arg *w = a->what;
    int whole = w->lo == 0 && w->hi == 0, floats = t.code == CB_FLOAT;
    double lo = whole || w->fill <= BENCH_UNIT ? type_end(t, 0) : w->lo;
    double hi = whole || w->fill <= BENCH_UNIT ? type_end(t, 1) : w->hi;
    int32_t c[BENCH_RANK] = {0};
    for (size_t i = 0; i < a->n; i++) {
        double v = 0;
        if (w->fill == BENCH_PICTURE)
            v = lo + (floats ? hi - lo : hi - lo + 1) * picture(c);
        else if (w->fill != BENCH_ZERO)
            v = lo + (floats ? hi - lo : hi - lo + 1) * random_unit();
        if (!floats)
            v = v > hi ? hi : floor(v);
        if (w->fill == BENCH_ANY && !floats && t.bits > 24) { /* more bits than a random_unit() has */
            uint64_t bits = random_bits() << 32 ^ random_bits();
            memcpy((char *)a->buffer.host + i * (t.bits / 8), &bits, t.bits / 8);
        } else {
#define DO(type) ((type *)a->buffer.host)[i] = (type)v;
            WITH_TYPE(t, DO)
#undef DO
        }
        for (int d = 0; d < a->buffer.rank && ++c[d] == w->extent[d]; d++)
            c[d] = 0;
    }
}

static const bench_arg *row_named(const char *name)
{
    for (int i = 0; i < bench_app.nargs; i++)
        if (!strcmp(bench_app.args[i].name, name))
            return &bench_app.args[i];
    return NULL;
}

static int new_argument(argument *a, const cb_arg_info *info)
{
    const bench_arg *w = a->what = row_named(info->name);
    if (!w)
        return fail("the table lacks an argument", info->name);
    if (!type_name(info->type))
        return fail("an argument of a type that the benchmark does not know", info->name);
    a->kind = info->kind;
    if (info->kind == CB_ARG_SCALAR) {
#define DO(type) { type v = (type)w->value; memcpy(&a->scalar, &v, sizeof v); }
        WITH_TYPE(info->type, DO)
#undef DO
        return 0;
    }
    if (info->rank > BENCH_RANK || (info->rank < BENCH_RANK && w->extent[info->rank]))
        return fail("the table has another number of dimensions", info->name);
    a->n = 1;
    for (int d = 0; d < info->rank; d++) {
        a->dim[d].extent = w->extent[d];
        a->n *= (size_t)w->extent[d];
    }
    size_t bytes = (a->n * ((info->type.bits + 7u) / 8) + 4095) / 4096 * 4096;
    cb_buffer_init(&a->buffer, aligned_alloc(4096, bytes ? bytes : 4096), info->type, info->rank, a->dim);
    if (!a->buffer.host)
        return fail("out of memory", NULL);
    for (int d = 0; d < info->rank; d++)
        a->dim[d].min = w->min[d];
    if (info->kind == CB_ARG_INPUT)
        fill(a);
    else
        memset(a->buffer.host, 0, bytes);
    return 0;
}

#ifdef HALIDE
static void new_peer(argument *a)
{
    halide_buffer_t *p = &a->peer;
    p->host = a->buffer.host;
    p->type.code = a->buffer.type.code; /* the same numbers */
    p->type.bits = a->buffer.type.bits;
    p->type.lanes = 1;
    p->dimensions = a->buffer.rank;
    p->dim = a->peer_dim;
    for (int d = 0; d < a->buffer.rank; d++)
        a->peer_dim[d] = (halide_dimension_t){a->dim[d].min, a->dim[d].extent, (int32_t)a->dim[d].stride, 0};
}

/* Names of Halide may end in a number of its own: "out$1". */
static int same_name(const char *halides, const char *name)
{
    size_t n = strcspn(halides, "$");
    return strlen(name) == n && !strncmp(halides, name, n);
}

static int peer_arguments(const cb_metadata *m)
{
    const struct halide_filter_metadata_t *p = JOIN(JOIN(halide_, APP), _metadata)();
    if ((uint32_t)p->num_arguments != m->nargs)
        return fail("the peer has another number of arguments", NULL);
    for (int i = 0; i < p->num_arguments; i++) {
        const struct halide_filter_argument_t *info = &p->arguments[i];
        for (uint32_t k = 0; k < m->nargs && !peers[i]; k++) {
            argument *a = &arguments[k];
            const cb_type *t = &m->args[k].type;
            if (!same_name(info->name, m->args[k].name))
                continue;
            if (info->type.code != t->code || info->type.bits != t->bits || info->dimensions != m->args[k].rank)
                return fail("an argument of the peer has another type or rank", info->name);
            if (a->kind != CB_ARG_SCALAR)
                new_peer(a);
            peers[i] = a->kind == CB_ARG_SCALAR ? (void *)&a->scalar : (void *)&a->peer;
        }
        if (!peers[i])
            return fail("the peer has an argument that the pipeline lacks", info->name);
    }
    return 0;
}
#endif

static int new_arguments(void)
{
    const cb_metadata *m = &JOIN(APP, _metadata);
    if (m->nargs != (uint32_t)bench_app.nargs || m->nargs > BENCH_ARGS)
        return fail("the table has another number of arguments than the pipeline", NULL);
    for (uint32_t i = 0; i < m->nargs; i++) {
        argument *a = &arguments[i];
        if (new_argument(a, &m->args[i]) != 0)
            return 1;
        ours[i] = a->kind == CB_ARG_SCALAR ? (void *)&a->scalar : (void *)&a->buffer;
    }
#ifdef HALIDE
    return peer_arguments(m);
#else
    return 0;
#endif
}

static int run(int version)
{
    switch (version) {
    case SAME: return JOIN(APP, _argv)(NULL, ours);
#ifdef BEST
    case OURS_BEST: return JOIN(APP, _best_argv)(NULL, ours);
#endif
#ifdef HALIDE
    case PEER: return JOIN(JOIN(halide_, APP), _argv)(peers);
#endif
    default: return 1;
    }
}

static void set_threads(int n)
{
    cb_set_threads(n);
#ifdef HALIDE
    halide_set_num_threads(n); /* from few to many: Halide's pool grows, but does not shrink */
#endif
}

/* ---- comparing ------------------------------------------------------------------------------------- */

/* What element i of an output is, for messages; and how large it is at most, how far from what was wanted. */
static double value_at(cb_type t, const void *host, size_t i)
{
    double v = 0;
#define DO(type) v = (double)((const type *)host)[i];
    WITH_TYPE(t, DO)
#undef DO
    return v;
}

static int differs(const argument *a)
{
    cb_type t = a->buffer.type;
    size_t bytes = (t.bits + 7u) / 8, worst = 0, others = 0;
    double largest = 0, far = 0, most = bench_app.tolerance;
    if (!memcmp(a->buffer.host, a->want, a->n * bytes))
        return 0;
    for (size_t i = 0; i < a->n; i++) {
        double x = value_at(t, a->buffer.host, i), y = value_at(t, a->want, i), d = fabs(x - y);
        if (isfinite(y) && fabs(y) > largest)
            largest = fabs(y);
        if (x == y || (isnan(x) && isnan(y)))
            continue;
        others++;
        if (!(d <= far)) { /* NaN counts as far */
            far = isnan(d) ? INFINITY : d;
            worst = i;
        }
    }
    if (t.code == CB_FLOAT)
        most *= largest;
    if (far <= most && (t.code != CB_FLOAT || most > 0))
        return 0;
    fprintf(stderr, "bench " TEXT(APP) ": %s: %zu of %zu elements differ; element %zu is %.9g, not %.9g\n", a->what->name, others, a->n,
            worst, value_at(t, a->buffer.host, worst), value_at(t, a->want, worst));
    return 1;
}

/* Runs every version on every number of threads' worth of memory set to 0; they must agree. */
static int compare(void)
{
    for (int v = 0; v < VERSIONS; v++) {
        if (!have(v))
            continue;
        for (int i = 0; i < bench_app.nargs; i++)
            if (arguments[i].kind == CB_ARG_OUTPUT)
                memset(arguments[i].buffer.host, 0, arguments[i].n * ((arguments[i].buffer.type.bits + 7u) / 8));
        if (run(v) != 0)
            return fail("a run failed", version_names[v]);
        for (int i = 0; i < bench_app.nargs; i++) {
            argument *a = &arguments[i];
            size_t bytes = a->n * ((a->buffer.type.bits + 7u) / 8);
            if (a->kind != CB_ARG_OUTPUT)
                continue;
            if (v == SAME) {
                a->want = malloc(bytes ? bytes : 1);
                if (!a->want)
                    return fail("out of memory", NULL);
                memcpy(a->want, a->buffer.host, bytes);
            } else if (differs(a))
                return fail("another result than with the schedule of the peer", version_names[v]);
        }
    }
    return 0;
}

/* ---- measuring ------------------------------------------------------------------------------------- */

static limits machine;

static int timed(int what)
{
    if (what < VERSIONS)
        return have(what);
    return what == FMA ? bench_app.flops > 0 : bench_app.bytes > 0;
}

/* Does it once; *work is what was done, when that is not known otherwise. */
static int do_once(int what, double *work)
{
    if (what < VERSIONS)
        return run(what);
    if (what != FMA)
        return limits_copy(&machine, what == STREAM);
    int f64 = 0;
    for (int i = 0; i < bench_app.nargs; i++)
        f64 |= arguments[i].kind == CB_ARG_OUTPUT && arguments[i].buffer.type.code == CB_FLOAT && arguments[i].buffer.type.bits == 64;
    *work = limits_fma(f64);
    return 0;
}

typedef struct result {
    int threads, rounds;
    double seconds[TIMED]; /* median of a call; 0: not measured */
    table_ratio same, best;
    double copy, stream, fma; /* limits: bytes and operations a second, medians; 0: not measured */
    double of_copy[VERSIONS], of_fma[VERSIONS]; /* shares of these, medians of rounds */
    double others; /* share of the processors' time that went to other programs */
} result;

/* Median and 95 % interval of n values, which get sorted: the values of ranks l and n + 1 - l, l as large as leaves less than
 * 2.5 % below and above when each value is as likely to be below the median as above it. */
static table_ratio interval(double *v, int n)
{
    double p = pow(0.5, n), below = 0; /* of exactly l values below, of less than l */
    int l = 0;
    while (below + p <= 0.025) {
        below += p;
        p = p * (n - l) / (l + 1);
        l++;
    }
    table_ratio r = {.median = app_quantile(v, n, 0.5)};
    r.low = v[l > 0 ? l - 1 : 0];
    r.high = v[l > 0 ? n - l : n - 1];
    return r;
}

static table_ratio ratio(double time[][MOST_ROUNDS], int a, int b, int n)
{
    double v[MOST_ROUNDS];
    for (int r = 0; r < n; r++)
        v[r] = time[a][r] / time[b][r];
    return interval(v, n);
}

/* Seconds of processor time that all programs, and this one, have used. */
static void cpu_seconds(double *all, double *own)
{
    double v[8] = {0};
    struct rusage u;
    FILE *f = fopen("/proc/stat", "r");
    *all = 0;
    if (f) {
        if (fscanf(f, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7) == 8)
            *all = (v[0] + v[1] + v[2] + v[5] + v[6] + v[7]) / (double)sysconf(_SC_CLK_TCK);
        fclose(f);
    }
    getrusage(RUSAGE_SELF, &u);
    *own = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + 1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* Nobody always runs after the same one: after a copy caches are cold, and after wide multiplications the clock is slow. */
static void shuffle(int order[TIMED])
{
    for (int i = 0; i < TIMED; i++) {
        int j = (int)(random_bits() % (uint64_t)(i + 1));
        order[i] = order[j];
        order[j] = i;
    }
}

static int measure(int threads, int rounds, result *out)
{
    static double time[TIMED][MOST_ROUNDS];
    int batch[TIMED] = {0};
    double fma_work = 0, all0, all1, own0, own1, start;
    *out = (result){.threads = threads, .rounds = rounds};
    set_threads(threads);
    for (int w = 0; w < TIMED; w++) { /* warms up twice, and finds how many calls are long enough */
        if (!timed(w))
            continue;
        if (do_once(w, &fma_work) != 0)
            return fail("a run failed", NULL);
        double t = app_now();
        do_once(w, &fma_work);
        t = app_now() - t;
        batch[w] = t > 0 ? (int)ceil(SHORTEST / t) : 1000;
    }
    start = app_now();
    cpu_seconds(&all0, &own0);
    for (int r = 0; r < rounds; r++) {
        int order[TIMED];
        shuffle(order);
        for (int i = 0; i < TIMED; i++) {
            int w = order[i];
            if (!timed(w))
                continue;
            int before = (batch[w] + 3) / 4; /* bring its own code and data back into the caches, and the clock to its own rate */
            double t = 0;
            for (int k = batch[w] > 1 ? -before : 0; k < batch[w]; k++) {
                if (k == 0)
                    t = app_now();
                if (do_once(w, &fma_work) != 0)
                    return fail("a run failed", NULL);
            }
            time[w][r] = (app_now() - t) / batch[w];
        }
    }
    cpu_seconds(&all1, &own1);
    out->others = (all1 - all0 - (own1 - own0)) / ((app_now() - start) * (double)sysconf(_SC_NPROCESSORS_ONLN));
    if (out->others < 0)
        out->others = 0;

    for (int v = 0; v < VERSIONS; v++) {
        double work[2] = {bench_app.bytes, bench_app.flops}, limit_work[2] = {bench_app.bytes, fma_work};
        if (!timed(v))
            continue;
        if (timed(COPY))
            out->of_copy[v] = ratio(time, COPY, v, rounds).median * work[0] / limit_work[0];
        if (timed(FMA) && fma_work > 0)
            out->of_fma[v] = ratio(time, FMA, v, rounds).median * work[1] / limit_work[1];
    }
    if (timed(PEER)) {
        out->same = ratio(time, PEER, SAME, rounds);
        out->best = timed(OURS_BEST) ? ratio(time, PEER, OURS_BEST, rounds) : out->same;
    }
    for (int w = 0; w < TIMED; w++)
        if (timed(w)) {
            double sorted[MOST_ROUNDS];
            memcpy(sorted, time[w], sizeof sorted);
            out->seconds[w] = app_quantile(sorted, rounds, 0.5);
        }
    if (timed(COPY)) {
        out->copy = bench_app.bytes / out->seconds[COPY];
        out->stream = bench_app.bytes / out->seconds[STREAM];
    }
    if (timed(FMA))
        out->fma = fma_work / out->seconds[FMA];
    return 0;
}

/* ---- compiling ------------------------------------------------------------------------------------- */

/* CPU seconds that running a command takes, or a negative number. */
static double cpu_time(char *const argv[])
{
    int status;
    struct rusage u;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        if (null < 0 || dup2(null, 1) < 0)
            _exit(127);
        execv(argv[0], argv);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &u) != child || status != 0)
        return -1;
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + 1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* Median CPU seconds from start to object of the generator and of the peer, in turn: as often as five seconds allow, at
 * least 3 times, at most 15. */
static void compile_times(const char *generator, const char *schedule, const char *peer, double *seconds, double *peer_seconds)
{
    enum { LEAST = 3, MOST = 15 };
    double a[MOST], b[MOST], total = 0;
    const char *base = getenv("TMPDIR");
    char dir[256], name[300], arg[512], cmd[300];
    int n = 0;
    *seconds = *peer_seconds = -1;
    snprintf(dir, sizeof dir, "%s/carbide-bench.XXXXXX", base ? base : "/tmp");
    if (!generator || !schedule || !mkdtemp(dir))
        return;
    snprintf(arg, sizeof arg, "schedule=%s", schedule);
    snprintf(name, sizeof name, "%s/halide_" TEXT(APP), dir);
    for (; n < MOST && (n < LEAST || total < 5); n++) {
        a[n] = cpu_time((char *[]){(char *)generator, "-o", dir, "-e", "object", arg, NULL});
        b[n] = peer ? cpu_time((char *[]){(char *)peer, name, "object", NULL}) : -1;
        if (a[n] < 0 || (peer && b[n] < 0)) {
            fail("compiling failed", a[n] < 0 ? generator : peer);
            break;
        }
        total += a[n] + b[n];
    }
    if (n >= LEAST) {
        *seconds = app_quantile(a, n, 0.5);
        *peer_seconds = app_quantile(b, n, 0.5);
    }
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    if (system(cmd) != 0)
        fail("could not remove", dir);
}

/* ---- results --------------------------------------------------------------------------------------- */

static void print_row(const result *r, double compile_s, double halide_compile_s)
{
    int v = have(OURS_BEST) && r->seconds[OURS_BEST] < r->seconds[SAME] ? OURS_BEST : SAME;
    int bytes = r->of_copy[v] >= r->of_fma[v]; /* the limit that is nearer */
    table_row row = {.app = r->threads == 1 ? TEXT(APP) : "", .threads = r->threads, .same_s = r->seconds[SAME],
                     .best_s = r->seconds[OURS_BEST], .halide_s = r->seconds[PEER], .same = r->same, .best = r->best,
                     .compile_s = r->threads == 1 ? compile_s : -1, .halide_compile_s = halide_compile_s};
    row.rate = 1e-9 * (bytes ? bench_app.bytes : bench_app.flops) / r->seconds[v];
    row.unit = bytes ? "GB/s" : "GFLOP/s";
    row.share = bytes ? r->of_copy[v] : r->of_fma[v];
    row.halide_share = bytes ? r->of_copy[PEER] : r->of_fma[PEER];
    table_print(&row);
}

static void json_text(FILE *f, const char *key, const char *text)
{
    fprintf(f, "\"%s\": \"", key);
    for (; *text; text++)
        if ((unsigned char)*text < ' ')
            fprintf(f, "\\u%04x", (unsigned)*text);
        else
            fprintf(f, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    fprintf(f, "\"");
}

/* Numbers that were not measured are null. */
static void json_number(FILE *f, const char *key, double v)
{
    if (v > 0 && isfinite(v))
        fprintf(f, ", \"%s\": %.6g", key, v);
    else
        fprintf(f, ", \"%s\": null", key);
}

static void json_ratio(FILE *f, const char *key, const table_ratio *r)
{
    if (r->median > 0)
        fprintf(f, ", \"%s\": {\"median\": %.4f, \"low\": %.4f, \"high\": %.4f}", key, r->median, r->low, r->high);
    else
        fprintf(f, ", \"%s\": null", key);
}

static int write_json(const char *path, const result *r, int n, double compile_s, double halide_compile_s)
{
    FILE *f = fopen(path, "w");
    if (!f)
        return fail("cannot be written", path);
    fprintf(f, "{");
    json_text(f, "app", TEXT(APP));
    fprintf(f, ", ");
    json_text(f, "title", bench_app.title);
    json_number(f, "bytes", bench_app.bytes);
    json_number(f, "flops", bench_app.flops);
    json_number(f, "compile_s", compile_s);
    json_number(f, "halide_compile_s", halide_compile_s);
    fprintf(f, ", \"best_schedule\": %s, \"runs\": [", have(OURS_BEST) ? "true" : "false");
    for (int i = 0; i < n; i++, r++) {
        fprintf(f, "%s\n  {\"threads\": %d, \"rounds\": %d", i ? "," : "", r->threads, r->rounds);
        json_number(f, "same_ms", 1e3 * r->seconds[SAME]);
        json_number(f, "best_ms", 1e3 * r->seconds[OURS_BEST]);
        json_number(f, "halide_ms", 1e3 * r->seconds[PEER]);
        json_ratio(f, "same", &r->same);
        json_ratio(f, "best", &r->best);
        json_number(f, "copy_gbs", 1e-9 * r->copy);
        json_number(f, "streaming_copy_gbs", 1e-9 * r->stream);
        json_number(f, "fma_gflops", 1e-9 * r->fma);
        for (int v = 0; v < VERSIONS; v++) {
            static const char *const keys[VERSIONS][2] = {
                {"same_of_copy", "same_of_fma"}, {"best_of_copy", "best_of_fma"}, {"halide_of_copy", "halide_of_fma"}};
            json_number(f, keys[v][0], r->of_copy[v]);
            json_number(f, keys[v][1], r->of_fma[v]);
        }
        fprintf(f, ", \"others\": %.3f}", r->others);
    }
    fprintf(f, "]}\n");
    return fclose(f) == 0 ? 0 : fail("cannot be written", path);
}

int main(int argc, char **argv)
{
    const char *words = app_option(argc, argv, "rounds"), *json = app_option(argc, argv, "json");
    long rounds = words ? strtol(words, NULL, 10) : LEAST_ROUNDS;
    result results[MOST_THREADS];
    double compile_s, halide_compile_s;
    int n = 0, code;
    rounds = rounds < 1 ? 1 : rounds > MOST_ROUNDS ? MOST_ROUNDS : rounds;
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "heading"))
            table_head();
    set_threads(1);
    code = new_arguments();
    if (code == 0)
        code = compare();
    if (code == 0 && bench_app.bytes > 0)
        code = limits_open(&machine, bench_app.bytes);
    if (code == 0)
        compile_times(app_option(argc, argv, "generator"), app_option(argc, argv, "schedule"), app_option(argc, argv, "peer"), &compile_s,
                      &halide_compile_s);
    for (int threads = 1; code == 0 && threads <= MOST_THREADS; threads++) {
        code = measure(threads, (int)rounds, &results[n]);
        if (code == 0)
            print_row(&results[n++], compile_s, halide_compile_s);
    }
    if (code == 0 && json)
        code = write_json(json, results, n, compile_s, halide_compile_s);
    for (int i = 0; i < BENCH_ARGS; i++) {
        free(arguments[i].buffer.host);
        free(arguments[i].want);
    }
    limits_close(&machine);
    return code != 0;
}
