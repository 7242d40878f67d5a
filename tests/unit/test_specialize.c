/* Stages specialised for conditions: by what runs, how often, and what is not computed or allocated
 * at all. Values are compared with the interpreter, which knows of no conditions, each time. */
#include "count.h"

COUNT_PROGRAM(blend,
    Input(in, u16, 2);
    Output(out, u16, 2);
    Param(gain, i32, 1, 0, 9);
    Funcs(soft, hard);
    Vars(x, y);
    define(soft(x, y) = in(x - 1, y) + in(x + 1, y));
    define(hard(x, y) = in(x, y) * 3);
    define(out(x, y) = select(gain == 0, hard(x, y), soft(x, y) + soft(x, y + 1) + u16(gain)));
)

#define BLEND(w, h, g, ...) \
    count_run(&(count_case){.make = blend, .out = {{0, w, 0}, {0, h, 0}}, .param = {g}, __VA_ARGS__})

/* The first branch whose condition holds runs, and no other. */
static void first_match(void **state)
{
    (void)state;
    const char *sched = "out specialize(gain == 0, vectorize(x, 4)), specialize(gain < 3, vectorize(x, 8)),\n"
                        "    specialize(gain < 5), vectorize(x, 2)\n";
    static const unsigned lanes[] = {4, 8, 8, 1, 1, 2, 2};
    for (int gain = 0; gain < 7; gain++) {
        counted k = BLEND(16, 3, gain, .schedule = sched);
        assert_int_equal(count_of(&k, "out")->store_lanes, lanes[gain]);
        assert_int_equal(count_stores(&k, "out"), 48);
        assert_int_equal(k.shape.loops[LOOP_VECTOR], 3);
        count_free(&k);
    }
}

/* A branch has the loops there were, and its own directives; later ones are for the others. */
static void loops_so_far(void **state)
{
    (void)state;
    const char *sched = "out split(y, yo, yi, 2), specialize(gain == 0, parallel(yo), vectorize(x, 4)),\n"
                        "    unroll(yi)\n"
                        "hard compute_at(out, yo)\nsoft compute_at(out, yi)\n";
    for (int gain = 0; gain < 3; gain++) {
        counted k = BLEND(13, 7, gain, .schedule = sched);
        assert_int_equal(k.shape.loops[LOOP_PARALLEL], 1);
        assert_int_equal(k.shape.loops[LOOP_UNROLL], 1);
        /* the condition reaches the values: what is not read is not computed */
        assert_int_equal(count_stores(&k, "hard"), gain ? 0 : 13 * 7);
        assert_int_equal(count_of(&k, "hard")->allocations, gain ? 0 : 4);
        assert_int_equal(count_of(&k, "soft")->allocations, gain ? 7 : 0);
        count_free(&k);
    }
}

/* A Func computed before a specialised stage that needs it in some branches only. */
static void nothing_for_nothing(void **state)
{
    (void)state;
    for (int gain = 0; gain < 3; gain++) {
        counted k = BLEND(12, 6, gain, .schedule = "out specialize(gain == 0)\n"
                                                   "hard compute_root()\nsoft compute_root()\n");
        assert_int_equal(count_stores(&k, "hard"), gain ? 0 : 12 * 6);
        assert_int_equal(count_stores(&k, "soft"), gain ? 12 * 7 : 0);
        assert_true(count_of(&k, gain ? "hard" : "soft")->elements == 0);
        count_free(&k);
    }
}

