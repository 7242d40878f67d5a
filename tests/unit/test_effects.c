/* tests/unit/test_effects.c: print, print_when and require inside expressions: what is written, how often, by compiled
 * code and by the interpreter, in lanes, threads and inlined Funcs; how a requirement ends a run. */
#include <stdio.h>

#include "../../dsl/front.h"
#include "lang_rig.h"

typedef struct lines {
    int n;
    char last[256], all[4096];
    int code;
    char error[256];
} lines;

static void keep(lines *l, const char *line)
{
    __atomic_fetch_add(&l->n, 1, __ATOMIC_RELAXED);
    strncpy(l->last, line, sizeof l->last - 1);
    if (strlen(l->all) + strlen(line) + 2 < sizeof l->all)
        strcat(strcat(l->all, line), "\n");
}
static void keep_compiled(const cb_env *env, const char *line) { keep(env->user, line); }
static void keep_interpreted(void *user, const char *line) { keep(user, line); }
static void keep_error(const cb_env *env, int code, const char *text_)
{
    lines *l = env->user;
    l->code = code;
    strncpy(l->error, text_, sizeof l->error - 1);
}

/* Runs f over [0, n) both ways; lines of compiled code to c, of the interpreter to i. */
static int both_ways(cb_func f, int n, lines *c, lines *i)
{
    memset(c, 0, sizeof *c);
    memset(i, 0, sizeof *i);
    cb_buffer *a = cb_buffer_new(NULL, CB_i32, 1, (const int32_t[]){n}),
              *b = cb_buffer_new(NULL, CB_i32, 1, (const int32_t[]){n});
    cb_callable code = compile(f, "host");
    if (!code.p)
        fail_msg("%s", cb_error_rendered(f.p->ctx, 0));
    cb_env env = {.size = sizeof env, .version = CB_ENV_VERSION, .print = keep_compiled, .error = keep_error, .user = c};
    int rc = cb_call_argv(code, &env, (void *[]){a});
    interp_report report = {0};
    interp_args args = {.outputs = (cb_buffer *const[]){b}, .print = keep_interpreted, .user = i};
    cb_pipeline p = cb_pipeline_of("alone", 1, &f, CB_HERE);
    assert_int_equal(interp_run(p.p, &args, &report), rc);
    for (int k = 0; k < n && !rc; k++)
        assert_int_equal(I32(a)[k], I32(b)[k]);
    cb_callable_free(code);
    cb_buffer_free(a);
    cb_buffer_free(b);
    return rc;
}

/* An update of two places writes the lines that tell them apart for each, and the others once. */
RIG_TEST(lines_of_places)
{
    lines c, i;
    Funcs(f);
    Vars(x);
    define(f(x) = x);
    define(f(scatter(1, 2)) = print(gather(f(2), f(1)), "each") + print(f(0), "all"));
    assert_int_equal(both_ways(f, 4, &c, &i), 0);
    assert_int_equal(c.n, 3);
    assert_int_equal(i.n, 3);
    assert_string_equal(c.all, i.all);
}

/* How many lines does not depend on what becomes of the operands: Funcs that give the same are one node when they are
 * inlined, whether an operand depends on its place at all is seen then, and an effect may be in a place of its own. */
static void lines_of_equal_places(void **state)
{
    (void)state;
    lines c, i;
    for (int root = 0; root < 2; root++) {
        world *w = world_new();
        Carbide(w->c)
        {
            Funcs(f0, f1, f);
            Vars(x);
            define(f0(x) = 7);
            define(f1(x) = 7);
            define(f(x) = x);
            define(f(scatter(1, 2)) = print(gather(f0(0), f1(0)), "equal"));              /* 2 */
            define(f(scatter(1, 2)) = print(gather(7, 7), "constant"));                   /* 2 */
            define(f(scatter(1, 2)) = print(f0(gather(3, 4)), "lost"));                   /* 2 */
            define(f(scatter(1, 2, 3)) = gather(print(8, "a"), print(8, "b"), f1(1)));    /* 2 */
            define(f(scatter(1, 2)) = print(f1(0), "all") + gather(1, 1));                /* 1 */
            define(f(f0(scatter(1, 2)) - 7) += print(gather(1, 1), "nowhere"));           /* 2 */
            Expr shared = print(9, "shared");
            define(f, (scatter(1, 2)), gather(shared, shared));                           /* 1 */
            if (root) {
                schedule(f0, compute_root());
                schedule(f1, compute_root());
            }
            assert_int_equal(both_ways(f, 4, &c, &i), 0);
            assert_int_equal(i.n, 12);
            assert_int_equal(c.n, 12);
        }
        world_free(w);
    }
}

