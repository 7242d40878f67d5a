/* Storage and regions by count: what slides, what is kept, where it is allocated and how large it is, and
 * what the promises and alignments of a schedule do to it. */
#include "count.h"

/* ---- programs -------------------------------------------------------------------------------- */

COUNT_PROGRAM(blur,
    Input(in, u8, 2);
    Output(out, i32, 2);
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = in(x, y) + x);
    define(out(x, y) = f(x, y - 1) + f(x, y) + f(x, y + 1));
)

/* A stencil in both dimensions. */
COUNT_PROGRAM(square,
    Input(in, u8, 2);
    Output(out, i32, 2);
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = i32(in(x, y))*3 + y);
    define(out(x, y) = f(x - 1, y - 1) + f(x, y) + f(x + 1, y + 1));
)

/* Rows are needed last first. */
COUNT_PROGRAM(backwards,
    Input(in, u8, 2);
    Output(out, i32, 2);
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = i32(in(x, y)) + 1);
    define(out(x, y) = f(x, 100 - y) + f(x, 102 - y)*2);
)

/* Two readers of f, one of which reads the other. */
COUNT_PROGRAM(two_readers,
    Input(in, u8, 2);
    Output(out, i32, 2);
    Funcs(f, g);
    Vars(x, y);
    define(f(x, y) = i32(in(x, y)) + 1);
    define(g(x, y) = f(x, y - 1) + f(x, y));
    define(out(x, y) = g(x, y) + g(x, y - 1) + f(x, y + 1));
)

/* A Func with a reduction in x, pure in y. */
COUNT_PROGRAM(reduced,
    Input(in, u8, 2);
    Output(out, i32, 2);
    Funcs(f);
    Vars(x, y);
    RDom(r, (0, 3));
    define(f(x, y) = i32(0));
    define(f(x, y) += in(x + r, y));
    define(out(x, y) = f(x, y) + f(x, y + 2));
)

/* Row y needs f up to y: storage that grows from iteration to iteration. */
COUNT_PROGRAM(triangle,
    Input(in, u8, 1);
    Output(out, i32, 1);
    Funcs(f, g);
    Vars(x);
    RDom(r, (0, 20), (0, 20));
    where(r, r.x <= r.y);
    define(f(x) = i32(in(x)) + 1);
    define(g(x) = i32(0));
    define(g(r.y) += f(r.x));
    define(out(x) = g(clamp(x, 0, 19)));
)

/* Four values of one column at a time. */
COUNT_PROGRAM(column,
    Input(in, u8, 2);
    Output(out, i32, 2);
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = i32(in(x, y)) * 2);
    define(out(x, y) = f(x, (y / 4) * 4) + f(x, (y / 4) * 4 + 3));
)

static int64_t evals(pipeline *(*make)(cb_context *), int w, int h, const char *f, int update, const char *how)
{
    counted k = COUNT_RUN(make, w, h, .schedule = how);
    int64_t n = count_evals(&k, f, update);
    count_free(&k);
    return n;
}

/* Elements of the largest allocation of `f`. */
static int64_t elements(pipeline *(*make)(cb_context *), int w, int h, const char *f, const char *how)
{
    counted k = COUNT_RUN(make, w, h, .schedule = how);
    int64_t n = count_of(&k, f)->elements;
    count_free(&k);
    return n;
}

/* ---- sliding --------------------------------------------------------------------------------- */

/* Every row once, whatever the window moves along; storage of the rows in use. Rows are 32 elements apart: 128 bytes. */
static void sliding(void **state)
{
    (void)state;
    static const char *const by_row = "f store_root(), compute_at(out, y)\n";
    assert_int_equal(evals(blur, 30, 20, "f", -1, "f compute_at(out, y)\n"), 30 * 20 * 3);
    assert_int_equal(evals(blur, 30, 20, "f", -1, by_row), 30 * 22);
    assert_int_equal(elements(blur, 30, 20, "f", by_row), 32 * 4);
    /* rows along y and columns along x at once */
    static const char *const by_element = "f store_root(), compute_at(out, x)\n";
    assert_int_equal(evals(square, 30, 20, "f", -1, by_element), 32 * 22);
    assert_int_equal(elements(square, 30, 20, "f", by_element), 32 * 4);
    /* a window that moves backwards */
    assert_int_equal(evals(backwards, 30, 20, "f", -1, by_row), 30 * 22);
    assert_int_equal(elements(backwards, 30, 20, "f", by_row), 32 * 4);
    /* two readers, one of which slides itself */
    static const char *const both = "f store_root(), compute_at(out, y)\ng store_root(), compute_at(out, y)\n";
    assert_int_equal(evals(two_readers, 30, 20, "f", -1, both), 30 * 23);
    assert_int_equal(evals(two_readers, 30, 20, "g", -1, both), 30 * 21);
    assert_int_equal(elements(two_readers, 30, 20, "f", both), 32 * 4);
    assert_int_equal(elements(two_readers, 30, 20, "g", both), 32 * 2);
    /* both definitions of a Func with an update, on new rows only */
    assert_int_equal(evals(reduced, 30, 20, "f", -1, by_row), 30 * 22);
    assert_int_equal(evals(reduced, 30, 20, "f", 0, by_row), 30 * 22 * 3);
}

