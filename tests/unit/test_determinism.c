/* tests/unit/test_determinism.c: the same program gives the same bytes: compiled twice in one context, in fresh
 * contexts, after other work, in several threads at once and in other processes, whose addresses differ. And threads
 * that compile and run different pipelines at the same time do not disturb each other.
 *
 * The bytes are those of the object and of the lowered program's text, joined. Runs use AVX2 where the machine has
 * it, which tools that interpret machine code know better than what is newer.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../codegen/codegen.h"

#include <carbide/dsl.h>

/* ---- programs ------------------------------------------------------------------------------------------------ */

Generator(rows) /* the shape of blur: a window of rows in strips */
{
    Input(in, u16, 2);
    Output(out, u16, 2);
    Funcs(across);
    Vars(x, y);
    define(across(x, y) = (in(x - 1, y) + in(x, y) + in(x + 1, y)) / 3);
    define(out(x, y) = (across(x, y - 1) + across(x, y) + across(x, y + 1)) / 3);
}
Schedule(rows, strips)
{
    Stages(out, across);
    Vars(x, y, yo, yi);
    schedule(out, split(y, yo, yi, 32), parallel(yo), vectorize(x, 32));
    schedule(across, store_at(out, yo), compute_at(out, yi), vectorize(x, 32));
}
Schedule(rows, tiles)
{
    Stages(out, across);
    Vars(x, y, xo, yo, xi, yi);
    schedule(out, tile(x, y, xo, yo, xi, yi, 32, 8), parallel(yo), vectorize(xi, 16), unroll(yi, 2));
    schedule(across, compute_at(out, xo), vectorize(x, 16));
}

Generator(sharpen) /* the shape of unsharp: edges, floats, a parameter, three dimensions */
{
    Input(in, f32, 3);
    Output(out, f32, 3);
    Param(amount, f32, 1.5, 0.0, 8.0);
    Funcs(edge, gray, down, soft);
    Vars(x, y, c);
    repeat_edge(edge, in, (min_coord(in, 0), extent(in, 0)), (min_coord(in, 1), extent(in, 1)));
    define(gray(x, y) = 0.299f*edge(x, y, 0) + 0.587f*edge(x, y, 1) + 0.114f*edge(x, y, 2));
    define(down(x, y) = gray(x, y - 1) + 2*gray(x, y) + gray(x, y + 1));
    define(soft(x, y) = (down(x - 1, y) + 2*down(x, y) + down(x + 1, y)) / 16);
    define(out(x, y, c) = clamp(in(x, y, c) + amount*(gray(x, y) - soft(x, y)), 0.0f, 1.0f));
}
Schedule(sharpen, cpu)
{
    Stages(out, gray, down);
    Vars(x, y, c, yo, yi);
    schedule(out, split(y, yo, yi, 16), reorder(x, c, yi, yo), parallel(yo), vectorize(x, 8));
    schedule(down, compute_at(out, yi), vectorize(x, 8));
    schedule(gray, store_at(out, yo), compute_at(out, yi), vectorize(x, 8));
}

Generator(levels) /* the shape of hist: scatter, scan, gather */
{
    Input(in, u8, 2);
    Output(out, u8, 2);
    Funcs(count, below);
    Vars(x, y, i);
    RDom(r, (min_coord(in, 0), extent(in, 0)), (min_coord(in, 1), extent(in, 1)));
    RDom(k, (1, 255));
    define(count(i) = u32(0));
    define(count(in(r.x, r.y)) += 1);
    define(below(i) = count(i));
    define(below(k) += below(k - 1));
    define(out(x, y) = u8(u64(below(in(x, y)))*255 / u64(below(255))));
}
Schedule(levels, cpu)
{
    Stages(out, count, below);
    Vars(x, y);
    schedule(count, compute_root());
    schedule(below, compute_root());
    schedule(out, parallel(y), vectorize(x, 8));
}

Generator(product) /* the shape of matmul: an update in registers */
{
    Input(a, f32, 2);
    Input(b, f32, 2);
    Output(c, f32, 2);
    Funcs(sum);
    Vars(x, y);
    RDom(k, (min_coord(a, 0), extent(a, 0)));
    define(sum(x, y) = 0.0f);
    define(sum(x, y) += a(k, y)*b(x, k));
    define(c(x, y) = sum(x, y));
}
Schedule(product, cpu)
{
    Stages(c, sum);
    Vars(x, y, xo, yo, xi, yi);
    schedule(c, tile(x, y, xo, yo, xi, yi, 16, 4), vectorize(xi), unroll(yi), parallel(yo));
    schedule(sum, compute_at(c, xo), vectorize(x, 16), unroll(y, 4));
}

static const struct program {
    const char *generator, *schedule;
} programs[] = {
    {"rows", NULL},   {"rows", "strips"}, {"rows", "tiles"},  {"sharpen", NULL},
    {"sharpen", "cpu"}, {"levels", "cpu"},  {"product", "cpu"},
};
enum { PROGRAMS = sizeof programs / sizeof programs[0] };

