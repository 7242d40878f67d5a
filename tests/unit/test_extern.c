/* tests/unit/test_extern.c: Funcs computed by C functions: values under several schedules against the
 * interpreter, how often and for what the functions are called, and their errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include <carbide/dsl.h>

static struct {
    int queries, computes;
    int64_t elements;
} counted;

static void reset(void) { memset(&counted, 0, sizeof counted); }

static bool asked(const cb_buffer *b)
{
    if (b->host)
        counted.computes++;
    else
        counted.queries++;
    for (int64_t n = 1, d = 0; b->host && d <= b->rank; d++) {
        if (d == b->rank)
            counted.elements += n;
        else
            n *= b->dim[d].extent;
    }
    return !b->host;
}

static int32_t *i32_at(const cb_buffer *b, int32_t x, int32_t y)
{
    return cb_buffer_at(b, (int32_t[]){x, y});
}

/* out(x, y) = in(x, y)*scale + 1 */
static int pointwise(const cb_env *env, cb_buffer *in, int32_t scale, cb_buffer *out)
{
    (void)env;
    const cb_dim *d = out->dim;
    if (asked(out)) {
        in->dim[0] = d[0];
        in->dim[1] = d[1];
        return 0;
    }
    for (int32_t y = d[1].min; y < d[1].min + d[1].extent; y++)
        for (int32_t x = d[0].min; x < d[0].min + d[0].extent; x++)
            *i32_at(out, x, y) = *i32_at(in, x, y) * scale + 1;
    return 0;
}

/* out(x, y) = in(x - 1, y) + in(x, y + 2) + scale */
static int stencil(const cb_env *env, cb_buffer *in, int8_t scale, cb_buffer *out)
{
    (void)env;
    const cb_dim *d = out->dim;
    if (asked(out)) {
        in->dim[0].min = d[0].min - 1;
        in->dim[0].extent = d[0].extent + 1;
        in->dim[1].min = d[1].min;
        in->dim[1].extent = d[1].extent + 2;
        return 0;
    }
    for (int32_t y = d[1].min; y < d[1].min + d[1].extent; y++)
        for (int32_t x = d[0].min; x < d[0].min + d[0].extent; x++)
            *i32_at(out, x, y) = *i32_at(in, x - 1, y) + *i32_at(in, x, y + 2) + scale;
    return 0;
}

static int floor8(int v) { return v - ((v % 8) + 8) % 8; }

/* Computes blocks of 8 columns: enlarges what it is asked for. */
static int blocks(const cb_env *env, cb_buffer *in, cb_buffer *out)
{
    cb_dim *d = &out->dim[0];
    int lo = floor8(d->min), hi = floor8(d->min + d->extent - 1) + 8;
    if (!out->host) {
        d->min = lo;
        d->extent = hi - lo;
    } else if (lo != d->min || hi - lo != d->extent) {
        return 77;
    }
    return pointwise(env, in, 3, out);
}

/* Two results of two inputs. */
static int two(const cb_env *env, cb_buffer *a, cb_buffer *b, bool swap, cb_buffer *p, cb_buffer *q)
{
    (void)env;
    const cb_dim *d = p->dim;
    if (asked(p)) {
        for (int k = 0; k < 2; k++)
            a->dim[k] = b->dim[k] = d[k];
        return 0;
    }
    for (int32_t y = d[1].min; y < d[1].min + d[1].extent; y++)
        for (int32_t x = d[0].min; x < d[0].min + d[0].extent; x++) {
            int32_t u = *i32_at(a, x, y), v = *i32_at(b, x, y);
            *i32_at(p, x, y) = swap ? v : u;
            *(uint8_t *)cb_buffer_at(q, (int32_t[]){x, y}) = (uint8_t)(u - v);
        }
    return 0;
}

static int failing(const cb_env *env, cb_buffer *in, cb_buffer *out)
{
    if (out->host)
        return 1234;
    return pointwise(env, in, 1, out);
}

