/* tests/unit/test_lower.c: the whole of lowering. What it makes of a program and a schedule, run
 * statement by statement, is what the definitions say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stmt_eval.h"

#include <carbide/dsl.h>

static char messages[8192];

static void sink(void *user, const cb_message *m)
{
    (void)user;
    strncat(messages, m->rendered, sizeof messages - strlen(messages) - 1);
}

static cb_context *context(void)
{
    messages[0] = 0;
    return cb_context_new(&(cb_options){.size = sizeof(cb_options), .sink = sink});
}

/* ---- programs -------------------------------------------------------------------------------- */

typedef pipeline *program(cb_context *c);

static pipeline *blur(cb_context *c)
{
    pipeline *p = NULL;
    Carbide(c)
    {
        Input(in, u16, 2);
        Output(out, u16, 2);
        Funcs(blur_x);
        Vars(x, y);
        define(blur_x(x, y) = (in(x - 1, y) + in(x, y) + in(x + 1, y)) / 3);
        define(out(x, y) = (blur_x(x, y - 1) + blur_x(x, y) + blur_x(x, y + 1)) / 3);
        p = pipeline_new(c, "blur", (cb_func_s *[]){out.p}, 1);
    }
    return p;
}

/* Edges repeated: min and max marked likely. */
static pipeline *edges(cb_context *c)
{
    pipeline *p = NULL;
    Carbide(c)
    {
        Input(in, i32, 2);
        Output(out, i32, 2);
        Funcs(inner);
        Vars(x, y);
        repeat_edge(inner, in);
        define(out(x, y) = inner(x - 2, y) + 3 * inner(x + 1, y + 1) - inner(x, y - 1));
        p = pipeline_new(c, "edges", (cb_func_s *[]){out.p}, 1);
    }
    return p;
}

/* A histogram and a running sum. */
static pipeline *hist(cb_context *c)
{
    pipeline *p = NULL;
    Carbide(c)
    {
        Input(in, u8, 2);
        Output(out, i32, 1);
        Funcs(h, sum);
        Vars(i);
        RDom(r, (0, extent(in, 0)), (0, extent(in, 1)));
        RDom(q, (1, 255));
        define(h(i) = 0);
        define(h(in(r.x, r.y)) += 1);
        define(sum(i) = h(i));
        define(sum(q) = sum(q - 1) + h(q));
        define(out(i) = sum(clamp(i, 0, 255)) * 2);
        p = pipeline_new(c, "hist", (cb_func_s *[]){out.p}, 1);
    }
    return p;
}

/* ---- running --------------------------------------------------------------------------------- */

enum { MAX_BUFFERS = 4 };

typedef struct storage {
    cb_buffer b;
    cb_dim dim[2];
    unsigned char *bytes;
    size_t n;
} storage;

/* A buffer of the given region; rows are padded, and what lies outside is a pattern. */
static void make_buffer(storage *s, cb_type t, int rank, const cb_dim *region, unsigned seed)
{
    int64_t elements = 1;
    memset(s, 0, sizeof *s);
    for (int d = 0; d < rank; d++) {
        s->dim[d] = (cb_dim){region[d].min, region[d].extent, elements};
        elements *= (region[d].extent > 0 ? region[d].extent : 0) + 3;
    }
    s->n = (size_t)elements * type_bytes(t) + 16;
    s->bytes = malloc(s->n);
    for (size_t i = 0; i < s->n; i++) s->bytes[i] = (unsigned char)((seed += 0x9e3779b9u) >> 24);
    s->b = (cb_buffer){.size = sizeof s->b,
                       .version = CB_BUFFER_VERSION,
                       .host = s->bytes,
                       .type = t,
                       .rank = rank,
                       .dim = s->dim};
}

static void run_lowered(low *L, cb_buffer **in, cb_buffer **out, bool backwards, const char *what)
{
    stmt_eval *E = stmt_eval_new(L->ctx);
    E->functions = L->functions.at;
    E->nfunctions = L->functions.n;
    E->backwards = backwards;
    for (uint32_t i = 0; i < L->inputs.n; i++)
        stmt_eval_argument(E, L->inputs.at[i]->buffer[0], in[i]);
    for (uint32_t i = 0; i < L->outputs.n; i++)
        stmt_eval_argument(E, L->outputs.at[i]->buffer[0], out[i]);
    int code = stmt_eval_run(E, L->body);
    if (code) fail_msg("%s: code %d: %s", what, code, E->why);
    stmt_eval_free(E);
}