/* ---- compiling to bytes -------------------------------------------------------------------------------------- */

typedef struct bytes {
    char *at;
    size_t n;
} bytes;

static const char *const target_names[] = {"x86-64-linux-avx2", "arm-64-linux"};

static bool emit(cb_context *c, pipeline *p, const char *target, bytes *out)
{
    cg_target t;
    const char *near = NULL, *object;
    low_target lt;
    text lowered;
    size_t n = 0;
    volatile bool done = false;
    guard g;
    if (!guard_enter(&g, &c->esc))
        return false;
    low *L = NULL;
    if (!target_parse(target, &t, &near) && (p->plans.n || schedule_resolve(p))) {
        target_low(&t, &lt);
        L = low_run(p, &lt, NULL);
    }
    if (L) {
        text_init(&lowered, L->ctx->a);
        ir_print(L->ctx, &lowered, L->body);
        for (uint32_t i = 0; i < L->functions.n; i++)
            ir_print(L->ctx, &lowered, L->functions.at[i]->body);
        if (cg_llvm(L, &t, p->name, CG_OBJECT, &object, &n)) {
            out->n = n + lowered.n;
            out->at = malloc(out->n);
            memcpy(out->at, object, n);
            memcpy(out->at + n, text_str(&lowered), lowered.n);
            done = n > 0 && lowered.n > 0;
        }
        low_free(L);
    }
    guard_leave(&g, &c->esc);
    return done;
}

/* Built in c, which may have been used before. */
static bytes compiled_in(cb_context *c, const struct program *p, const char *target)
{
    bytes b = {NULL, 0};
    cb_pipeline made = cb_generate(c, CB_REGISTRY, p->generator, p->schedule, 0, NULL);
    if (!made.p || !emit(c, made.p, target, &b))
        b.n = 0;
    return b;
}

static bytes compiled(const struct program *p, const char *target)
{
    cb_context *c = cb_context_new(NULL);
    bytes b = compiled_in(c, p, target);
    cb_context_free(c);
    return b;
}

static bool same(bytes a, bytes b) { return a.n && a.n == b.n && memcmp(a.at, b.at, a.n) == 0; }

static void must_be_same(bytes *a, bytes *b, const struct program *p, const char *how)
{
    if (!same(*a, *b))
        fail_msg("%s %s: other bytes %s (%zu and %zu)", p->generator, p->schedule ? p->schedule : "",
                 how, a->n, b->n);
    free(b->at);
    *b = (bytes){NULL, 0};
}

static void compiled_again(void **state)
{
    (void)state;
    cb_context *used = cb_context_new(NULL);
    for (int i = 0; i < PROGRAMS; i++) {
        const char *target = target_names[i % 2];
        bytes first = compiled(&programs[i], target), b;
        b = compiled(&programs[i], target);
        must_be_same(&first, &b, &programs[i], "the second time");
        b = compiled_in(used, &programs[i], target);
        must_be_same(&first, &b, &programs[i], "after other work");
        b = compiled_in(used, &programs[i], target);
        must_be_same(&first, &b, &programs[i], "again in the same context");
        free(first.at);
    }
    cb_context_free(used);
}

/* One pipeline, compiled twice. */
static void one_pipeline_twice(void **state)
{
    (void)state;
    cb_context *c = cb_context_new(NULL);
    cb_pipeline p = cb_generate(c, CB_REGISTRY, "sharpen", "cpu", 0, NULL);
    bytes a = {NULL, 0}, b = {NULL, 0};
    assert_non_null(p.p);
    assert_true(emit(c, p.p, target_names[0], &a));
    assert_true(emit(c, p.p, target_names[0], &b));
    must_be_same(&a, &b, &programs[4], "from one pipeline");
    free(a.at);
    cb_context_free(c);
}

/* What is compared is able to differ. */
static void schedules_differ(void **state)
{
    (void)state;
    bytes a = compiled(&programs[1], target_names[0]), b = compiled(&programs[2], target_names[0]);
    assert_true(a.n && b.n && !same(a, b));
    free(a.at);
    free(b.at);
}

/* ---- threads ------------------------------------------------------------------------------------------------- */

enum { THREADS = 3 };

typedef struct worker {
    int number;
    bytes got[PROGRAMS];
    const char *wrong;
} worker;

static void *compile_all(void *arg)
{
    worker *w = arg;
    for (int i = 0; i < PROGRAMS; i++) {
        int k = (i + w->number * 3) % PROGRAMS; /* different ones at the same time, and now and then the same */
        w->got[k] = compiled(&programs[k], target_names[0]);
    }
    return NULL;
}

