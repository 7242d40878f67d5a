/* tests/unit/test_interp.c: the reference interpreter, against values worked out by hand or by
 * plain C. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "../../dsl/front.h"

#include <carbide/dsl.h>

/* ---- a context that keeps its messages ---- */

typedef struct log {
    char text[4096];
} log_t;

static void keep(void *user, const cb_message *m)
{
    log_t *l = user;
    strncat(l->text, m->rendered, sizeof l->text - strlen(l->text) - 1);
}

static cb_context *new_context(log_t *l)
{
    l->text[0] = 0;
    cb_options o = {.size = sizeof o, .sink = keep, .sink_user = l};
    return cb_context_new(&o);
}

/* Runs the Func over [mins, mins + extents) with at most one input. */
typedef struct run {
    int code;
    interp_report report;
} run;

static run run_outputs(cb_context *c, cb_func f, const cb_buffer *in, cb_buffer *const *outs,
                       const ir_value *params)
{
    run r = {.code = -1};
    guard g;
    pipeline *volatile p = NULL;
    if (guard_enter(&g, &c->esc)) {
        p = pipeline_new(c, "test", &f.p, 1);
        guard_leave(&g, &c->esc);
    }
    assert_non_null(p);
    const cb_buffer *inputs[] = {in};
    interp_args args = {.inputs = inputs, .params = params, .outputs = outs};
    r.code = interp_run(p, &args, &r.report);
    return r;
}

static run run_i32(cb_context *c, cb_func f, const cb_buffer *in, int32_t *data, int rank,
                   const cb_dim *dims)
{
    cb_dim d[4];
    if (rank)
        memcpy(d, dims, (size_t)rank * sizeof *d);
    int64_t stride = 1;
    for (int k = 0; k < rank; k++) {
        d[k].stride = stride;
        stride *= d[k].extent;
    }
    cb_buffer b = {.size = sizeof b,
                   .version = CB_BUFFER_VERSION,
                   .host = data,
                   .type = CB_i32,
                   .rank = rank,
                   .dim = d};
    cb_buffer *outs[] = {&b};
    return run_outputs(c, f, in, outs, NULL);
}

/* ---- tests ---- */

static void test_stencil(void **state)
{
    (void)state;
    log_t l;
    cb_context *c = new_context(&l);
    uint16_t pixels[9 * 7];
    for (int i = 0; i < 9 * 7; i++)
        pixels[i] = (uint16_t)(i * 7919);
    cb_dim dims[] = {{-1, 9, 1}, {-1, 7, 9}};
    cb_buffer in_b = {
        .size = sizeof in_b, .version = 1, .host = pixels, .type = CB_u16, .rank = 2, .dim = dims};
    Carbide (c) {
        Input(in, u16, 2);
        Funcs(bx, out);
        Vars(x, y);
        define(bx(x, y) = (in(x - 1, y) + in(x, y) + in(x + 1, y)) / 3);
        define(out(x, y) = cast(i32, (bx(x, y - 1) + bx(x, y) + bx(x, y + 1)) / 3));
        int32_t got[7 * 5];
        run r = run_i32(c, out, &in_b, got, 2, (cb_dim[]){{0, 7, 0}, {0, 5, 0}});
        assert_int_equal(r.code, 0);
        assert_false(r.report.overflow);
        assert_int_equal(r.report.points, 7 * 5 + 7 * 7);
        for (int j = 0; j < 5; j++) {
            for (int i = 0; i < 7; i++) {
                uint16_t sum = 0;
                for (int k = 0; k < 3; k++) {
                    const uint16_t *p = pixels + (j + k) * 9 + i;
                    uint16_t row = (uint16_t)(p[0] + p[1] + p[2]);
                    sum = (uint16_t)(sum + row / 3);
                }
                assert_int_equal(got[j * 7 + i], sum / 3);
            }
        }
        /* One column too many */
        int32_t wide[8];
        r = run_i32(c, out, &in_b, wide, 2, (cb_dim[]){{0, 8, 0}, {0, 1, 0}});
        assert_int_equal(r.code, CB_ERR_OUT_OF_BOUNDS);
        assert_true(r.report.out_of_bounds);
        assert_string_equal(r.report.where, "in(8, 1)");
        assert_non_null(strstr(l.text, "error[input-bounds]: in(8, 1) is outside"));
        /* Nothing to do */
        assert_int_equal(run_i32(c, out, &in_b, wide, 2, (cb_dim[]){{0, 0, 0}, {0, 9, 0}}).code, 0);
    }
    cb_context_free(c);
}