/* Through unrolled loops, through tails, and inside of a loop that begins anew. */
static void sliding_through_splits(void **state)
{
    (void)state;
    assert_int_equal(evals(blur, 30, 20, "f", -1,
                           "out split(y, yo, yi, 4), unroll(yi)\nf store_at(out, yo), compute_at(out, yi)\n"),
                     30 * 5 * 6);
    static const char *const tails[] = {"guard", "predicate", "shift_inwards"};
    for (size_t i = 0; i < COUNT_OF(tails); i++) {
        char how[200];
        snprintf(how, sizeof how, "out split(y, yo, yi, 4, %s)\nf store_root(), compute_at(out, yo)\n", tails[i]);
        assert_int_equal(evals(blur, 30, 21, "f", -1, how), 30 * 23);
    }
    static const char *const inner = "out split(y, yo, yi, 4)\nf store_root(), compute_at(out, yi)\n";
    assert_int_equal(evals(blur, 30, 21, "f", -1, inner), 30 * (5 * 6 + 3));
    assert_int_equal(elements(blur, 30, 21, "f", inner), 32 * 4);
    assert_int_equal(evals(blur, 29, 21, "f", -1, "out vectorize(x, 8)\nf store_root(), compute_at(out, x), vectorize(x, 8)\n"),
                     29 * 23);
    /* a parallel loop between would share the storage */
    count_refused(&(count_case){.make = blur, .schedule = "out parallel(y)\nf store_root(), compute_at(out, y)\n"},
                  "error[storage-race]");
}

/* ---- folding --------------------------------------------------------------------------------- */

static void folding(void **state)
{
    (void)state;
    static const char *const three = "f store_root(), compute_at(out, y), fold_storage(y, 3)\n";
    assert_int_equal(elements(blur, 30, 20, "f", three), 32 * 3);
    assert_int_equal(elements(backwards, 30, 20, "f", three), 32 * 3);
    assert_int_equal(evals(backwards, 30, 20, "f", -1, three), 30 * 22);
    /* bound_storage bounds the circular buffer */
    assert_int_equal(elements(blur, 30, 20, "f", "f store_root(), compute_at(out, y), bound_storage(y, 3)\n"), 32 * 3);
    /* nothing slides: any dimension, as all of it is computed each time */
    assert_int_equal(elements(blur, 30, 20, "f", "f compute_at(out, y), fold_storage(y, 5)\n"), 32 * 5);
    /* a size that only the run can tell */
    counted k = COUNT_RUN(blur, 30, 20, .schedule = "f compute_root(), fold_storage(x, 32)\n");
    assert_int_equal(count_evals(&k, "f", -1), 30 * 22);
    count_free(&k);
    k = COUNT_RUN(blur, 33, 20, .code = CB_ERR_CONSTRAINT, .schedule = "f compute_root(), fold_storage(x, 32)\n");
    assert_non_null(strstr(k.message, "fold_storage() keeps"));
    count_free(&k);

    count_case q = {.make = blur, .schedule = "f store_root(), compute_at(out, y), fold_storage(y, 2)\n"};
    count_refused(&q, "error[bad-fold]: fold_storage(y, 2): at least 3 elements of 'f' are in use at a time");
    q.schedule = "f store_root(), compute_at(out, y), fold_storage(x, 64)\n";
    count_refused(&q, "slides along dimension y in an outer loop, which keeps all of dimension x");
    q.schedule = "f store_root(), compute_at(out, y), fold_storage(y, 4), split(y, a, b, 2, round_up)\n";
    count_refused(&q, "error[bad-fold]: fold_storage(y, 4): production stores beyond the region");
    q.schedule = "f compute_root(), fold_storage(y, 4), fold_storage(x, 4)\n";
    count_refused(&q, "storage is folded in one dimension only");
    q.schedule = "f compute_root(), fold_storage(y, 4), bound_storage(y, 3)\n";
    count_refused(&q, "a circular buffer of 4 is larger than the bound");
}

