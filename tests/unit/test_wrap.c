/* Funcs that schedules make: wrap and clone, by what they compute and how often. Values are compared
 * with the interpreter, which knows nothing of them, each time. */
#include "count.h"

/* Two readers of blur_x, and one of those read by another Func: a diamond. */
COUNT_PROGRAM(diamond,
    Input(in, u16, 2);
    Output(out, u16, 2);
    Funcs(base, left, right);
    Vars(x, y);
    define(base(x, y) = in(x, y) * 3 + in(x + 1, y));
    define(left(x, y) = base(x - 1, y) + base(x, y));
    define(right(x, y) = base(x, y) + base(x, y + 2));
    define(out(x, y) = left(x, y) + right(x, y) * left(x + 1, y));
)

/* A Func with updates, two values, read by an update with a domain. */
COUNT_PROGRAM(sums,
    Input(in, i32, 2);
    Output(out, i32, 2);
    Funcs(pair, total);
    Vars(x, y);
    RDom(r, (0, 5));
    RDom(k, (0, 3));
    define(pair(x, y) = (in(x, y) & 15, x));
    define(pair(x, y) = (pair(x, y)[0] + (in(x + k, y) & 7), pair(x, y)[1] + k));
    define(total(x, y) = 0);
    define(total(x, y) += pair(x + r, y)[0] - pair(x, y + r)[1]);
    define(out(x, y) = total(x, y) + pair(x, y)[1]);
)

#define DIAMOND(w, h, ...) \
    count_run(&(count_case){.make = diamond, .out = {{0, w, 0}, {-3, h, 0}}, __VA_ARGS__})
#define SUMS(w, h, ...) \
    count_run(&(count_case){.make = sums, .out = {{2, w, 0}, {0, h, 0}}, __VA_ARGS__})

/* base is computed once; left gets at it through a copy made per row. */
static void one_reader(void **state)
{
    (void)state;
    counted k = DIAMOND(16, 8, .schedule = "base compute_root(), wrap(base_row, left)\n"
                                           "left compute_root()\n"
                                           "base_row compute_at(left, y), vectorize(x, 8)\n"
                                           "right compute_root()\n");
    assert_int_equal(count_stores(&k, "base"), 18 * 10);
    assert_int_equal(count_stores(&k, "base_row"), 18 * 8);
    assert_int_equal(count_of(&k, "base_row")->allocations, 8);
    assert_int_equal(count_of(&k, "base_row")->loads, 2 * 17 * 8);
    assert_int_equal(count_of(&k, "base_row")->store_lanes, 8);
    assert_int_equal(count_of(&k, "base")->loads, 18 * 8 + 2 * 16 * 8);
    count_free(&k);
}

static void several_and_all(void **state)
{
    (void)state;
    static const char *const scheds[] = {
        "base compute_root(), wrap(copy, left, right)\ncopy compute_root()\n",
        "base compute_root(), wrap(copy)\ncopy compute_root()\n",
        "copy compute_root()\nbase wrap(copy), compute_root()\n",
        "copy compute_root()\nbase wrap(copy, right, left)\nbase compute_root()\n",
    };
    for (size_t i = 0; i < COUNT_OF(scheds); i++) {
        counted k = DIAMOND(16, 8, .schedule = scheds[i]);
        assert_int_equal(count_stores(&k, "base"), 18 * 10);
        assert_int_equal(count_stores(&k, "copy"), 18 * 10);
        count_free(&k);
    }
}

/* A wrapper of an inlined Func computes it; one that is inlined itself leaves no trace. */
static void of_inlined(void **state)
{
    (void)state;
    counted k = DIAMOND(16, 8, .schedule = "base wrap(copy, right)\ncopy compute_root()\n");
    assert_int_equal(count_stores(&k, "base"), 0);
    assert_int_equal(count_stores(&k, "copy"), 16 * 10);
    count_free(&k);
    k = DIAMOND(16, 8, .schedule = "base compute_root(), wrap(copy, right)\n");
    assert_int_equal(count_stores(&k, "copy"), 0);
    assert_int_equal(count_stores(&k, "base"), 18 * 10);
    count_free(&k);
}

/* Each copy of an input is a stage of its own. */
static void of_inputs(void **state)
{
    (void)state;
    counted k = DIAMOND(16, 8, .schedule = "in wrap(tile)\nbase compute_root(), split(y, yo, yi, 4)\n"
                                           "tile compute_at(base, yo), vectorize(x, 8)\n"
                                           "left compute_root()\nright compute_root()\n");
    assert_int_equal(count_of(&k, "in")->loads, 19 * 10);
    assert_int_equal(count_stores(&k, "tile"), 19 * 10);
    assert_int_equal(count_of(&k, "tile")->loads, 2 * 18 * 10);
    count_free(&k);
}