static void test_histogram(void **state)
{
    (void)state;
    log_t l;
    cb_context *c = new_context(&l);
    int32_t data[40], want[8] = {0}, got[8], sums[8];
    for (int i = 0; i < 40; i++) {
        data[i] = i * i % 8;
        want[data[i]]++;
    }
    cb_dim dims[] = {{0, 40, 1}};
    cb_buffer in_b = {
        .size = sizeof in_b, .version = 1, .host = data, .type = CB_i32, .rank = 1, .dim = dims};
    Carbide (c) {
        Input(in, i32, 1);
        Funcs(hist, scan);
        Vars(x);
        RDom(r, (0, 40));
        RDom(s, (1, 7));
        define(hist(x) = 0);
        define(hist(in(r)) += 1);
        define(scan(x) = hist(x));
        define(scan(s) += scan(s - 1)); /* reads what the same slice wrote */
        assert_int_equal(run_i32(c, hist, &in_b, got, 1, (cb_dim[]){{0, 8, 0}}).code, 0);
        assert_memory_equal(got, want, sizeof got);
        assert_int_equal(run_i32(c, scan, &in_b, sums, 1, (cb_dim[]){{0, 8, 0}}).code, 0);
        for (int i = 1; i < 8; i++)
            want[i] += want[i - 1];
        assert_memory_equal(sums, want, sizeof sums);
    }
    cb_context_free(c);
}

static void test_matmul_and_order(void **state)
{
    (void)state;
    log_t l;
    cb_context *c = new_context(&l);
    Carbide (c) {
        Funcs(a, b, m, digits);
        Vars(x, y);
        RDom(k, (0, 5));
        RDom(r, (0, 2), (0, 2));
        define(a(x, y) = 3 * x - y);
        define(b(x, y) = x + 2 * y);
        define(m(x, y) = 0);
        define(m(x, y) += a(k, y) * b(x, k));
        int32_t got[4 * 3];
        run res = run_i32(c, m, NULL, got, 2, (cb_dim[]){{0, 4, 0}, {-1, 3, 0}});
        assert_int_equal(res.code, 0);
        for (int y_ = -1; y_ < 2; y_++) {
            for (int x_ = 0; x_ < 4; x_++) {
                int sum = 0;
                for (int i = 0; i < 5; i++)
                    sum += (3 * i - y_) * (x_ + 2 * i);
                assert_int_equal(got[(y_ + 1) * 4 + x_], sum);
            }
        }
        /* dimension 0 is innermost: digits of (x, y) = 00, 10, 01, 11 */
        define(digits() = 0);
        define(digits() = digits() * 100 + r.x * 10 + r.y);
        assert_int_equal(run_i32(c, digits, NULL, got, 0, NULL).code, 0);
        assert_int_equal(got[0], 100111);
    }
    assert_string_equal(l.text, "");
    cb_context_free(c);
}

static void test_lazy_where(void **state)
{
    (void)state;
    log_t l;
    cb_context *c = new_context(&l);
    int32_t data[] = {1, 2, 3};
    cb_dim dims[] = {{0, 3, 1}};
    cb_buffer in_b = {
        .size = sizeof in_b, .version = 1, .host = data, .type = CB_i32, .rank = 1, .dim = dims};
    Carbide (c) {
        Input(in, i32, 1);
        Funcs(f, g, n);
        Vars(x);
        RDom(r, (-5, 20));
        where(r, r >= 0 && r < 3);
        define(f(x) = 100);
        define(f(x) += in(r)*x); /* in(-5) is never read */
        int32_t got[2];
        assert_int_equal(run_i32(c, f, &in_b, got, 1, (cb_dim[]){{1, 2, 0}}).code, 0);
        assert_int_equal(got[0], 106);
        assert_int_equal(got[1], 112);
        /* bounds that call a Func, down to none */
        define(n() = 2);
        RDom(s, (0, at(n)));
        RDom(t, (0, neg(at(n))));
        define(g(x) = x);
        define(g(s) = 7);
        define(g(t) = 9);
        int32_t four[4];
        assert_int_equal(run_i32(c, g, NULL, four, 1, (cb_dim[]){{0, 4, 0}}).code, 0);
        assert_memory_equal(four, ((int32_t[]){7, 7, 2, 3}), sizeof four);
        /* select is eager */
        Funcs(e);
        define(e(x) = select(x < 3, in(x), 0));
        run res = run_i32(c, e, &in_b, four, 1, (cb_dim[]){{0, 4, 0}});
        assert_true(res.report.out_of_bounds);
        assert_string_equal(res.report.where, "in(3)");
    }
    cb_context_free(c);
}