/* ---- hoisting -------------------------------------------------------------------------------- */

static void hoisting(void **state)
{
    (void)state;
    counted k = COUNT_RUN(blur, 30, 20, .schedule = "f compute_at(out, y)\n");
    assert_int_equal(count_of(&k, "f")->allocations, 20);
    count_free(&k);
    k = COUNT_RUN(blur, 30, 20, .schedule = "f compute_at(out, y), hoist_storage_root()\n");
    assert_int_equal(count_of(&k, "f")->allocations, 1);
    assert_int_equal(count_of(&k, "f")->elements, 32 * 3);
    assert_int_equal(count_evals(&k, "f", -1), 30 * 20 * 3); /* nothing is kept from row to row */
    count_free(&k);
    k = COUNT_RUN(blur, 30, 20, .schedule = "out split(y, yo, yi, 5), parallel(yo)\n"
                                      "f compute_at(out, yi), hoist_storage(out, yo)\n");
    assert_int_equal(count_of(&k, "f")->allocations, 4);
    count_free(&k);
    /* the size of the largest iteration */
    k = COUNT_RUN(triangle, 20, 1, .schedule = "g compute_root()\nf compute_at(g.update 0, r.y)\n");
    assert_int_equal(count_of(&k, "f")->allocations, 20);
    int64_t most = count_of(&k, "f")->elements;
    count_free(&k);
    k = COUNT_RUN(triangle, 20, 1, .schedule = "g compute_root()\nf compute_at(g.update 0, r.y), hoist_storage_root()\n");
    assert_int_equal(count_of(&k, "f")->allocations, 1);
    assert_int_equal(count_of(&k, "f")->elements, most);
    count_free(&k);
    /* sliding stays as it is */
    k = COUNT_RUN(blur, 30, 20, .schedule = "out split(x, xo, xi, 8), reorder(xi, y, xo)\n"
                                      "f store_at(out, xo), compute_at(out, y), hoist_storage_root()\n");
    assert_int_equal(count_of(&k, "f")->allocations, 1);
    assert_int_equal(count_evals(&k, "f", -1), 30 * 22);
    count_free(&k);

    /* a loop of one iteration is gone: the next one outward, or where `out` is produced */
    k = COUNT_RUN(blur, 30, 20, .schedule = "out split(y, yo, yi, 1)\nf compute_at(out, x), hoist_storage(out, yi)\n");
    assert_int_equal(count_of(&k, "f")->allocations, 20);
    count_free(&k);
    k = COUNT_RUN(blur, 30, 1, .schedule = "out bound(y, 0, 1)\nf compute_at(out, x), hoist_storage(out, y)\n");
    assert_int_equal(count_of(&k, "f")->allocations, 1);
    assert_int_equal(count_evals(&k, "f", -1), 30 * 3);
    count_free(&k);
    /* each branch has a buffer */
    k = COUNT_RUN(blur, 30, 20, .schedule = "out specialize(out.extent(0) > 8, split(y, yo, yi, 2)), split(y, yo, yi, 4)\n"
                                      "f compute_at(out, yi), hoist_storage_root()\n");
    assert_int_equal(count_of(&k, "f")->allocations, 2);
    count_free(&k);

    count_case q = {.make = blur, .schedule = "out parallel(y)\nf compute_at(out, y), hoist_storage_root()\n"};
    count_refused(&q, "error[storage-race]: hoist_storage_root()");
    q.schedule = "f store_root(), compute_at(out, x), hoist_storage(out, y)\n";
    count_refused(&q, "error[store-level]: hoist_storage(out, y): this is further in than the place where 'f' is stored");
}

/* ---- where and how large --------------------------------------------------------------------- */