static void copies_of_copies(void **state)
{
    (void)state;
    static const char *const scheds[] = {
        "base compute_root(), wrap(a, right)\na compute_root(), wrap(b, right)\nb compute_root()\n",
        "a wrap(b), compute_root()\nb compute_root()\nbase wrap(a, right)\nbase compute_root()\n",
    };
    for (size_t i = 0; i < COUNT_OF(scheds); i++) {
        counted k = DIAMOND(16, 8, .schedule = scheds[i]);
        assert_int_equal(count_stores(&k, "base"), 18 * 10); /* left reads it */
        assert_int_equal(count_stores(&k, "a"), 16 * 10);
        assert_int_equal(count_stores(&k, "b"), 16 * 10);
        count_free(&k);
    }
}

/* A clone is computed where its own reader needs it; the original only for the others. */
static void clones(void **state)
{
    (void)state;
    counted k = DIAMOND(16, 8, .schedule = "base compute_root(), clone(again, right)\n"
                                           "right compute_root()\n"
                                           "again compute_at(right, y), store_root()\n");
    assert_int_equal(count_stores(&k, "base"), 18 * 8);
    assert_int_equal(count_stores(&k, "again"), 16 * 10);
    assert_int_equal(count_of(&k, "again")->elements, 32 * 4); /* a window of rows */
    count_free(&k);
    /* wrappers copy, clones compute again: the input is read twice as often */
    k = DIAMOND(16, 8, .schedule = "base compute_root(), wrap(copy, right)\ncopy compute_root()\n");
    int64_t wrapped = count_of(&k, "in")->loads;
    count_free(&k);
    k = DIAMOND(16, 8, .schedule = "base compute_root(), clone(copy, right)\ncopy compute_root()\n");
    assert_int_equal(wrapped, 2 * 18 * 10);
    assert_int_equal(count_of(&k, "in")->loads, 2 * (18 * 8 + 16 * 10));
    count_free(&k);
}

/* A Func read by one that two others read. */
COUNT_PROGRAM(shared,
    Input(in, u16, 2);
    Output(out, u16, 2);
    Funcs(base, mid, left, right);
    Vars(x, y);
    define(base(x, y) = in(x, y) * 3 + in(x + 1, y));
    define(mid(x, y) = base(x, y) + base(x, y + 1));
    define(left(x, y) = mid(x, y) + 1);
    define(right(x, y) = mid(x + 1, y) + 2);
    define(out(x, y) = left(x, y) * right(x, y));
)

/* What a clone reads is decided by directives that name it, in any order. */
static void clones_of_readers(void **state)
{
    (void)state;
    static const char *const scheds[] = {
        "mid clone(mid2, right), compute_root()\nbase wrap(copy, mid2)\nmid2 compute_root()\n"
        "copy compute_root()\n",
        "copy compute_root()\nbase wrap(copy, mid2)\nmid2 compute_root()\n"
        "mid compute_root(), clone(mid2, right)\n",
        /* "all readers" are those of what was cloned as well, if nothing else is said of them */
        "mid clone(mid2, right), compute_root()\nbase wrap(copy), wrap(other, mid)\n"
        "mid2 compute_root()\ncopy compute_root()\n",
    };
    for (size_t i = 0; i < COUNT_OF(scheds); i++) {
        counted k = count_run(&(count_case){.make = shared, .out = {{0, 8, 0}, {0, 4, 0}},
                                            .schedule = scheds[i]});
        assert_int_equal(count_stores(&k, "mid"), 8 * 4);
        assert_int_equal(count_stores(&k, "mid2"), 8 * 4);
        assert_int_equal(count_stores(&k, "copy"), 8 * 5);
        assert_int_equal(count_of(&k, "copy")->loads, 2 * 8 * 4); /* mid2 reads it, mid does not */
        count_free(&k);
    }
}

static void tuples_and_updates(void **state)
{
    (void)state;
    counted k = SUMS(9, 6, .schedule = "pair wrap(copy, total)\ncopy compute_root()\n");
    assert_int_equal(count_of(&k, "copy.0")->stores, 13 * 10);
    count_free(&k);
    k = SUMS(9, 6, .schedule = "pair clone(again, total)\nagain compute_at(total.update 0, y)\n"
                               "total compute_root()\nagain.update 0 unroll(k)\n");
    assert_int_equal(count_of(&k, "again.0")->allocations, 6);
    assert_int_equal(count_of(&k, "pair.1")->stores, 9 * 6 * 4);
    count_free(&k);
}