static void test_tuples(void **state)
{
    (void)state;
    log_t l;
    cb_context *c = new_context(&l);
    Carbide (c) {
        Funcs(f);
        Vars(x);
        RDom(r, (0, 3));
        define(f(x) = (x, cast(u8, 1)));
        define(f(x) = (f(x)[0] * 2, cast(u8, f(x)[0]))); /* the second sees the old first */
        define(f(r) = (f(r)[0] + r, f(r)[1] + cast(u8, r)));
        int32_t a[5];
        uint8_t b[5];
        cb_dim da[] = {{0, 5, 1}}, db[] = {{4, 5, -1}};
        db[0].min = 0;
        cb_buffer ba = {
            .size = sizeof ba, .version = 1, .host = a, .type = CB_i32, .rank = 1, .dim = da};
        cb_buffer bb = {
            .size = sizeof bb, .version = 1, .host = b + 4, .type = CB_u8, .rank = 1, .dim = db};
        cb_buffer *outs[] = {&ba, &bb};
        run res = run_outputs(c, f, NULL, outs, NULL);
        assert_int_equal(res.code, 0);
        assert_memory_equal(a, ((int32_t[]){0, 3, 6, 6, 8}), sizeof a);
        assert_memory_equal(b, ((uint8_t[]){4, 3, 4, 2, 0}), sizeof b); /* stored backwards */
        bb.type = CB_i8;
        assert_int_equal(run_outputs(c, f, NULL, outs, NULL).code, CB_ERR_BAD_TYPE);
        assert_non_null(
            strstr(l.text, "error[interp-buffer]: the buffer of 'f' has another element type"));
    }
    cb_context_free(c);
}

static void test_overflow(void **state)
{
    (void)state;
    log_t l;
    cb_context *c = new_context(&l);
    Carbide (c) {
        Funcs(f, g, h);
        Vars(x, y);
        RDom(r, (0, 40));
        define(f(x, y) = 2147483640 + x + y);
        define(g(x, y) = f(x, y) / 2);
        int32_t got[40];
        run res = run_i32(c, g, NULL, got, 2, (cb_dim[]){{0, 4, 0}, {0, 4, 0}});
        assert_int_equal(res.code, 0);
        assert_false(res.report.overflow);
        res = run_i32(c, g, NULL, got, 2, (cb_dim[]){{3, 4, 0}, {4, 2, 0}});
        assert_true(res.report.overflow);
        assert_string_equal(res.report.where, "f(4, 4)");
        define(h(x) = 1);
        define(h(r + 1) = h(r) * 2);
        res = run_i32(c, h, NULL, got, 1, (cb_dim[]){{0, 40, 0}});
        assert_true(res.report.overflow);
        assert_string_equal(res.report.where, "h(31)");
        assert_int_equal(got[30], 1 << 30);
    }
    cb_context_free(c);
}

static void test_long_chain(void **state)
{
    (void)state;
    log_t l;
    cb_context *c = new_context(&l);
    enum { N = 1000 };
    Carbide (c) {
        Vars(x);
        FuncArray(f, N);
        define(f[0], (x), mod(x, 7));
        for (int i = 1; i < N; i++)
            define(f[i], (x), mod(add(at(f[i - 1], sub(x, 1)), at(f[i - 1], x)), 1000));
        int32_t got[3], want[N + 3];
        run res = run_i32(c, f[N - 1], NULL, got, 1, (cb_dim[]){{N, 3, 0}});
        assert_int_equal(res.code, 0);
        for (int i = 0; i < N + 3; i++)
            want[i] = i % 7;
        for (int k = 1; k < N; k++)
            for (int i = N + 2; i >= k; i--)
                want[i] = (want[i] + want[i - 1]) % 1000;
        assert_memory_equal(got, want + N, sizeof got);
    }
    assert_string_equal(l.text, "");
    cb_context_free(c);
}