static void memory(void **state)
{
    (void)state;
    counted k = COUNT_RUN(blur, 30, 20, .schedule = "out split(x, xo, xi, 8)\nf compute_at(out, xo)\n");
    assert_int_equal(count_of(&k, "f")->memory, MEM_STACK); /* small and constant: unasked */
    assert_int_equal(count_of(&k, "f")->elements, 8 * 3);
    count_free(&k);
    k = COUNT_RUN(blur, 30, 20, .schedule = "f compute_at(out, y)\n");
    assert_int_equal(count_of(&k, "f")->memory, MEM_HEAP);
    count_free(&k);
    k = COUNT_RUN(blur, 30, 20, .schedule = "out split(x, xo, xi, 8)\nf compute_at(out, xo), store_in(heap)\n");
    assert_int_equal(count_of(&k, "f")->memory, MEM_HEAP);
    count_free(&k);
    k = COUNT_RUN(blur, 30, 20, .schedule = "f compute_at(out, y), bound_storage(x, 40), store_in(stack)\n");
    assert_int_equal(count_of(&k, "f")->memory, MEM_STACK);
    assert_int_equal(count_of(&k, "f")->elements, 48 * 3); /* 40, up to a cache line */
    count_free(&k);
    count_refused(&(count_case){.make = blur, .schedule = "f compute_at(out, y), store_in(stack)\n"},
                  "error[not-constant]: store_in(stack): the storage of 'f' on the stack has no constant size");
}

static void registers(void **state)
{
    (void)state;
    counted k = COUNT_RUN(column, 30, 20, .schedule =
        "out bound(y, 0, 20), split(y, yo, yi, 4), reorder(yi, x, yo), unroll(yi)\n"
        "f compute_at(out, x), unroll(y, 4), store_in(register)\n");
    assert_int_equal(count_of(&k, "f")->memory, MEM_REGISTER);
    assert_int_equal(count_of(&k, "f")->elements, 4);
    count_free(&k);
    k = COUNT_RUN(blur, 32, 20, .schedule = "out bound_extent(x, 32), split(x, xo, xi, 8), reorder(xi, y, xo), vectorize(xi)\n"
                                      "f compute_at(out, y), vectorize(x, 8), unroll(y, 3), store_in(register)\n");
    assert_int_equal(count_of(&k, "f")->memory, MEM_REGISTER);
    assert_int_equal(count_of(&k, "f")->store_lanes, 8);
    count_free(&k);
    count_case q = {.make = blur, .schedule = "out split(x, xo, xi, 8)\nf compute_at(out, xo), store_in(register)\n"};
    count_refused(&q, "error[not-in-registers]: store_in(register): 'f' is used at an element that is not a constant");
    q.schedule = "f compute_at(out, y), store_in(register)\n";
    count_refused(&q, "error[not-constant]: store_in(register): the storage of 'f' in registers has no constant size");
    q.schedule = "f compute_root(), bound_storage(x, 64), bound_storage(y, 64), store_in(register)\n";
    count_refused(&q, "is more than the 1024 allowed");
}

static void padding(void **state)
{
    (void)state;
    assert_int_equal(elements(blur, 30, 20, "f", "f compute_root()\n"), 32 * 22);
    assert_int_equal(elements(blur, 30, 20, "f", "f compute_root(), align_storage(x, 1)\n"), 30 * 22);
    assert_int_equal(elements(blur, 30, 20, "f", "f compute_root(), align_storage(x, 20)\n"), 40 * 22);
    assert_int_equal(elements(blur, 30, 20, "f", "f compute_root(), align_storage(y, 8)\n"), 32 * 24);
    assert_int_equal(elements(blur, 30, 20, "f", "f compute_root(), reorder_storage(y, x), align_storage(y, 25)\n"), 25 * 30);
}

static void bounded_storage(void **state)
{
    (void)state;
    count_case q = {.make = blur, .out = {{0, 30, 0}, {0, 20, 0}}, .schedule = "f compute_root(), bound_storage(y, 22)\n"};
    count_free(&(counted[]){count_run(&q)}[0]);
    q.out[1].extent = 21;
    q.code = CB_ERR_CONSTRAINT;
    counted k = count_run(&q);
    assert_non_null(strstr(k.message, "bound_storage() promised"));
    count_free(&k);
    q.schedule = "f compute_at(out, y), bound_storage(y, 2)\n";
    count_refused(&q, "error[storage-bound]: bound_storage(y, 2): the storage of 'f' has at least 3 elements of dimension y, but "
                      "bound_storage() promised 2");
}

/* ---- regions --------------------------------------------------------------------------------- */

