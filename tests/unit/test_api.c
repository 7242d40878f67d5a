/* tests/unit/test_api.c: running Funcs from the program that built them: compiled code against the interpreter and
 * against what the equations say, bound arguments, and every way a run can be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <carbide/dsl.h>

typedef struct world {
    cb_context *c;
    int count;
    char code[64], said[2048];
} world;

static void sink(void *user, const cb_message *m)
{
    world *w = user;
    if (!w->count++)
        strncpy(w->code, m->code, sizeof w->code - 1);
    strncpy(w->said, m->rendered, sizeof w->said - 1);
}

static world *world_new(void)
{
    world *w = calloc(1, sizeof *w);
    cb_options o = {.size = sizeof o, .sink = sink, .sink_user = w};
    w->c = cb_context_new(&o);
    assert_non_null(w->c);
    return w;
}

static void world_free(world *w)
{
    cb_context_free(w->c);
    free(w);
}

static void one(world *w, const char *code)
{
    if (w->count != 1 || strcmp(w->code, code) || !strstr(w->said, __FILE__))
        fail_msg("expected one %s here, got %d, first %s: %s", code, w->count, w->code, w->said);
    w->count = 0;
}

static void none(world *w)
{
    if (w->count)
        fail_msg("%s", w->said);
}

/* 6 x 4: element (x, y) is x + 10*y. */
static cb_buffer *photo(void)
{
    cb_buffer *b = cb_buffer_new(NULL, CB_u8, 2, (const int32_t[]){6, 4});
    assert_non_null(b);
    for (int i = 0; i < 24; i++)
        ((uint8_t *)b->host)[i] = (uint8_t)(i % 6 + 10 * (i / 6));
    return b;
}

static void realizes_with_a_schedule(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c) {
        Funcs(grad);
        Vars(x, y);
        define(grad(x, y) = x + 100 * y);
        schedule(grad, vectorize(x, 8), parallel(y));
        cb_buffer *b = realize(grad, 13, 7);
        none(w);
        assert_non_null(b);
        for (int i = 0; i < 13 * 7; i++)
            assert_int_equal(((int32_t *)b->host)[i], i % 13 + 100 * (i / 13));
        cb_buffer_free(b);
        b = realize(grad, 0, 7);
        none(w);
        assert_int_equal(b->dim[0].extent, 0);
        cb_buffer_free(b);
    }
    world_free(w);
}

/* The schedule of one nest of scopes does not speak of Funcs of another that have the same name. */
static void schedules_stay_in_their_scope(void **state)
{
    (void)state;
    world *w = world_new();
    for (int round = 0; round < 2; round++)
        Carbide(w->c) {
            Funcs(f);
            Vars(x, xo, xi);
            define(f(x) = x);
            schedule(f, split(x, xo, xi, 4)); /* twice on one Func would be an error */
            cb_buffer_free(realize(f, 9));
        }
    none(w);
    world_free(w);
}

static int edge_of(int i, int n, int kind)
{
    if (kind == 0)
        return i < 0 ? 0 : i >= n ? n - 1 : i;
    int t = ((i % (2 * n)) + 2 * n) % (2 * n);
    return t < n ? t : 2 * n - 1 - t;
}

static void edges(void **state)
{
    (void)state;
    world *w = world_new();
    cb_buffer *in_buffer = photo();
    Carbide(w->c) {
        Input(in, u8, 2);
        Funcs(rep, mir, con, out, con1, out1);
        Vars(x, y);
        repeat_edge(rep, in);
        mirror(mir, in, (0, 6), (0, 4));
        constant_exterior(con, in, 77);
        constant_exterior(con1, in, 9, (1, 3)); /* x only, and not the whole buffer */
        define(out(x, y) = i32(rep(x - 9, y - 6)) + 256 * i32(mir(x - 9, y - 6)) + 65536 * i32(con(x - 9, y - 6)));
        define(out1(x, y) = con1(x - 2, y));
        schedule(out, vectorize(x, 8));
        set_input(in, in_buffer);
        cb_buffer *fast = realize(out, 25, 17), *slow = cb_buffer_new(w->c, CB_i32, 2, (const int32_t[]){25, 17});
        none(w);
        assert_int_equal(interpret(out, slow), 0);
        for (int j = 0; j < 17; j++)
            for (int i = 0; i < 25; i++) {
                int xx = i - 9, yy = j - 6;
                int inside = xx >= 0 && xx < 6 && yy >= 0 && yy < 4;
                int want = edge_of(xx, 6, 0) + 10 * edge_of(yy, 4, 0) +
                           256 * (edge_of(xx, 6, 1) + 10 * edge_of(yy, 4, 1)) + 65536 * (inside ? xx + 10 * yy : 77);
                assert_int_equal(((int32_t *)slow->host)[j * 25 + i], want);
                assert_int_equal(((int32_t *)fast->host)[j * 25 + i], want);
            }
        cb_buffer_free(fast);
        cb_buffer_free(slow);
        fast = realize(out1, 8, 4);
        none(w);
        for (int i = 0; i < 32; i++)
            assert_int_equal(((uint8_t *)fast->host)[i],
                             i % 8 - 2 >= 1 && i % 8 - 2 < 4 ? i % 8 - 2 + 10 * (i / 8) : 9);
        cb_buffer_free(fast);
    }
    world_free(w);
    cb_buffer_free(in_buffer);
}