/* One definition that is a sum of 10,000 terms. */
static void test_long_sum(void **state)
{
    (void)state;
    log_t l;
    cb_context *c = new_context(&l);
    Carbide (c) {
        Vars(x);
        Funcs(f, g);
        define(f(x) = x % 5);
        Expr e = E(f(x));
        for (int i = 1; i < 10000; i++)
            e = add(e, at(f, add(x, i)));
        define(g, (x), e);
        int32_t got[2];
        assert_int_equal(run_i32(c, g, NULL, got, 1, (cb_dim[]){{0, 2, 0}}).code, 0);
        assert_int_equal(got[0], 20000);
        assert_int_equal(got[1], 20000);
    }
    assert_string_equal(l.text, "");
    cb_context_free(c);
}

/* Edges, parameters, and a buffer whose origin is elsewhere. */
static void test_edges_and_params(void **state)
{
    (void)state;
    log_t l;
    cb_context *c = new_context(&l);
    int32_t data[] = {10, 20, 30};
    cb_dim dims[] = {{5, 3, 1}};
    cb_buffer in_b = {
        .size = sizeof in_b, .version = 1, .host = data, .type = CB_i32, .rank = 1, .dim = dims};
    Carbide (c) {
        Input(in, i32, 1);
        Param(k, i32, 3);
        Funcs(edge, f);
        Vars(x);
        repeat_edge(edge, in);
        define(f(x) = edge(x) * k);
        int32_t got[6];
        cb_dim d[] = {{3, 6, 1}};
        cb_buffer b = {
            .size = sizeof b, .version = 1, .host = got, .type = CB_i32, .rank = 1, .dim = d};
        cb_buffer *outs[] = {&b};
        ir_value k_value = {.i = -2};
        assert_int_equal(run_outputs(c, f, &in_b, outs, &k_value).code, 0);
        assert_memory_equal(got, ((int32_t[]){-20, -20, -20, -40, -60, -60}), sizeof got);
    }
    assert_string_equal(l.text, "");
    cb_context_free(c);
}

/* With too little memory: a code, a message, and nothing leaked. */
typedef struct budget {
    size_t left;
    int live;
} budget;

static void *budget_alloc(void *user, size_t bytes)
{
    budget *b = user;
    void *p = bytes <= b->left ? malloc(bytes) : NULL;
    if (p) {
        b->left -= bytes;
        b->live++;
    }
    return p;
}

static void budget_free(void *user, void *p)
{
    ((budget *)user)->live -= p != NULL;
    free(p);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    log_t l = {""};
    budget b = {64 << 20, 0};
    cb_options o = {.size = sizeof o,
                    .allocator = {budget_alloc, budget_free, &b},
                    .sink = keep,
                    .sink_user = &l};
    cb_context *c = cb_context_new(&o);
    Carbide (c) {
        Funcs(f, g);
        Vars(x);
        define(f(x) = x * 2);
        define(g(x) = f(x) + 1);
        static int32_t got[20000];
        run res = run_i32(c, g, NULL, got, 1, (cb_dim[]){{0, 20000, 0}});
        assert_int_equal(res.code, 0);
        assert_int_equal(got[19999], 39999);
        int live = b.live;
        b.left = 100000;
        res = run_i32(c, g, NULL, got, 1, (cb_dim[]){{0, 20000, 0}});
        assert_int_equal(res.code, CB_ERR_OUT_OF_MEMORY);
        assert_non_null(strstr(l.text, "memory ran out"));
        assert_true(b.live <= live + 2); /* the context may have grown; the run's arena is gone */
    }
    cb_context_free(c);
    assert_int_equal(b.live, 0);
}