static void regions(void **state)
{
    (void)state;
    assert_int_equal(evals(blur, 30, 20, "f", -1, "f compute_root(), align_extent(x, 16)\n"), 32 * 22);
    assert_int_equal(evals(blur, 30, 20, "f", -1, "f compute_root(), align_extent(y, 5)\n"), 30 * 25);
    assert_int_equal(evals(blur, 30, 20, "f", -1, "f compute_root(), align_bounds(y, 4)\n"), 30 * 28);
    assert_int_equal(evals(blur, 30, 20, "f", -1, "f compute_root(), bound_extent(y, 24)\n"), 30 * 24);
    counted k = COUNT_RUN(blur, 30, 20, .schedule = "out bound_extent(x, 30), vectorize(x)\nexpect vectorized(out, 30)\n");
    assert_int_equal(count_of(&k, "out")->store_lanes, 16); /* 16, 8, 4 and 2 */
    assert_int_equal(count_of(&k, "out")->store_ops, 20 * 4);
    count_free(&k);
    k = COUNT_RUN(blur, 31, 20, .code = CB_ERR_CONSTRAINT, .schedule = "out bound_extent(x, 30), vectorize(x)\n");
    assert_non_null(strstr(k.message, "bound_extent() promised"));
    count_free(&k);
    count_case q = {.make = blur, .schedule = "f compute_root(), bound_extent(x, -1)\n"};
    count_refused(&q, "error[bad-bound]: bound_extent(x, -1): an extent cannot be -1");
    q.schedule = "f compute_root(), bound_extent(x, 10), align_extent(x, 4)\n";
    count_refused(&q, "error[contradiction]: align_extent(x, 4): the promised bounds of 'f' are not aligned so");
    q.schedule = "f compute_root(), bound_extent(x, 10), bound(x, 0, 10)\n";
    count_refused(&q, "error[contradiction]");
}

/* Hints are kept, and change nothing. */
static void estimates(void **state)
{
    (void)state;
    counted k = COUNT_RUN(blur, 30, 20, .schedule = "out estimate(x, 0, 1920), estimate(y, 0, 1080)\n"
                                              "in estimate(_0, -1, 1922)\nf compute_root(), estimate(y, 0, 7)\n");
    assert_int_equal(count_evals(&k, "f", -1), 30 * 22);
    const int64_t *e = pipeline_estimate(k.p, k.p->outputs.at[0]);
    assert_non_null(e);
    assert_int_equal(e[1], 1920);
    assert_int_equal(e[3], 1080);
    assert_null(pipeline_estimate(k.p, k.p->inputs.at[0])); /* of one dimension only */
    count_free(&k);
    count_refused(&(count_case){.make = blur, .schedule = "out estimate(x, 0, 9), estimate(x, 0, 8)\n"},
                  "error[contradiction]");
}

/* A loop is cut, or left whole, as its policy says. */
static void policies(void **state)
{
    (void)state;
    counted k = COUNT_RUN(blur, 30, 20, .schedule = "out vectorize(x, 8), partition(x, never)\n");
    assert_int_equal(k.shape.stores, 1);
    count_free(&k);
    k = COUNT_RUN(blur, 30, 20, .schedule = "out vectorize(x, 8), partition(x, always)\n");
    assert_int_equal(k.shape.stores, 2); /* the steady state and the tail */
    count_free(&k);
    count_refused(&(count_case){.make = blur, .schedule = "out vectorize(x, 8), partition(y, always)\n"},
                  "error[no-partition]: partition(y, always): the loop cannot be cut");
}

static void unscheduled_stages(void **state)
{
    (void)state;
    counted k = COUNT_RUN(reduced, 30, 20, .schedule = "f compute_root(), vectorize(x, 8)\nf.update 0 unscheduled()\n");
    assert_int_equal(count_evals(&k, "f", 0), 30 * 22 * 3);
    count_free(&k);
    k = COUNT_RUN(reduced, 30, 20, .schedule = "f compute_root(), vectorize(x, 8)\n");
    text t;
    text_init(&t, k.c->a);
    schedule_expand(&t, k.p);
    assert_non_null(strstr(text_str(&t), "stage f.update 0:\n    unscheduled()"));
    count_free(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sliding),
        cmocka_unit_test(sliding_through_splits),
        cmocka_unit_test(folding),
        cmocka_unit_test(hoisting),
        cmocka_unit_test(memory),
        cmocka_unit_test(registers),
        cmocka_unit_test(padding),
        cmocka_unit_test(bounded_storage),
        cmocka_unit_test(regions),
        cmocka_unit_test(estimates),
        cmocka_unit_test(policies),
        cmocka_unit_test(unscheduled_stages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
