/* tests/unit/test_prefetch.c: what is fetched ahead: each line of the cache once, for the right iteration. Values are compared with the
 * interpreter each time. (In the rig an input has a row of one element more; a line is 16 elements of 32 bits.) */
#include "count.h"

#define PROGRAM(name, ...) COUNT_PROGRAM(name, Input(in, u32, 2); Output(out, u32, 2); Vars(x, y); __VA_ARGS__)

PROGRAM(rows,
    define(out(x, y) = in(x, y) + in(x, y + 1) + in(x, y + 2));
)

/* Rows 2 further down than the one that each iteration is the first to read; a share of their lines in every column. */
static void new_rows(void **state)
{
    (void)state;
    static const struct {
        const char *how;
        int width, fetches;
    } cases[] = {
        {"out prefetch(in, y, 2)\n", 64, 4 * 8},
        {"out prefetch(in, y, 2), vectorize(x, 8)\n", 64, 4 * 8},
        {"out prefetch(in, y, 2), vectorize(x, 32)\n", 64, 4 * 8},
        {"out prefetch(in, y, 2), vectorize(x, 8)\n", 50, 4 * 8},
        {"out prefetch(in, y, 2), unroll(x, 4)\n", 64, 4 * 8},
        {"out split(x, x, xi, 16), prefetch(in, y, 2), vectorize(xi, 8)\n", 64, 4 * 8},
        {"out prefetch(in, y, 2), vectorize(x, 8), stream_stores()\n", 64, 4 * 8},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        counted k = COUNT_RUN(rows, cases[i].width, 10, .schedule = cases[i].how);
        const count_buffer *in = count_of(&k, "in");
        assert_int_equal(in->fetches, cases[i].fetches);
        assert_int_equal(in->fetch_lo, (2 + 2) * (cases[i].width + 1));
        assert_int_equal(in->fetch_hi, (7 + 2 + 2) * (cases[i].width + 1) + 48);
        count_free(&k);
    }
}

/* Upwards the new row is the first one. */
PROGRAM(upwards,
    define(out(x, y) = in(x, 20 - y) + in(x, 21 - y));
)

static void rows_going_up(void **state)
{
    (void)state;
    counted k = COUNT_RUN(upwards, 64, 10, .schedule = "out prefetch(in, y, 1)\n");
    assert_int_equal(count_of(&k, "in")->fetches, 4 * 9);
    int64_t first = 11; /* row of the input that its memory begins with */
    assert_int_equal(count_of(&k, "in")->fetch_hi, (19 - first) * 65 + 48);
    count_free(&k);
}

/* A window reads its new row alone; the iteration that fills it is not taken for the usual one. */
PROGRAM(window,
    Funcs(f);
    define(f(x, y) = in(x, y) * 3);
    define(out(x, y) = f(x, y) + f(x, y + 1) + f(x, y + 4));
)

static void windows(void **state)
{
    (void)state;
    static const char *const how[] = {
        "f store_root(), compute_at(out, y)\nout prefetch(in, y, 1)\n",
        "f store_root(), compute_at(out, y), vectorize(x, 16)\nout prefetch(in, y, 1), vectorize(x, 16)\n",
        "out split(y, yo, yi, 5), prefetch(in, yi, 1), parallel(yo)\nf store_at(out, yo), compute_at(out, yi)\n",
    };
    for (size_t i = 0; i < COUNT_OF(how); i++) {
        counted k = COUNT_RUN(window, 64, 10, .schedule = how[i]);
        assert_int_equal(count_of(&k, "in")->fetches, 4 * (i < 2 ? 9 : 2 * 4)); /* the last iteration of a loop has none after it */
        assert_int_equal(count_of(&k, "in")->fetch_lo, 5 * 65);
        assert_int_equal(count_of(&k, "in")->fetch_hi, 13 * 65 + 48);
        count_free(&k);
    }
}

/* Storage of a Func, in its own order; a circular buffer is fetched from where the row will be. */
PROGRAM(stored,
    Funcs(f);
    define(f(x, y) = (in(x, y), in(x, y) + 1));
    define(out(x, y) = f(x, y)[0] + f(x, y + 1)[1]);
)

static void stored_funcs(void **state)
{
    (void)state;
    counted k = COUNT_RUN(stored, 64, 10, .schedule = "f compute_root()\nout prefetch(f, y, 1)\n");
    assert_int_equal(count_of(&k, "f.0")->fetches, 4 * 9);
    assert_int_equal(count_of(&k, "f.1")->fetch_hi, 10 * 64 + 48);
    count_free(&k);
    k = COUNT_RUN(stored, 64, 10, .schedule = "f compute_root(), reorder_storage(y, x)\nout prefetch(f, y, 1)\n");
    assert_int_equal(count_of(&k, "f.0")->fetches, 64 * 9); /* one of each column */
    count_free(&k);
    k = COUNT_RUN(stored, 64, 10, .schedule = "f store_root(), compute_at(out, y)\nout prefetch(f, y, 1)\n");
    assert_true(count_of(&k, "f.0")->fetch_hi < count_of(&k, "f.0")->elements);
    count_free(&k);
}

/* Several planes; more iterations than lines; a domain. */
COUNT_PROGRAM(planes,
    Input(in, u32, 3); Output(out, u32, 2); Vars(x, y);
    define(out(x, y) = in(x, y, 0) + in(x, y, 1) * in(x, y, 2));
)
COUNT_PROGRAM(sums,
    Input(in, u32, 2); Output(out, u32, 1); Vars(x); RDom(r, (0, 10));
    define(out(x) = 0);
    define(out(x) += in(x, r));
)

static void planes_and_domains(void **state)
{
    (void)state;
    counted k = COUNT_RUN(planes, 40, 10, .schedule = "out prefetch(in, y, 1)\n");
    assert_int_equal(count_of(&k, "in")->fetches, 3 * 3 * 9);
    count_free(&k);
    k = COUNT_RUN(sums, 640, 1, .schedule = "out.update 0 reorder(x, r), prefetch(in, r, 3), vectorize(x, 16)\n");
    assert_int_equal(count_of(&k, "in")->fetches, 40 * 7);
    assert_int_equal(count_of(&k, "in")->fetch_lo, 3 * 641);
    count_free(&k);
    k = COUNT_RUN(sums, 640, 1, .schedule = "out.update 0 reorder(r, x), prefetch(in, x, 16)\n");
    assert_int_equal(count_of(&k, "in")->fetches, 624 * 10); /* a column of ten rows is ten lines */
    count_free(&k);
}

/* As C has it. */
COUNT_PROGRAM(in_words,
    Input(in, u32, 2); Output(out, u32, 2); Vars(x, y);
    define(out(x, y) = in(x, y) + in(x, y + 1));
    schedule(out, vectorize(x, 8), prefetch(in, y, 2));
)

static void in_c(void **state)
{
    (void)state;
    counted k = COUNT_RUN(in_words, 64, 3, .schedule = NULL);
    assert_int_equal(count_of(&k, "in")->fetches, 4);
    count_free(&k);
    k = COUNT_RUN(rows, 64, 3, .schedule = "out prefetch(in, y, 2147483647)\n"); /* there is no such iteration */
    assert_int_equal(count_of(&k, "in")->fetches, 0);
    count_free(&k);
    k = COUNT_RUN(rows, 64, 3, .schedule = NULL);
    assert_int_equal(count_of(&k, "in")->fetches, 0);
    count_free(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_rows),     cmocka_unit_test(rows_going_up),      cmocka_unit_test(windows),
        cmocka_unit_test(stored_funcs), cmocka_unit_test(planes_and_domains), cmocka_unit_test(in_c),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