static int growing(const cb_env *env, cb_buffer *in, cb_buffer *out)
{
    if (!out->host)
        out->dim[0].extent++;
    return pointwise(env, in, 1, out);
}

static int shrinking(const cb_env *env, cb_buffer *in, cb_buffer *out)
{
    if (!out->host)
        out->dim[0].extent--;
    return pointwise(env, in, 1, out);
}

static void quiet(void *user, const cb_message *m)
{
    char *text = user;
    strncat(text, m->rendered, 4000 - strlen(text) - 1);
}

/* Realizes f by compiled code and by the interpreter over w by h from (x0, y0), and compares. */
static void agree(cb_func f, int32_t x0, int32_t y0, int32_t w, int32_t h)
{
    cb_buffer *a = cb_buffer_new(NULL, CB_i32, 2, (int32_t[]){w, h});
    cb_buffer *b = cb_buffer_new(NULL, CB_i32, 2, (int32_t[]){w, h});
    a->dim[0].min = b->dim[0].min = x0;
    a->dim[1].min = b->dim[1].min = y0;
    assert_int_equal(realize_into(f, a), 0);
    assert_int_equal(interpret(f, b), 0);
    assert_memory_equal(a->host, b->host, (size_t)w * (size_t)h * 4);
    cb_buffer_free(a);
    cb_buffer_free(b);
}

#define PROGRAM(text)                                                                            \
    char text[4096] = "";                                                                        \
    cb_options options = {.size = sizeof options, .sink = quiet, .sink_user = text};             \
    cb_context *ctx = cb_context_new(&options);                                                  \
    Carbide(ctx)

static void values_at_root(void **state)
{
    (void)state;
    PROGRAM(said) {
        Funcs(g, f, out);
        Vars(x, y);
        define(g(x, y) = x * 7 + y);
        define_extern(f, (x, y), "pointwise", (i32), (g, 5));
        define(out(x, y) = f(x + 1, y) + f(x, y - 1));
        set_extern("pointwise", pointwise);
        reset();
        agree(out, -3, 2, 9, 5);
        cb_buffer *r = realize(out, 2, 1);
        assert_int_equal(*i32_at(r, 0, 0), 7 * 5 + 1 + (-1) * 5 + 1);
        cb_buffer_free(r);
    }
    assert_string_equal(said, "");
    cb_context_free(ctx);
}

/* What a C function is given can be a copy, and a clone of its Func calls it again. */
static void copies_and_clones(void **state)
{
    (void)state;
    PROGRAM(said) {
        Funcs(g, f, h, out, tile, again);
        Vars(x, y);
        define(g(x, y) = x * 7 + y);
        define_extern(f, (x, y), "pointwise", (i32), (g, 5));
        define(h(x, y) = f(x, y) * 2);
        define(out(x, y) = f(x + 1, y) + h(x, y));
        set_extern("pointwise", pointwise);
        schedule(g, compute_root(), wrap(tile, f, again));
        schedule(tile, compute_root(), vectorize(x, 4));
        schedule(f, compute_root(), clone(again, h));
        schedule(again, compute_at(h, y));
        schedule(h, compute_root());
        reset();
        agree(out, -3, 2, 9, 5);
        assert_true(counted.computes >= 1 + 5);
    }
    assert_string_equal(said, "");
    cb_context_free(ctx);
}

static void not_specialised(void **state)
{
    (void)state;
    PROGRAM(said) {
        Funcs(g, f, out);
        Vars(x, y);
        define(g(x, y) = x * 7 + y);
        define_extern(f, (x, y), "pointwise", (i32), (g, 5));
        define(out(x, y) = f(x, y));
        set_extern("pointwise", pointwise);
        schedule(f, compute_root(), specialize(1 < 2));
        assert_null(realize(out, 4, 4));
    }
    assert_non_null(strstr(said, "error[no-such-loop]: specialize(1 < 2): 'f' is computed by a C function"));
    cb_context_free(ctx);
}