/* The same in C: names are declared as Funcs, and scheduled like any. */
COUNT_PROGRAM(in_c,
    Input(in, u16, 2);
    Output(out, u16, 2);
    Funcs(base, left, right, tile, again);
    Vars(x, y);
    define(base(x, y) = in(x, y) * 3 + in(x + 1, y));
    define(left(x, y) = base(x - 1, y) + base(x, y));
    define(right(x, y) = base(x, y) + base(x, y + 2));
    define(out(x, y) = left(x, y) + right(x, y) * left(x + 1, y));
    schedule(tile, compute_root(), vectorize(x, 4));
    schedule(in, wrap(tile, base));
    schedule(base, clone(again, right), compute_root());
    schedule(again, compute_root());
)

static void words(void **state)
{
    (void)state;
    counted k = count_run(&(count_case){.make = in_c, .out = {{0, 16, 0}, {0, 8, 0}}});
    assert_int_equal(count_of(&k, "tile")->store_lanes, 4);
    assert_int_equal(count_stores(&k, "again"), 16 * 10);
    text t;
    text_init(&t, k.c->a);
    schedule_print(&t, k.p->sched);
    assert_string_equal(text_str(&t), "tile   compute_root(), vectorize(x, 4)\n"
                                      "in     wrap(tile, base)\n"
                                      "base   clone(again, right), compute_root()\n"
                                      "again  compute_root()\n");
    count_free(&k);
}

/* What expand prints can be read and gives the same program. */
static void expanded(void **state)
{
    (void)state;
    count_case q = {.make = diamond, .out = {{0, 16, 0}, {0, 8, 0}},
                    .schedule = "in wrap(tile)\nbase compute_root(), clone(again, right), wrap(copy)\n"
                                "again compute_root()\ncopy compute_root(), vectorize(x, 8)\n"};
    counted k = count_run(&q);
    text t;
    text_init(&t, k.c->a);
    schedule_expand(&t, k.p);
    assert_non_null(strstr(text_str(&t), "wrap(copy),"));
    assert_non_null(strstr(text_str(&t), "# all its other readers read 'copy' instead of 'base'"));
    assert_non_null(strstr(text_str(&t), "# right reads 'again' instead of 'base'"));
    assert_non_null(strstr(text_str(&t), "stage in:\n    wrap(tile)"));
    q.schedule = text_str(&t);
    counted again = count_run(&q);
    assert_int_equal(count_stores(&k, "copy"), count_stores(&again, "copy"));
    assert_int_equal(k.shape.vector_stores, again.shape.vector_stores);
    count_free(&again);
    count_free(&k);
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *schedule, *text;
    } cases[] = {
        {"base wrap(left)\n", "the name 'left' is in use"},
        {"base wrap(in)\n", "the name 'in' is in use"},
        {"base wrap(a, left)\nbase wrap(a, right)\n", "the name 'a' is in use"},
        {"base wrap(a, out)\n", "'out' does not read 'base'"},
        {"base wrap(a, lft)\n", "the pipeline has no Func 'lft'"},
        {"base wrap(a, a)\n", "'a' cannot read what is made from it"},
        {"base wrap(a, in)\n", "'in' is an input and reads nothing"},
        {"base wrap(a, left, left)\n", "'left' reads 'a' instead of 'base' already"},
        {"base wrap(a, left), clone(b, left)\n", "'left' reads 'a' instead of 'base' already"},
        {"base wrap(a), wrap(b)\n", "all readers of 'base' read 'a' already"},
        {"base wrap(a, left), wrap(b, a)\n", "'a' is itself a copy of 'base'"},
        {"out wrap(a)\n", "nothing reads 'out'"},
        {"in clone(a, base)\n", "'in' is an input and has no definition to repeat"},
        {"base clone(a, left, right)\n", "then nothing would read 'base'"},
        {"a wrap(b)\nb wrap(a)\n", "the pipeline has no stage 'a'"},
        {"in wrap(a), compute_root()\n", "'in' is an input"},
        {"base wrap(a, out)\n", "'out' gets at it through 'left'"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        count_refused(&(count_case){.make = diamond, .schedule = cases[i].schedule}, cases[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_reader),   cmocka_unit_test(several_and_all),
        cmocka_unit_test(of_inlined),   cmocka_unit_test(of_inputs),
        cmocka_unit_test(copies_of_copies), cmocka_unit_test(clones),
        cmocka_unit_test(clones_of_readers), cmocka_unit_test(tuples_and_updates),
        cmocka_unit_test(words),        cmocka_unit_test(expanded),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