/* Asks the lowered pipeline which region of its input it needs. */
static void query(low *L, cb_buffer *in, cb_buffer *out)
{
    void *host = out->host;
    in->host = NULL;
    run_lowered(L, &in, &out, false, "query");
    out->host = host;
}

/* Lowers with the schedule and compares with the definitions for an output region. */
static void compare(pipeline *p, low *L, const cb_dim *region, const char *sched)
{
    cb_func_s *fi = p->inputs.at[0], *fo = p->outputs.at[0];
    storage in, want, have;
    char what[512];
    cb_dim wish[2] = {{0, 0, 0}, {0, 0, 0}};
    snprintf(what, sizeof what, "[%s] over (%d + %d) x (%d + %d)", sched, region[0].min,
             region[0].extent, region[1].min, region[1].extent);
    make_buffer(&want, fo->types[0], (int)fo->rank, region, 7);
    make_buffer(&have, fo->types[0], (int)fo->rank, region, 7);
    cb_buffer q = {.size = sizeof q,
                   .version = CB_BUFFER_VERSION,
                   .type = fi->types[0],
                   .rank = (int)fi->rank,
                   .dim = wish};
    if (strcmp(p->name, "blur") == 0) query(L, &q, &have.b);
    else wish[0] = (cb_dim){-1, 9, 0}, wish[1] = (cb_dim){2, 5, 0};
    make_buffer(&in, fi->types[0], (int)fi->rank, wish, 99);
    interp_report report = {0};
    interp_args args = {.inputs = (const cb_buffer *[]){&in.b}, .outputs = (cb_buffer *[]){&want.b}};
    if (strcmp(p->name, "hist") == 0) in.b.dim[0].min = in.b.dim[1].min = 0;
    assert_int_equal(interp_run(p, &args, &report), 0);
    assert_false(report.out_of_bounds);
    for (int back = 0; back < 2; back++) {
        run_lowered(L, (cb_buffer *[]){&in.b}, (cb_buffer *[]){&have.b}, back, what);
        if (memcmp(want.bytes, have.bytes, want.n) != 0) {
            size_t i = 0;
            while (want.bytes[i] == have.bytes[i]) i++;
            fail_msg("%s: byte %zu differs", what, i);
        }
    }
    free(in.bytes);
    free(want.bytes);
    free(have.bytes);
}

static low *lowered(cb_context *c, pipeline *p, const char *sched, const char *until)
{
    if (!p) fail_msg("the program was refused: %s", messages);
    p->sched = schedule_read(c, sched, "test.sched");
    if (!p->sched || !schedule_resolve(p)) fail_msg("[%s]: %s", sched, messages);
    low_target t = {.vector_bytes = 32, .masked_memory = {true, true, true, true}};
    low *L = low_run(p, &t, until);
    if (!L) fail_msg("[%s]: %s", sched, messages);
    return L;
}

static void check(program *make, const char *const *scheds, size_t n, const int *widths,
                  size_t nwidths)
{
    for (size_t i = 0; i < n; i++) {
        cb_context *c = context();
        pipeline *p = make(c);
        low *L = lowered(c, p, scheds[i], NULL);
        for (size_t k = 0; k < nwidths; k++) {
            compare(p, L, (cb_dim[]){{0, widths[k], 0}, {0, widths[(k + 3) % nwidths], 0}},
                    scheds[i]);
            compare(p, L, (cb_dim[]){{-7, widths[k], 0}, {11, widths[(k * 3 + 1) % nwidths], 0}},
                    scheds[i]);
        }
        low_free(L);
        cb_context_free(c);
    }
}

static const int some_widths[] = {0, 1, 7, 8, 9, 16, 31, 33};