static void in_threads(void **state)
{
    (void)state;
    worker w[THREADS] = {0};
    pthread_t t[THREADS];
    for (int i = 0; i < THREADS; i++) {
        w[i].number = i;
        assert_int_equal(pthread_create(&t[i], NULL, compile_all, &w[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    for (int k = 0; k < PROGRAMS; k++) {
        bytes alone = compiled(&programs[k], target_names[0]);
        for (int i = 0; i < THREADS; i++)
            must_be_same(&alone, &w[i].got[k], &programs[k], "in a thread");
        free(alone.at);
    }
}

/* Thread n: out(x, y) = the difference of two rows of (in(x, y)*(n + 2) + in(x + 2, y)), in a schedule of its own. */
static const char *runs(int n, int round)
{
    enum { W = 67, H = 21, ROW = W + 2 };
    const bool avx2 = target_host().features & FEATURE_AVX2;
    const char *wrong = NULL;
    cb_context *c = cb_context_new(NULL);
    cb_buffer *in = cb_buffer_new(c, CB_i32, 2, (const int32_t[]){ROW, H + 2});
    cb_buffer *out = cb_buffer_new(NULL, CB_i32, 2, (const int32_t[]){W, H});
    int32_t *from = in->host, *to = out->host;
    cb_callable k = {NULL};
    for (int i = 0; i < ROW * (H + 2); i++)
        from[i] = (i * 37 + n * 11 + round) % 251;
    Carbide(c)
    {
        Input(source, i32, 2);
        Funcs(f, g);
        Vars(x, y, yo, yi);
        Expr factor = CB_E(n + 2);
        define_with((factor), g(x, y) = source(x, y)*factor + source(x + 2, y));
        define(f(x, y) = g(x, y) - g(x, y + 2));
        if (n % 3 == 0) {
            schedule(f, split(y, yo, yi, 4), parallel(yo), vectorize(x, 8));
            schedule(g, store_at(f, yo), compute_at(f, yi), vectorize(x, 8));
        } else if (n % 3 == 1) {
            schedule(f, parallel(y), vectorize(x, 4));
            schedule(g, compute_root(), parallel(y));
        }
        k = compile(f, avx2 ? "x86-64-linux-avx2" : "host");
    }
    cb_context_free(c); /* code does not need its context */
    void *args[] = {in, out};
    if (!k.p || cb_call_argv(k, NULL, args))
        wrong = "no code, or an error of its";
    for (int i = 0; i < W * H && !wrong; i++) {
        const int32_t *a = from + i / W * ROW + i % W, *b = a + 2 * ROW;
        if (to[i] != a[0] * (n + 2) + a[2] - (b[0] * (n + 2) + b[2]))
            wrong = "another value";
    }
    cb_callable_free(k);
    cb_buffer_free(in);
    cb_buffer_free(out);
    return wrong;
}

static void *run_some(void *arg)
{
    worker *w = arg;
    for (int round = 0; round < 3 && !w->wrong; round++)
        w->wrong = runs(w->number, round);
    return NULL;
}

static void run_in_threads(void **state)
{
    (void)state;
    worker w[THREADS] = {0};
    pthread_t t[THREADS];
    for (int i = 0; i < THREADS; i++) {
        w[i].number = i;
        assert_int_equal(pthread_create(&t[i], NULL, run_some, &w[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    for (int i = 0; i < THREADS; i++)
        if (w[i].wrong)
            fail_msg("thread %d: %s", i, w[i].wrong);
}

/* ---- other processes ----------------------------------------------------------------------------------------- */

/* Run as "test_determinism emit I": writes the bytes of program I to its output. */
static int emit_to_stdout(const char *which)
{
    bytes b = compiled(&programs[atoi(which) % PROGRAMS], target_names[0]);
    bool ok = b.n && fwrite(b.at, 1, b.n, stdout) == b.n;
    free(b.at);
    return ok ? 0 : 1;
}

static bytes from_another_process(int i)
{
    char which[16], part[4096];
    bytes b = {NULL, 0};
    int ends[2], status = 0;
    snprintf(which, sizeof which, "%d", i);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        execl("/proc/self/exe", "test_determinism", "emit", which, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    for (ssize_t n; (n = read(ends[0], part, sizeof part)) > 0;) {
        b.at = realloc(b.at, b.n + (size_t)n);
        memcpy(b.at + b.n, part, (size_t)n);
        b.n += (size_t)n;
    }
    close(ends[0]);
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    return b;
}

static void in_processes(void **state)
{
    (void)state;
    for (int i = 1; i < PROGRAMS; i += 2) {
        bytes here = compiled(&programs[i], target_names[0]), there = from_another_process(i);
        must_be_same(&here, &there, &programs[i], "in another process");
        free(here.at);
    }
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "emit") == 0)
        return emit_to_stdout(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compiled_again), cmocka_unit_test(one_pipeline_twice), cmocka_unit_test(schedules_differ),
        cmocka_unit_test(in_threads),     cmocka_unit_test(run_in_threads),     cmocka_unit_test(in_processes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