/* The slack of one element of f, whose only value it is. */
static double slack_of(cb_context *c, cb_func f)
{
    double slack = -1;
    guard g;
    pipeline *volatile p = NULL;
    if (guard_enter(&g, &c->esc)) {
        p = pipeline_new(c, "test", &f.p, 1);
        guard_leave(&g, &c->esc);
    }
    assert_non_null(p);
    uint64_t memory = 0;
    cb_buffer b = {.size = sizeof b, .version = 1, .host = &memory, .type = f.p->types[0]};
    interp_args args = {.outputs = (cb_buffer *[]){&b}, .slack = (double *[]){&slack}};
    interp_report report;
    assert_int_equal(interp_run(p, &args, &report), 0);
    return slack;
}

static void test_slack(void **state)
{
    (void)state;
    log_t l;
    cb_context *c = new_context(&l);
    Carbide (c) {
        Funcs(third, exact, cancel, below, whole, edge, far, read, lut, chosen, strewn, ints);
        Vars(x);
        RDom(r, (0, 4));
        define(third(x) = f32(x) / 3);
        /* sums of small whole numbers are exact in any order */
        define(exact() = f32(3) + 4.5f * 2);
        assert_true(slack_of(c, exact) == 0);
        /* the size of what was added counts, not that of the result */
        define(cancel() = f32(1) + (third(1000000000) - third(1000000000)));
        assert_true(slack_of(c, cancel) > 300 && slack_of(c, cancel) < 1e4);
        /* comparisons: doubtful only near the edge */
        define(below() = third(1) < 0.3333f);
        assert_true(slack_of(c, below) == 0);
        define(edge() = third(1) + third(1) < 2 * third(1));
        assert_true(slack_of(c, edge) == 1);
        define(whole() = i32(third(3) + third(1)));
        assert_true(slack_of(c, whole) == 0);
        define(far() = i32(third(3) + third(6)));
        assert_true(slack_of(c, far) == 1);
        /* any element, when the coordinate is doubtful */
        define(lut(x) = x * 7);
        define(read() = lut(far()));
        assert_true(isinf(slack_of(c, read)));
        /* an exact sum hides its terms, to which others may be added first */
        Funcs(hiding, added);
        define(hiding() = f32(lut(30)) - f32(lut(29)));
        assert_true(slack_of(c, hiding) <= 0);
        define(added() = third(1) + hiding());
        assert_true(slack_of(c, added) > 1e-4 && slack_of(c, added) < 1e-3);
        /* a certain choice takes one side's */
        define(chosen() = select(below(), 1, far()));
        assert_true(slack_of(c, chosen) == 1);
        /* where it writes is doubtful: so is all that was written */
        define(strewn(x) = 0);
        define(strewn(clamp(far() + r, 0, 9)) = r);
        Funcs(at20);
        define(at20() = strewn(20));
        assert_true(isinf(slack_of(c, at20)));
        /* the smaller of a number and of what is none may be either */
        Funcs(smaller, alone);
        define(smaller() = min(sqrt(third(-3)), f32(2)));
        assert_true(isinf(slack_of(c, smaller)));
        define(alone() = min(f32(1), f32(2)));
        assert_true(slack_of(c, alone) == 0);
        /* whole numbers alone have none, whatever they do */
        define(ints() = (lut(3) ^ 77) % 5 - lut(1) * lut(9));
        assert_true(slack_of(c, ints) == 0);
    }
    assert_string_equal(l.text, "");
    cb_context_free(c);
}

static void test_close(void **state)
{
    (void)state;
    ir_value a = {.f = 1}, b = {.f = 1.5}, nan = {.f = (double)NAN};
    assert_true(interp_close(CB_f32, a, b, 0.5));
    assert_false(interp_close(CB_f32, a, b, 0.25));
    assert_true(interp_close(CB_f32, nan, nan, 0));
    assert_false(interp_close(CB_f32, nan, a, 1));
    ir_value i = {.i = INT64_MAX}, j = {.i = INT64_MAX - 1};
    assert_false(interp_close(CB_i64, i, j, 0));
    assert_true(interp_close(CB_i64, i, i, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stencil), cmocka_unit_test(test_slack),
        cmocka_unit_test(test_close),          cmocka_unit_test(test_histogram),
        cmocka_unit_test(test_matmul_and_order), cmocka_unit_test(test_lazy_where),
        cmocka_unit_test(test_tuples),           cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_long_chain),       cmocka_unit_test(test_long_sum),
        cmocka_unit_test(test_edges_and_params), cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