/* An effect of a Func that is inlined is one of its readers: once for all places that give it the same. */
static void lines_of_inlined_places(void **state)
{
    (void)state;
    lines c, i;
    for (int root = 0; root < 2; root++) {
        world *w = world_new();
        Carbide(w->c)
        {
            Funcs(g, f);
            Vars(x);
            define(g(x) = print(x, "in g"));
            define(f(x) = x);
            define(f(scatter(1, 2, 3)) = g(gather(5, 5, 6)));
            if (root)
                schedule(g, compute_root());
            assert_int_equal(both_ways(f, 4, &c, &i), 0);
            assert_int_equal(i.n, 2);
            assert_int_equal(c.n, 2);
        }
        world_free(w);
    }
}

static void lines_of_each_point(void **state)
{
    (void)state;
    lines c, i;
    for (int how = 0; how < 4; how++) {
        world *w = world_new();
        Carbide(w->c)
        {
            Funcs(f, g);
            Vars(x);
            define(g(x) = print(x * x, "is the square of", x, "100%"));
            define(f(x) = g(x) + print_when(x % 3 == 1, 1, "\"once\"", f32(x) / 2, u64(0) - u64(1), x == 4));
            if (how == 1)
                schedule(f, vectorize(x, 4));
            if (how == 2)
                schedule(f, parallel(x));
            if (how == 3)
                schedule(g, compute_root(), vectorize(x, 4));
            assert_int_equal(both_ways(f, 7, &c, &i), 0);
            assert_int_equal(c.n, 9);
            assert_int_equal(i.n, 9);
            assert_non_null(strstr(c.all, "36 is the square of 6 100%\n"));
            assert_non_null(strstr(i.all, "36 is the square of 6 100%\n"));
            assert_non_null(strstr(c.all, "1 \"once\" 2 18446744073709551615 1\n"));
            assert_non_null(strstr(i.all, "1 \"once\" 2 18446744073709551615 1\n"));
            if (how == 0)
                assert_string_equal(c.all, i.all);
        }
        world_free(w);
    }
}

/* In updates: at points that the domain has, in its order, reading what is there at that time. */
static void lines_of_updates(void **state)
{
    (void)state;
    lines c, i;
    world *w = world_new();
    Carbide(w->c)
    {
        Funcs(f);
        Vars(x);
        RDom(r, (1, 5));
        where(r, r % 2 == 1);
        define(f(x) = 10);
        define(f(r - 1) += print(f(r - 1) + r, "at", r));
        define(f, (x), add(at(f, x), print(1, "built", x)));
        assert_int_equal(both_ways(f, 6, &c, &i), 0);
        assert_non_null(strstr(c.all, "11 at 1\n13 at 3\n15 at 5\n1 built 0\n"));
        assert_int_equal(c.n, 9);
        assert_int_equal(i.n, 9);
    }
    world_free(w);
}

static void requirements(void **state)
{
    (void)state;
    lines c, i;
    for (int how = 0; how < 5; how++) {
        world *w = world_new();
        Carbide(w->c)
        {
            Funcs(f, g);
            Vars(x, xo, xi);
            Param(limit, i32);
            set_param(limit, 100);
            define(g(x) = require(x * x < 50, x * x, "at", x, "it is", x * x));
            define(f(x) = g(x) + require(x >= 0, 1));
            if (how == 1)
                schedule(f, vectorize(x, 8));
            if (how == 2)
                schedule(f, parallel(x));
            if (how == 3)
                schedule(g, compute_root());
            if (how == 4) {
                schedule(f, split(x, xo, xi, 4), parallel(xo));
                schedule(g, compute_at(f, xo), vectorize(x, 4));
            }
            assert_int_equal(both_ways(f, 8, &c, &i), 0);
            assert_int_equal(both_ways(f, 11, &c, &i), CB_ERR_REQUIREMENT);
            assert_int_equal(c.code, CB_ERR_REQUIREMENT);
            assert_non_null(strstr(c.error, "test_effects.c:"));
            assert_non_null(strstr(c.error, "the requirement x*x < 50 does not hold: at "));
            if (how == 0)
                assert_non_null(strstr(c.error, "at 8 it is 64"));
            rig_one(w, "run-failed", "the requirement x*x < 50 does not hold: at 8 it is 64");
        }
        world_free(w);
    }
}

RIG_TEST(refusals)
{
    Funcs(a, b, c, d, e);
    Vars(x);
    RDom(r, (0, 4));
    define(a(x) = print("text", x));
    rig_one(w, "type-misfit", "has a text");
    define(b(x) = require(x, 1));
    rig_one(w, "type-misfit", "not bool");
    define(c(x) = require(x < 1));
    rig_one(w, "operand-count", "no value");
    where(r, print(r) < 3);
    rig_one(w, "effect-place", "condition");
    define(d(x) = "text");
    rig_one(w, "syntax", "text is no value");
    RDom(s, (0, print(4)));
    rig_one(w, "effect-place", "bounds");
    define_text("e(x) = print(x, \"no end)");
    rig_one(w, "syntax", "does not end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_each_point), cmocka_unit_test(lines_of_updates),
        cmocka_unit_test(requirements),        cmocka_unit_test(refusals),
        cmocka_unit_test(lines_of_places),      cmocka_unit_test(lines_of_equal_places),
        cmocka_unit_test(lines_of_inlined_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