static void parameters_and_tuples(void **state)
{
    (void)state;
    world *w = world_new();
    Carbide(w->c) {
        Param(a, i16, -3);
        Param(b, f64);
        Param(c, boolean, true);
        Param(h, f16, 0.5);
        Funcs(f, pair);
        Vars(x);
        define(f(x) = (c ? x : -x) * a + i32(b * 2) + i32(h * 4));
        assert_null(realize(f, 4));
        one(w, "unbound-input");
        set_param(b, 21);
        cb_buffer *r = realize(f, 4);
        none(w);
        for (int i = 0; i < 4; i++)
            assert_int_equal(((int32_t *)r->host)[i], -3 * i + 42 + 2);
        cb_buffer_free(r);
        set_param(a, 2);
        set_param(c, false);
        set_param(h, 10);
        r = realize(f, 4);
        none(w);
        for (int i = 0; i < 4; i++)
            assert_int_equal(((int32_t *)r->host)[i], -2 * i + 42 + 40);
        cb_buffer_free(r);
        assert_false(set_param(a, 40000));
        one(w, "literal-range");
        assert_false(set_param(x, 1));
        one(w, "wrong-kind");
        define(pair(x) = (x, f32(x) / 2));
        cb_buffer *p = cb_buffer_new(w->c, CB_i32, 1, (const int32_t[]){5});
        cb_buffer *q = cb_buffer_new(w->c, CB_f32, 1, (const int32_t[]){5});
        assert_int_equal(realize_into(pair, p, q), 0);
        none(w);
        for (int i = 0; i < 5; i++) {
            assert_int_equal(((int32_t *)p->host)[i], i);
            assert_true(((float *)q->host)[i] == (float)i / 2);
        }
        assert_null(realize(pair, 5));
        one(w, "bad-argument");
        assert_int_not_equal(realize_into(pair, p), 0);
        one(w, "bad-argument");
        cb_buffer_free(p);
        cb_buffer_free(q);
    }
    world_free(w);
}

static void callables_outlive_their_context(void **state)
{
    (void)state;
    world *w = world_new();
    cb_buffer *in_buffer = photo(), *r = cb_buffer_new(NULL, CB_u8, 2, (const int32_t[]){5, 4});
    Callable call = {NULL};
    Carbide(w->c) {
        Input(in, u8, 2);
        Param(k, u8);
        Output(out, u8, 2);
        Vars(x, y);
        define(out(x, y) = in(x, y) + in(x + 1, y) + k);
        call = compile(out, "host");
        none(w);
        assert_null(compile(out, "x86-64-linux-avx9").p);
        one(w, "bad-target");
        assert_null(compile(out, "arm-64-linux").p);
        one(w, "bad-target");
    }
    world_free(w);
    uint8_t k = 3;
    void *args[] = {in_buffer, &k, r};
    assert_int_equal(cb_call_argv(call, NULL, args), 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(((uint8_t *)r->host)[i], 2 * (i % 5 + 10 * (i / 5)) + 1 + 3);
    const cb_metadata *m = cb_callable_metadata(call);
    assert_string_equal(m->name, "out");
    assert_int_equal(m->nargs, 3);
    assert_string_equal(m->args[1].name, "k");
    cb_callable_free(call);
    cb_buffer_free(in_buffer);
    cb_buffer_free(r);
}

static void refused_runs(void **state)
{
    (void)state;
    world *w = world_new();
    cb_buffer *in_buffer = photo();
    Carbide(w->c) {
        Input(in, u8, 2);
        Funcs(f, undefined, broken);
        Vars(x, y);
        define(f(x, y) = in(x, y));
        assert_null(realize(f, 4, 4));
        one(w, "unbound-input");
        set_input(in, in_buffer);
        assert_null(realize(f, 4));
        one(w, "bad-argument");
        assert_null(realize(f, -4, 4));
        one(w, "bad-argument");
        assert_null(realize(f, 7, 4)); /* the buffer has 6 columns */
        one(w, "run-failed");
        assert_null(realize(undefined, 4));
        one(w, "undefined-func");
        assert_null(realize(in, 4, 4));
        one(w, "no-output");
        define(broken(x) = nothing);
        one(w, "unknown-name");
        assert_null(realize(broken, 4));
        none(w); /* was said already */
        assert_false(set_input(f, in_buffer));
        one(w, "wrong-kind");
        assert_null(realize((Func){NULL}, 4));
        one(w, "null-handle");
        cb_buffer *ok = realize(f, 6, 4);
        none(w);
        cb_buffer_free(ok);
    }
    world_free(w);
    cb_buffer_free(in_buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(realizes_with_a_schedule), cmocka_unit_test(schedules_stay_in_their_scope),
        cmocka_unit_test(edges),                    cmocka_unit_test(parameters_and_tuples),
        cmocka_unit_test(callables_outlive_their_context), cmocka_unit_test(refused_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