static void called_once_at_root(void **state)
{
    (void)state;
    PROGRAM(said) {
        Funcs(g, f, out);
        Vars(x, y);
        define(g(x, y) = x * 7 + y);
        define_extern(f, (x, y), "stencil", (i32), (g, -3));
        define(out(x, y) = f(x, y) * 2);
        set_extern("stencil", stencil);
        reset();
        cb_buffer_free(realize(out, 16, 8));
        assert_int_equal(counted.computes, 1);
        assert_int_equal(counted.elements, 16 * 8);
        assert_true(counted.queries <= 2);
        schedule(f, compute_at(out, y));
        reset();
        cb_buffer_free(realize(out, 16, 8));
        assert_int_equal(counted.computes, 8);
        assert_int_equal(counted.elements, 16 * 8);
        agree(out, 3, -4, 7, 6);
    }
    assert_string_equal(said, "");
    cb_context_free(ctx);
}

static void schedules(void **state)
{
    (void)state;
    for (int k = 0; k < 7; k++) {
        PROGRAM(said) {
            Input(in, i32, 2);
            Funcs(g, f, h, out);
            Vars(x, y, xo, yo, xi, yi);
            cb_buffer *b = cb_buffer_new(NULL, CB_i32, 2, (int32_t[]){64, 64});
            for (int i = 0; i < 64 * 64; i++)
                ((int32_t *)b->host)[i] = i * 31 % 101;
            b->dim[0].min = b->dim[1].min = -20;
            set_input(in, b);
            define(g(x, y) = in(x, y) * 2 + x);
            define_extern(f, (x, y), "stencil", (i32), (g, 100));
            define_extern(h, (x, y), "blocks", (i32), (f));
            define(out(x, y) = h(x, y) + h(x, y + 1) + in(x, y));
            set_extern("stencil", stencil);
            set_extern("blocks", blocks);
            schedule(out, tile(x, y, xo, yo, xi, yi, 8, 4), vectorize(xi), parallel(yo));
            if (k == 1)
                schedule(h, compute_at(out, xo));
            if (k == 2) {
                schedule(h, compute_at(out, xo));
                schedule(f, compute_at(out, xo), store_at(out, yo));
            }
            if (k == 3)
                schedule(h, compute_at(out, yi));
            if (k == 4)
                schedule(h, store_at(out, xo), compute_at(out, yi));
            if (k == 5) {
                schedule(h, store_at(out, yo), compute_at(out, yi));
                schedule(g, vectorize(x, 8), reorder_storage(y, x));
            }
            if (k == 6)
                schedule(f, reorder_storage(y, x));
            agree(out, 0, 0, 16, 9);
            agree(out, -5, 3, 13, 7);
            agree(out, 4, 4, 1, 1);
            cb_buffer_free(b);
        }
        assert_string_equal(said, "");
        cb_context_free(ctx);
    }
}

static void two_values(void **state)
{
    (void)state;
    PROGRAM(said) {
        Funcs(a, b, f, out);
        Vars(x, y);
        define(a(x, y) = x * 3 - y);
        define(b(x, y) = y * 5);
        define_extern(f, (x, y), "two", (i32, u8), (a, b, true));
        define(out(x, y) = f(x, y)[0] + i32(f(y, x)[1]));
        set_extern("two", two);
        agree(out, -2, 3, 8, 9);
    }
    assert_string_equal(said, "");
    cb_context_free(ctx);
}

