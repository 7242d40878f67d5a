/* tests/unit/test_count_lang.c: what several values, reductions, undef and several outputs make a program do, by count:
 * stores of each value, storage of windows, loops that vanish. Values are compared with the interpreter each time. */
#include "count.h"

COUNT_PROGRAM(pairs,
    Input(in, u8, 2);
    Output(out, i32, 2);
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = (i32(in(x, y)) + x, u8(in(x, y) + 1)));
    define(f(x, y)[1] += 2);
    define(out(x, y) = f(x, y - 1)[0] + f(x, y + 1)[0] + i32(f(x, y)[1]));
)

static void values_of_windows(void **state)
{
    (void)state;
#define PAIRS(...) count_run(&(count_case){.make = pairs, .out = {{0, 40, 0}, {0, 20, 0}}, __VA_ARGS__})
    counted k = PAIRS(.schedule = "");
    assert_int_equal(count_of(&k, "f.0")->stores, 40 * 22);
    assert_int_equal(count_of(&k, "f.1")->stores, 2 * 40 * 22); /* the update of one value stores that one */
    count_free(&k);
    k = PAIRS(.schedule = "f store_root(), compute_at(out, y), vectorize(x, 8)\nf.update 0 vectorize(x, 8)\n");
    assert_int_equal(count_of(&k, "f.0")->stores, 40 * 22); /* each row once, */
    assert_int_equal(count_of(&k, "f.1")->stores, 2 * 40 * 22);
    assert_int_equal(count_of(&k, "f.0")->store_lanes, 8);
    assert_int_equal(count_of(&k, "f.0")->elements, 64 * 4); /* and four of them at a time, of both values */
    assert_int_equal(count_of(&k, "f.1")->elements, 64 * 4);
    count_free(&k);
    k = PAIRS(.schedule = "f compute_at(out, x)\n");
    assert_int_equal(count_of(&k, "f.0")->stores, 3 * 800);
    assert_int_equal(count_of(&k, "f.0")->memory, MEM_STACK);
    count_free(&k);
}

COUNT_PROGRAM(totals,
    Input(in, u8, 1);
    Output(out, i32, 1);
    Vars(x);
    RDom(r, (0, 5));
    define(out(x) = sum(r, i32(in(x + r)) * r) as total + maximum(r, i32(in(x - r))));
)

static void named_stages(void **state)
{
    (void)state;
#define TOTALS(...) count_run(&(count_case){.make = totals, .out = {{0, 30, 0}}, __VA_ARGS__})
    counted k = TOTALS(.schedule = "");
    assert_int_equal(count_of(&k, "total")->stores, 30 + 150);
    assert_int_equal(count_of(&k, "out.maximum")->stores, 30 + 150);
    assert_int_equal(count_of(&k, "total")->elements, 30);
    count_free(&k);
    k = TOTALS(.schedule = "total compute_at(out, x)\ntotal.update 0 unroll(r)\n");
    assert_int_equal(count_of(&k, "total")->stores, 30 + 150);
    assert_int_equal(count_of(&k, "total")->elements, 1);
    assert_int_equal(k.shape.loops[LOOP_UNROLL], 1);
    count_free(&k);
    count_refused(&(count_case){.make = totals, .schedule = "out.maximum compute_root()\n"},
                  "'out.maximum' is a reduction without a name");
}

/* What expand prints about a stage without a name is a comment, so that it reads back. */
static void expanded(void **state)
{
    (void)state;
    cb_context *c = cb_context_new(NULL);
    pipeline *p = totals(c);
    assert_true(schedule_resolve(p));
    text t;
    text_init(&t, c->a);
    schedule_expand(&t, p);
    assert_non_null(strstr(text_str(&t), "\nstage total.update 0:\n"));
    assert_non_null(strstr(text_str(&t), "\n# stage out.maximum:\n#     compute_root(),"));
    p->sched = schedule_read(c, text_str(&t), "expanded");
    assert_true(p->sched && schedule_resolve(p));
    cb_context_free(c);
}

COUNT_PROGRAM(in_place,
    Input(in, u8, 1);
    Output(out, u8, 1);
    Funcs(f);
    Vars(x);
    RDom(r, (3, 6));
    define(f(x) = undef(u8));
    define(f(x) = in(x));
    define(f(r) = select(in(r) > 9, undef(u8), in(r) + 1));
    define(out(x) = f(x));
)

static void nothing_stored(void **state)
{
    (void)state;
    counted k = count_run(&(count_case){.make = in_place, .out = {{0, 30, 0}}, .schedule = "f compute_root()\n"});
    assert_int_equal(k.shape.stores, 3); /* the pure step of f is not there, */
    assert_int_equal(k.shape.serial, 3);
    assert_in_range(count_of(&k, "f")->stores, 30, 36); /* and its last update stores where it has something */
    count_free(&k);
}

static pipeline *two_outputs(cb_context *c)
{
    pipeline *p = NULL;
    Carbide(c)
    {
        Input(in, u8, 2);
        Output(half, u8, 2);
        OutputTuple(out, 2, (i32, u8));
        Vars(x, y);
        define(half(x, y) = in(x, y) / 2);
        define(out(x, y) = (i32(half(x, y)) + 1, half(x, y)));
        p = pipeline_new(c, "two", (cb_func_s *[]){half.p, out.p}, 2);
    }
    return p;
}

static void outputs_once(void **state)
{
    (void)state;
    counted k = count_run(&(count_case){.make = two_outputs, .out = {{0, 20, 0}, {0, 6, 0}}, .schedule = "out vectorize(x, 4)\n"});
    assert_int_equal(count_of(&k, "half")->stores, 120);
    assert_int_equal(count_of(&k, "out.0")->stores, 120);
    assert_int_equal(count_of(&k, "out.1")->stores, 120);
    assert_int_equal(count_of(&k, "out.1")->store_lanes, 4);
    assert_int_equal(k.peak, 0);
    count_free(&k);
}

/* Funcs that are at the root for a reason of their own. */
COUNT_PROGRAM(at_root,
    Output(out, i32, 1);
    Funcs(given, external, some, twice);
    Vars(x);
    define(given(x) = x);
    define_extern(external, (x), "copy", (i32), (given));
    define(some(x) = select(x % 2 == 0, x, undef(i32)));
    define(twice(x) = x);
    define(twice(3) = 7);
    define(out(x) = external(x) + some(2*x) + twice(x));)

static void reasons(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "# default: what the C function 'copy' is given is computed before it\n",
        "# default: what the C function 'copy' computes is computed before its first reader\n",
        "# default: a Func that may leave elements undefined is computed before its first reader\n",
        "# default: a Func with updates is computed before its first reader\n"};
    static const char *const stages[] = {"stage given:", "stage external:", "stage some:", "stage twice:"};
    cb_context *c = cb_context_new(NULL);
    pipeline *p = at_root(c);
    assert_true(schedule_resolve(p));
    text t;
    text_init(&t, c->a);
    schedule_expand(&t, p);
    for (int i = 0; i < 4; i++) {
        const char *stage = strstr(text_str(&t), stages[i]), *line = stage ? strstr(stage, lines[i]) : NULL;
        const char *next = stage ? strstr(stage + 1, "\nstage ") : NULL;
        if (!line || (next && next < line))
            fail_msg("%s\n%s", lines[i], text_str(&t));
    }
    cb_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_windows), cmocka_unit_test(named_stages), cmocka_unit_test(expanded), cmocka_unit_test(reasons),
        cmocka_unit_test(nothing_stored),    cmocka_unit_test(outputs_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