static void blurs(void **state)
{
    (void)state;
    static const char *const scheds[] = {
        "",
        "blur_x compute_root()\n",
        "out vectorize(x, 8)\n",
        "out split(x, xo, xi, 8, shift_inwards), vectorize(xi)\nblur_x compute_at(out, xo), "
        "vectorize(x, 4)\n",
        "out split(y, yo, yi, 8), parallel(yo), vectorize(x, 8)\nblur_x store_at(out, yo), "
        "compute_at(out, yi), vectorize(x, 8)\n",
        "out split(y, yo, yi, 4), unroll(yi), vectorize(x, 4)\nblur_x compute_at(out, yo), "
        "vectorize(x, 4)\n",
        "out tile(x, y, xo, yo, xi, yi, 8, 4), vectorize(xi), unroll(yi, 2), fuse(yo, xo, t), "
        "parallel(t)\nblur_x compute_at(out, t), vectorize(x, 8)\n",
        "out tile(x, y, xo, yo, xi, yi, 4, 4), vectorize(xi), vectorize(yi)\nblur_x "
        "compute_at(out, xo), vectorize(x, 4)\n",
        "blur_x compute_root(), parallel(y), vectorize(x, 8, shift_inwards)\nout split(x, xo, xi, "
        "16), split(xi, xm, xv, 4), vectorize(xv), unroll(xm)\n",
    };
    check(blur, scheds, COUNT_OF(scheds), some_widths, COUNT_OF(some_widths));
}

static void repeated_edges(void **state)
{
    (void)state;
    static const char *const scheds[] = {
        "",
        "out vectorize(x, 8)\n",
        "out parallel(y), vectorize(x, 4)\n",
        "inner compute_root(), vectorize(x, 8)\nout vectorize(x, 8, shift_inwards)\n",
        ("out tile(x, y, xo, yo, xi, yi, 8, 2), vectorize(xi), parallel(yo)\n"
         "inner compute_at(out, xo)\n"),
    };
    check(edges, scheds, COUNT_OF(scheds), some_widths, COUNT_OF(some_widths));
}

static void histograms(void **state)
{
    (void)state;
    static const char *const scheds[] = {
        "h compute_root()\nsum compute_root()\n",
        ("h compute_root(), vectorize(i, 8)\nsum compute_root(), vectorize(i, 4)\n"
         "out vectorize(i, 8)\n"),
        "h compute_root(), parallel(i)\nsum compute_root(), unroll(i, 3)\nout parallel(i)\n",
    };
    check(hist, scheds, COUNT_OF(scheds), some_widths, COUNT_OF(some_widths));
}

/* ---- the driver ------------------------------------------------------------------------------ */

static const char *const fast =
    "out split(y, yo, yi, 8), parallel(yo), vectorize(x, 8)\n"
    "blur_x store_at(out, yo), compute_at(out, yi), vectorize(x, 8)\n";

static void until_each_pass(void **state)
{
    (void)state;
    cb_context *c = context();
    pipeline *p = blur(c);
    for (unsigned i = 0; i < low_npasses; i++) {
        low *L = lowered(c, p, fast, low_passes[i].name);
        const char *wrong = L->body ? ir_verify(L->ctx, L->body, NULL) : NULL;
        if (wrong && !L->functions.n) fail_msg("after %s: %s", low_passes[i].name, wrong);
        low_free(L);
    }
    assert_null(low_run(p, NULL, "vectorise"));
    assert_non_null(strstr(messages, "no-such-pass"));
    assert_non_null(strstr(messages, "did you mean 'vectorize'?"));
    cb_context_free(c);
}

/* Each pass's needs are given by a pass before it. */
static void contracts_of_passes(void **state)
{
    (void)state;
    unsigned have = 0;
    for (unsigned i = 0; i < low_npasses; i++) {
        assert_int_equal(low_passes[i].needs & ~have, 0);
        have = (have | low_passes[i].gives) & ~low_passes[i].breaks;
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(low_passes[k].name, low_passes[i].name);
    }
    assert_int_equal(have & (LOW_FLAT | LOW_VECTOR | LOW_CLOSED),
                     LOW_FLAT | LOW_VECTOR | LOW_CLOSED);
}