static void an_output(void **state)
{
    (void)state;
    PROGRAM(said) {
        Input(in, i32, 2);
        Param(n, i32, 3);
        Funcs(f);
        Vars(x, y);
        cb_buffer *b = cb_buffer_new(NULL, CB_i32, 2, (int32_t[]){8, 8});
        *i32_at(b, 2, 1) = 50;
        set_input(in, b);
        define_extern(f, (x, y), "pointwise", (i32), (in, E(n + 1)));
        set_extern("pointwise", pointwise);
        agree(f, 1, 1, 5, 5);
        set_extern("pointwise", pointwise);
        cb_callable c = compile(f, "host");
        /* a query through the pipeline: what is needed of its input */
        cb_dim id[2], od[2] = {{2, 3, 1}, {1, 4, 3}};
        cb_buffer q, o;
        cb_buffer_init(&q, NULL, CB_i32, 2, (memset(id, 0, sizeof id), id));
        o = (cb_buffer){sizeof o, CB_BUFFER_VERSION, NULL, 0, NULL, 0, CB_i32, 2, 0, od};
        int32_t three = 3;
        assert_int_equal(cb_call_argv(c, NULL, (void *[]){&q, &three, &o}), 0);
        assert_int_equal(id[0].min, 2);
        assert_int_equal(id[0].extent, 3);
        assert_int_equal(id[1].min, 1);
        assert_int_equal(id[1].extent, 4);
        cb_callable_free(c);
        cb_buffer_free(b);
    }
    assert_string_equal(said, "");
    cb_context_free(ctx);
}

static void enlarged_output_is_told(void **state)
{
    (void)state;
    PROGRAM(said) {
        Funcs(g, f);
        Vars(x, y);
        define(g(x, y) = x + y);
        define_extern(f, (x, y), "blocks", (i32), (g));
        set_extern("blocks", blocks);
        cb_callable c = compile(f, "host");
        cb_dim od[2] = {{3, 9, 1}, {0, 2, 9}};
        cb_buffer o = {sizeof o, CB_BUFFER_VERSION, NULL, 0, NULL, 0, CB_i32, 2, 0, od};
        assert_int_equal(cb_call_argv(c, NULL, (void *[]){&o}), 0);
        assert_int_equal(od[0].min, 0);
        assert_int_equal(od[0].extent, 16);
        assert_int_equal(od[1].extent, 2);
        cb_buffer *small = cb_buffer_new(NULL, CB_i32, 2, (int32_t[]){9, 2});
        assert_int_equal(realize_into(f, small), CB_ERR_OUT_OF_BOUNDS);
        cb_buffer_free(small);
        cb_callable_free(c);
        agree(f, 8, 0, 16, 3);
    }
    cb_context_free(ctx);
}

static void errors(void **state)
{
    (void)state;
    static const struct {
        const char *name, *told;
        int (*fn)(const cb_env *, cb_buffer *, cb_buffer *);
        int code;
    } bad[] = {
        {"failing", "returned 1234", failing, 1234},
        {"growing", "each time it is asked", growing, CB_ERR_EXTERN},
        {"shrinking", "less", shrinking, CB_ERR_EXTERN},
    };
    for (int k = 0; k < 3; k++) {
        PROGRAM(said) {
            Funcs(g, f, out);
            Vars(x, y);
            define(g(x, y) = x + y);
            define_extern(f, (x, y), bad[k].name, (i32), (g));
            define(out(x, y) = f(x, y));
            set_extern(bad[k].name, bad[k].fn);
            cb_buffer *b = cb_buffer_new(NULL, CB_i32, 2, (int32_t[]){4, 4});
            assert_int_equal(realize_into(out, b), bad[k].code);
            assert_non_null(strstr(said, bad[k].told));
            said[0] = 0;
            assert_int_equal(interpret(out, b), bad[k].code);
            assert_non_null(strstr(said, bad[k].told));
            cb_buffer_free(b);
        }
        cb_context_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_at_root),
        cmocka_unit_test(copies_and_clones), cmocka_unit_test(not_specialised), cmocka_unit_test(called_once_at_root),
        cmocka_unit_test(schedules), cmocka_unit_test(two_values),
        cmocka_unit_test(an_output), cmocka_unit_test(enlarged_output_is_told),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
