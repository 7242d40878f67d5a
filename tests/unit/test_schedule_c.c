/* tests/unit/test_schedule_c.c: schedules written in C give the data that their text gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "../../dsl/front.h"
#include "../../dsl/sched.h"

#include <carbide/dsl.h>

typedef struct log {
    char code[64], text[8192];
    int n;
} log_t;

static void keep(void *user, const cb_message *m)
{
    log_t *l = user;
    if (l->n++ == 0)
        snprintf(l->code, sizeof l->code, "%s", m->code);
    strncat(l->text, m->rendered, sizeof l->text - strlen(l->text) - 1);
}

/* Prints the schedule that goes with `out`, resolved unless bad. */
static char *print_schedule(cb_context *c, cb_func out, bool *resolved)
{
    cb_pipeline p = cb_pipeline_of("p", 1, &out, CB_HERE);
    guard g;
    char *volatile copy = NULL;
    if (!p.p)
        return NULL;
    if (guard_enter(&g, &c->esc)) {
        text t;
        text_init(&t, c->a);
        *resolved = schedule_resolve(p.p);
        if (p.p->sched)
            schedule_print(&t, p.p->sched);
        copy = malloc(t.n + 1);
        if (copy)
            strcpy(copy, text_str(&t));
        guard_leave(&g, &c->esc);
    }
    return copy;
}

static void test_every_word(void **state)
{
    (void)state;
    log_t l = {.n = 0};
    cb_context *c =
        cb_context_new(&(cb_options){.size = sizeof(cb_options), .sink = keep, .sink_user = &l});
    bool ok = false;
    char *text_of = NULL;
    Carbide (c) {
        Funcs(f, g, h, total, out);
        Vars(x, y, xo, yo, xi, yi, t, u);
        RDom(r, (0, 8), (0, 8));
        RDom(k, (0, 16));
        Param(w, i32, 64);
        Knob(strip, 32, 8, 128, 8);
        define(f(x, y) = x + y);
        define(g(x, y) = f(x, y) + f(x + 1, y));
        define(h(x, y) = g(x, y) * 2);
        define(total(x, y) = 0);
        define(total(x, r.y) += f(x + r.x, r.y));
        define(total(k.x, y) = total(k.x, y) + 1);
        define(out(x, y) = h(x, y) + total(x, y) * w);

        Directive kept[] = {serial(y), vectorize(x)};
        schedule(out, tile(x, y, xo, yo, xi, yi, strip, 4, shift_inwards), parallel(yo),
                 vectorize(xi, 8), unroll(yi), bound(x, 0, E(w - 1)), align_bounds(y, 4, 1),
                 align_bounds(x, 2));
        schedule(h, compute_at(out, yo), store_at(out, yo), split(y, yo, yi, 4), fuse(yo, yi, t),
                 rename(t, u), reorder(u, x), store_in(stack), reorder_storage(y, x));
        apply(g, kept);
        schedule(g, compute_root(), store_root(), bound("x", 0, 128), split("y", "y", "y.a", 4));
        schedule(f, compute_inline());
        schedule(update(total, 0), unroll(r.x, 2, guard), vectorize(x, 4, predicate));
        schedule(stage(total, 2), unroll(k));
        expect_vectorized(out, div(strip, 4));
        text_of = print_schedule(c, out, &ok);
    }
    /* g splits a loop that is serial already */
    assert_false(ok);
    if (strcmp(l.code, "loop-has-kind") != 0)
        fail_msg("%s", l.text);
    assert_non_null(strstr(l.text,
                           "split(y, y, y.a, 4): loop 'y' is serial already\n"
                           "    schedule(g, compute_root(), store_root(), bound(\"x\", 0, 128), "
                           "split(\"y\", \"y\", \"y.a\", 4));\n"));
    assert_non_null(text_of);
    assert_string_equal(
        text_of,
        "knob strip = 32 in 8..128 step 8\n\n"
        "out             tile(x, y, xo, yo, xi, yi, strip, 4, shift_inwards), parallel(yo), "
        "vectorize(xi, 8), "
        "unroll(yi), bound(x, 0, w - 1), align_bounds(y, 4, 1), align_bounds(x, 2)\n"
        "h               compute_at(out, yo), store_at(out, yo), split(y, yo, yi, 4), fuse(yo, yi, "
        "t), "
        "rename(t, u), reorder(u, x), store_in(stack), reorder_storage(y, x)\n"
        "g               serial(y), vectorize(x)\n"
        "g               compute_root(), store_root(), bound(x, 0, 128), split(y, y, y.a, 4)\n"
        "f               compute_inline()\n"
        "total.update 0  unroll(r.x, 2, guard), vectorize(x, 4, predicate)\n"
        "total.update 1  unroll(k.x)\n\n"
        "expect vectorized(out, strip / 4)\n");
    free(text_of);
    cb_context_free(c);
}

/* Directives of a plain program serve each pipeline that has the Func. */
static void test_two_pipelines(void **state)
{
    (void)state;
    log_t l = {.n = 0};
    cb_context *c =
        cb_context_new(&(cb_options){.size = sizeof(cb_options), .sink = keep, .sink_user = &l});
    Carbide (c) {
        Funcs(a, b);
        Vars(x);
        bool ok = false;
        define(a(x) = x);
        define(b(x) = x * 2);
        schedule(a, vectorize(x, 8));
        schedule(b, parallel(x));
        char *s = print_schedule(c, a, &ok);
        if (!ok)
            fail_msg("%s", l.text);
        assert_non_null(strstr(s, "a  vectorize(x, 8)\n"));
        free(s);
        s = print_schedule(c, b, &ok);
        assert_true(ok);
        assert_non_null(strstr(s, "b  parallel(x)\n"));
        free(s);
    }
    assert_int_equal(l.n, 0);
    cb_context_free(c);
}

typedef struct misuse {
    const char *code, *says;
} misuse;

static void test_misuse(void **state)
{
    (void)state;
    static const misuse wanted[] = {
        {"wrong-kind", "argument 1 is 'x + 1', which names no loop"},
        {"wrong-kind", "argument 1 is 'w', which names no loop"},
        {"wrong-kind", "argument 2 is 'x': a value in a schedule is made of integers"},
        {"directive-arguments", "'1x' cannot be the name of a loop"},
        {"wrong-kind", "argument 2"},
    };
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        log_t l = {.n = 0};
        cb_context *c = cb_context_new(
            &(cb_options){.size = sizeof(cb_options), .sink = keep, .sink_user = &l});
        Carbide (c) {
            Funcs(f);
            Vars(x);
            Param(w, i32, 64);
            define(f(x) = x);
            if (i == 0)
                schedule(f, parallel(add(x, 1)));
            if (i == 1)
                schedule(f, parallel(w));
            if (i == 2)
                schedule(f, vectorize(x, x));
            if (i == 3)
                schedule(f, parallel("1x"));
            if (i == 4)
                schedule(f, vectorize(x, 3000000000));
        }
        assert_string_equal(l.code, wanted[i].code);
        if (!strstr(l.text, wanted[i].says))
            fail_msg("%s", l.text);
        assert_int_equal(l.n, 1);
        cb_context_free(c);
    }
}

static void test_no_scope(void **state)
{
    (void)state;
    Directive d = compute_root();
    assert_null(d.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_word),
        cmocka_unit_test(test_two_pipelines),
        cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_no_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