static void expectations(void **state)
{
    (void)state;
    cb_context *c = context();
    pipeline *p = blur(c);
    const char *good =
        "out vectorize(x, 8)\nblur_x compute_root(), unroll(y, 2), vectorize(x, 16)\n"
        "expect vectorized(out, 8), vectorized(blur_x, 16)\n";
    low_free(lowered(c, p, good, NULL));
    p->sched = schedule_read(c,
                             "out vectorize(x, 8)\nblur_x compute_root()\nexpect vectorized(out, "
                             "4), vectorized(blur_x, 8)\n",
                             "test.sched");
    assert_true(schedule_resolve(p));
    assert_null(low_run(p, NULL, NULL));
    assert_non_null(strstr(messages, "test.sched:3"));
    assert_non_null(strstr(
        messages,
        "error[contract-broken]: 'out' was expected to store 4 lanes at a time, but stores 8"));
    assert_non_null(strstr(
        messages,
        "error[contract-broken]: 'blur_x' was expected to store 8 lanes at a time, but stores 1"));
    cb_context_free(c);
}

/* The nest as a person reads it. */
static void printed_nest(void **state)
{
    (void)state;
    cb_context *c = context();
    low *L = lowered(c, blur(c), fast, "loops");
    text t;
    text_init(&t, c->a);
    low_print_nest(&t, L);
    low_free(L);
    if (getenv("CARBIDE_TEST_PRINT")) puts(text_str(&t));
    assert_non_null(
        strstr(text_str(&t),
               "produce out:\n  parallel yo:\n    store blur_x:\n      for yi in [0, 7]:\n"));
    assert_non_null(strstr(text_str(&t), "produce blur_x:\n"));
    assert_non_null(strstr(text_str(&t), "in [0, 7]:\n"));
    cb_context_free(c);
}

/* The same program twice: the same text, whatever was lowered before. */
static void deterministic(void **state)
{
    (void)state;
    cb_context *c = context();
    pipeline *p = blur(c);
    text t[2];
    for (int i = 0; i < 2; i++) {
        low *L = lowered(c, p, fast, NULL);
        text inner;
        text_init(&inner, L->ctx->a);
        ir_write(L->ctx, &inner, L->body);
        text_init(&t[i], c->a);
        text_put(&t[i], text_str(&inner));
        low_free(L);
    }
    assert_string_equal(text_str(&t[0]), text_str(&t[1]));
    cb_context_free(c);
}

/* Memory that runs out anywhere gives NULL and leaves nothing behind. */
typedef struct hungry {
    long left, live;
} hungry;
static void *hungry_alloc(void *user, size_t n)
{
    hungry *h = user;
    if (h->left-- <= 0) return NULL;
    h->live++;
    return malloc(n);
}
static void hungry_free(void *user, void *p)
{
    hungry *h = user;
    if (p) h->live--;
    free(p);
}
static void out_of_memory(void **state)
{
    (void)state;
    hungry h = {.left = 1 << 30};
    cb_context *c = cb_context_new(&(cb_options){
        .size = sizeof(cb_options), .sink = sink, .allocator = {hungry_alloc, hungry_free, &h}});
    pipeline *p = blur(c);
    p->sched = schedule_read(c, fast, "test.sched");
    assert_true(schedule_resolve(p));
    low *L = NULL;
    int failures = 0;
    for (long n = 0; !L && n < 10000; n += 1 + n / 8) {
        long live = h.live;
        h.left = n;
        L = low_run(p, NULL, NULL);
        h.left = 1 << 30;
        if (L) break;
        failures++;
        assert_in_range(h.live, live, live + 4); /* the caller's context may have grown a little */
    }
    assert_non_null(L);
    assert_in_range(failures, 3, 10000);
    low_free(L);
    cb_context_free(c);
    assert_int_equal(h.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contracts_of_passes),
        cmocka_unit_test(until_each_pass),
        cmocka_unit_test(blurs),
        cmocka_unit_test(repeated_edges),
        cmocka_unit_test(histograms),
        cmocka_unit_test(expectations),
        cmocka_unit_test(printed_nest),
        cmocka_unit_test(deterministic),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