static void nested(void **state)
{
    (void)state;
    const char *sched = "out specialize(out.extent(0) >= 16,\n"
                        "        specialize(out.extent(0) >= 32, vectorize(x, 32)), vectorize(x, 16)),\n"
                        "    specialize(in.stride(1) > 0 && !(gain == 7), vectorize(x, 4))\n";
    static const struct {
        int width, gain;
        unsigned lanes;
    } cases[] = {{40, 1, 32}, {31, 7, 16}, {16, 0, 16}, {15, 0, 4}, {15, 7, 1}, {0, 1, 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        counted k = BLEND(cases[i].width, 2, cases[i].gain, .schedule = sched);
        assert_int_equal(count_of(&k, "out")->store_lanes, cases[i].lanes);
        count_free(&k);
    }
}

/* round_up where it does not widen: no more of any buffer is asked for than in the other branch. */
static void divides(void **state)
{
    (void)state;
    const char *sched =
        "out specialize(out.extent(0) % 8 == 0, vectorize(x, 8, round_up)), vectorize(x, 8)\n";
    for (int width = 0; width < 25; width++) {
        counted k = BLEND(width, 3, 1, .schedule = sched);
        assert_int_equal(count_stores(&k, "out"), 3 * width);
        assert_int_equal(count_of(&k, "out")->store_ops, 3 * ((width + 7) / 8));
        count_free(&k);
    }
}

/* What is known of extents and strides reaches addresses and loops. */
static void constants(void **state)
{
    (void)state;
    const char *sched = "out specialize(out.extent(0) == 16 && gain > 0, vectorize(x), unroll(y, 2))\n";
    for (int width = 15; width < 18; width++) {
        counted k = BLEND(width, 3, 1, .schedule = sched);
        assert_int_equal(count_of(&k, "out")->store_lanes, width == 16 ? 16 : 1);
        count_free(&k);
    }
}

static pipeline *strided(cb_context *c)
{
    pipeline *p = blend(c);
    p->inputs.at[0]->any_stride = true;
    return p;
}

static bool stride_load(void *env, const ir *n)
{
    int *dense = env;
    if (n->op == IR_LOAD && n->type.lanes > 1) {
        const ir *index = n->arg[0];
        int64_t stride;
        *dense += index->op == IR_RAMP && ir_as_int(index->arg[1], &stride) && stride == 1;
    }
    return true;
}

/* Where the stride is 1 vectors are dense. */
static void dense_where_it_can_be(void **state)
{
    (void)state;
    static const struct {
        const char *schedule;
        bool some;
    } cases[] = {{"out vectorize(x, 8)\n", false},
                 {"out specialize(in.stride(0) == 1, vectorize(x, 8)), vectorize(x, 8)\n", true}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        counted k = count_run(&(count_case){.make = strided, .out = {{0, 16, 0}, {0, 3, 0}},
                                            .param = {1}, .schedule = cases[i].schedule});
        int dense = 0;
        ir_visit(k.L->ctx, k.L->body, stride_load, &dense);
        assert_int_equal(dense > 0, cases[i].some);
        count_free(&k);
    }
}

/* Windows slide in each branch; storage is folded when it can be in all of them. */
static void windows(void **state)
{
    (void)state;
    static const struct {
        const char *schedule;
        int rows;
    } cases[] = {{"out specialize(gain > 2, vectorize(x, 4)), vectorize(x, 8)\n", 2},
                 {"out specialize(gain > 2, split(y, yo, yi, 4), rename(yo, y)), vectorize(x, 8)\n", 8},
                 {"out specialize(gain > 2), split(y, yo, yi, 4), rename(yo, y)\n", 8}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (int gain = 1; gain < 6; gain += 2) {
            char sched[256];
            snprintf(sched, sizeof sched, "%ssoft store_root(), compute_at(out, y)\n", cases[i].schedule);
            counted k = BLEND(10, 20, gain, .schedule = sched);
            assert_int_equal(count_stores(&k, "soft"), 10 * 21);
            assert_int_equal(count_of(&k, "soft")->elements, 32 * cases[i].rows);
            count_free(&k);
        }
}

static void failing(void **state)
{
    (void)state;
    const char *sched = "out specialize(gain == 1, vectorize(x, 8)), specialize_fail(\"gain must be 1\")\n"
                        "soft compute_root()\n";
    counted k = BLEND(8, 2, 1, .schedule = sched);
    assert_int_equal(count_stores(&k, "soft"), 8 * 3);
    count_free(&k);
    k = BLEND(8, 2, 2, .schedule = sched, .code = CB_ERR_REQUIREMENT);
    assert_non_null(strstr(k.message, "not specialised for these arguments"));
    assert_int_equal(count_stores(&k, "out"), 0);
    count_free(&k);
}

/* Updates are specialised on their own. */
COUNT_PROGRAM(sums,
    Input(in, i32, 1);
    Output(out, i32, 1);
    Param(n, i32, 4, 0, 100);
    Funcs(total);
    Vars(x);
    RDom(r, (0, n));
    define(total(x) = x);
    define(total(x) += (in(x + r) & 255) * n);
    define(out(x) = total(x));
)

static void of_updates(void **state)
{
    (void)state;
    const char *sched = "total.update 0 specialize(n == 4, unroll(r), vectorize(x, 4)), vectorize(x, 2)\n"
                        "total compute_root()\n";
    for (int n = 0; n < 6; n++) {
        counted k = count_run(&(count_case){.make = sums, .out = {{3, 9, 0}}, .param = {n},
                                            .schedule = sched});
        assert_int_equal(count_evals(&k, "total", 0), 9 * n);
        assert_int_equal(count_of(&k, "total")->store_lanes, n == 4 ? 4 : n ? 2 : 1);
        count_free(&k);
    }
}

/* The same in C, printed as text that reads back. */
COUNT_PROGRAM(in_c,
    Input(in, u16, 2);
    Output(out, u16, 2);
    Param(gain, i32, 1, 0, 9);
    Knob(limit, 16, 1, 64, 1);
    Vars(x, y);
    define(out(x, y) = in(x, y) * u16(gain));
    schedule(out, specialize(gain == 2 && min(out.extent(0), 99) >= limit, unroll(y, 2),
                             specialize(in.extent(1) > 4, vectorize(x, 8)), vectorize(x, 4)),
             specialize(!(gain > 5 || gain < 1)), specialize_fail("no such gain"));
)

static void words(void **state)
{
    (void)state;
    count_case q = {.make = in_c, .out = {{0, 16, 0}, {0, 8, 0}}, .param = {2}};
    counted k = count_run(&q);
    assert_int_equal(count_of(&k, "out")->store_lanes, 8);
    text t;
    text_init(&t, k.c->a);
    schedule_print(&t, k.p->sched);
    assert_string_equal(
        text_str(&t),
        "knob limit = 16 in 1..64\n\n"
        "out  specialize(gain == 2 && min(out.extent(0), 99) >= limit, unroll(y, 2), "
        "specialize(in.extent(1) > 4, vectorize(x, 8)), vectorize(x, 4)), "
        "specialize(!(gain > 5 || gain < 1)), specialize_fail(\"no such gain\")\n");
    q.schedule = text_str(&t);
    counted again = count_run(&q);
    assert_int_equal(count_of(&again, "out")->store_ops, count_of(&k, "out")->store_ops);
    count_free(&again);
    count_free(&k);
}

static void expanded(void **state)
{
    (void)state;
    count_case q = {.make = blend, .out = {{0, 16, 0}, {0, 8, 0}}, .param = {1},
                    .schedule = "out split(y, yo, yi, 2), specialize(gain == 1, specialize(gain < 5), vectorize(x, 8)), parallel(yo)\n"
                                "soft compute_at(out, yo)\n"};
    counted k = count_run(&q);
    text t;
    text_init(&t, k.c->a);
    schedule_expand(&t, k.p);
    assert_non_null(strstr(text_str(&t), "    specialize(gain == 1,\n        specialize(gain < 5,\n"));
    q.schedule = text_str(&t);
    counted again = count_run(&q);
    assert_int_equal(count_of(&again, "out")->store_ops, count_of(&k, "out")->store_ops);
    assert_int_equal(again.shape.parallel, k.shape.parallel);
    text u;
    text_init(&u, again.c->a);
    schedule_expand(&u, again.p);
    count_free(&again);
    count_free(&k);
}

/* What a person reads of it. */
static void nest(void **state)
{
    (void)state;
    counted k = BLEND(8, 2, 1, .schedule = "out specialize(gain == 1, vectorize(x, 8)), specialize(gain == 0, parallel(y))\n");
    low *L = count_lower(k.p, "simplify");
    assert_non_null(L);
    text t;
    text_init(&t, L->ctx->a);
    low_print_nest(&t, L);
    static const char *const parts[] = {"  if gain == 1:\n", "vectorized x.v in [0, 7]:", "  else:\n", "    if gain == 0:\n",
                                        "      parallel y:\n"};
    const char *at = text_str(&t);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        at = strstr(at, parts[i]);
        if (!at) fail_msg("no %s in\n%s", parts[i], text_str(&t));
    }
    low_free(L);
    count_free(&k);
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *schedule, *text;
    } cases[] = {
        {"out specialize(gain)\n", "'gain' is a number (i32) and not a condition"},
        {"out specialize(gane == 1)\n", "'gane' is neither a knob"},
        {"out specialize(soft.extent(0) == 1)\n", "'soft' is neither an input nor an output"},
        {"out specialize(in.extent(2) == 1)\n", "'in' has no dimension 2"},
        {"out specialize(in.size(0) == 1)\n", "'in.size' cannot be called in a condition"},
        {"out specialize(gain == 1 && 2)\n", "error[bad-condition]"},
        {"out specialize(gain == 1, compute_root())\n", "this is about 'out' as a whole"},
        {"out specialize(gain == 1), specialize(gain == 1, vectorize(x, 8))\n", "an earlier branch"},
        {"out specialize_fail(\"no\")\n", "'out' would always fail"},
        {"out specialize(gain == 1), specialize_fail(\"no\"), parallel(y)\n", "never have an effect"},
        {"out specialize(gain == 1, split(x, xo, xi, 4))\nsoft compute_at(out, xo)\n", "no loop 'xo'"},
        {"out specialize(gain == 1, vectorize(y, 4)), vectorize(x, 4)\nsoft compute_at(out, x)\n",
         "error[inside-vector]"},
        {"out specialize(gain == 1, parallel(y))\nsoft store_root(), compute_at(out, y)\n",
         "error[storage-race]"},
        {"soft specialize(gain == 1)\n", "error[inlined-stage]"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        count_refused(&(count_case){.make = blend, .schedule = cases[i].schedule}, cases[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_match), cmocka_unit_test(loops_so_far),
        cmocka_unit_test(nothing_for_nothing), cmocka_unit_test(nested),
        cmocka_unit_test(divides), cmocka_unit_test(constants), cmocka_unit_test(dense_where_it_can_be),
        cmocka_unit_test(windows), cmocka_unit_test(failing), cmocka_unit_test(of_updates),
        cmocka_unit_test(words), cmocka_unit_test(nest), cmocka_unit_test(expanded), cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
