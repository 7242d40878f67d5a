/* Parallel and vector reductions: atomic and rfactor, by what they compute and by what they become.
 * Values are compared with the interpreter, which knows nothing of schedules, each time. */
#include "count.h"

/* A dot product for each y. */
COUNT_PROGRAM(dot,
    Input(a, i16, 2);
    Output(out, i32, 1);
    Param(n, i32, 37);
    Vars(y);
    RDom(r, (0, n));
    define(out(y) = 0);
    define(out(y) += i32(a(r, y)) * i32(a(r, y + 1) >> 4));
)

static pipeline *histogram(cb_context *c)
{
    pipeline *p = NULL;
    Carbide(c)
    {
        Input(im, u8, 2);
        Output(h, u32, 1);
        Vars(i);
        RDom(r, (0, 20), (0, 6));
        where(r, r.x > r.y);
        define(h(i) = u32(0));
        define(h(im(r.x, r.y) & 15) += u32(1));
        p = pipeline_new(c, "histogram", (cb_func_s *[]){h.p}, 1);
    }
    return p;
}

/* Four points for each element, and a transposed sum. */
static pipeline *quarters(cb_context *c)
{
    pipeline *p = NULL;
    Carbide(c)
    {
        Input(a, i32, 1);
        Output(out, i32, 1);
        Vars(i);
        RDom(r, (0, 40));
        define(out(i) = 0);
        define(out(r / 4) += a(r) & 255);
        p = pipeline_new(c, "quarters", (cb_func_s *[]){out.p}, 1);
    }
    return p;
}

/* Where the least value is, the first of equal ones, and a complex product. */
COUNT_PROGRAM(tuples,
    Input(a, u8, 2);
    Output(out, i32, 1);
    Funcs(best, turn);
    Vars(x);
    RDom(r, (0, 11), (0, 5));
    define(best(x) = (-1, u8(255)));
    define(best(x) = (select((a(r.x + x, r.y) & 3) < best(x)[1], r.x + r.y * 16, best(x)[0]),
                      min(a(r.x + x, r.y) & 3, best(x)[1])));
    define(turn(x) = (u32(1), u32(0)));
    define(turn(x) = (turn(x)[0] * u32(a(r.x, x)) - turn(x)[1] * u32(a(r.y, x)),
                      turn(x)[0] * u32(a(r.y, x)) + turn(x)[1] * u32(a(r.x, x))));
    define(out(x) = best(x)[0] + i32(turn(x)[0] % 1000) + i32(turn(x)[1] % 1000));
)

static counted run(pipeline *(*make)(cb_context *c), const char *source, int n, int64_t param)
{
    return count_run(&(count_case){
        .make = make, .out = {{0, n, 0}}, .schedule = source, .param = {param, param}});
}

/* 37 = 4*8 + 5 products: the place is touched once by the start, once after the steady state and once
 * by the tail. */
static void dot_product(void **state)
{
    (void)state;
    counted k = run(dot, "out.update 0 split(r, ro, ri, 8), vectorize(ri), atomic()\n", 3, 37);
    assert_int_equal(count_of(&k, "out")->stores, 3 * 3);
    assert_int_equal(count_of(&k, "a")->load_lanes, 8);
    assert_int_equal(count_of(&k, "sum")->elements, 4); /* two products of words in each */
    count_free(&k);
    static const int64_t sizes[] = {0, 1, 7, 8, 9, 64};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        counted e = run(dot, "out.update 0 split(r, ro, ri, 8), vectorize(ri), atomic()\n", 2, sizes[i]);
        count_free(&e);
    }
}

/* Lanes of two loops at once: sums for four y, of four products each. */
static void nested_vectors(void **state)
{
    (void)state;
    static const char *const scheds[] = {
        "out.update 0 split(y, yo, yi, 4), split(r, ro, ri, 4), reorder(ri, yi, ro, yo), vectorize(ri), vectorize(yi), atomic()\n",
        "out.update 0 split(y, yo, yi, 4), split(r, ro, ri, 4), reorder(yi, ri, ro, yo), vectorize(ri), vectorize(yi), atomic()\n",
    };
    for (size_t i = 0; i < COUNT_OF(scheds); i++) {
        counted k = run(dot, scheds[i], 8, 37);
        assert_int_equal(count_of(&k, "out")->store_lanes, 4);
        assert_int_equal(count_of(&k, "a")->load_lanes, 16);
        count_free(&k);
        counted rest = run(dot, scheds[i], 7, 3);
        count_free(&rest);
    }
}

static void parallel_sums(void **state)
{
    (void)state;
    counted k = run(dot, "out.update 0 split(r, ro, ri, 16), split(ri, rii, riv, 8), vectorize(riv), parallel(ro), atomic()\n", 2, 64);
    assert_int_equal(k.shape.parallel, 1);
    assert_int_equal(count_of(&k, "out")->stores, 2 * (1 + 4)); /* once for each of the four pieces */
    count_free(&k);
}

static void histograms(void **state)
{
    (void)state;
    static const char *const scheds[] = {
        "h.update 0 vectorize(r.x, 8), atomic()\n",
        "h.update 0 parallel(r.y), vectorize(r.x, 8), atomic()\n",
        "h.update 0 rfactor(part, r.y, u)\npart.update 0 parallel(u)\n",
        "h.update 0 rfactor(part, r.y, u), vectorize(i, 8)\npart vectorize(i, 8)\n",
        "h.update 0 rfactor(part, r.x, u)\npart.update 0 vectorize(u, 4)\n",
    };
    for (size_t i = 0; i < COUNT_OF(scheds); i++) {
        counted k = run(histogram, scheds[i], 16, 0);
        count_free(&k);
    }
    counted k = run(histogram, scheds[3], 16, 0);
    assert_int_equal(count_of(&k, "part")->elements, 16 * 6);
    assert_int_equal(count_of(&k, "h")->stores, 16 + 16 * 6);
    assert_int_equal(count_of(&k, "h")->store_lanes, 8);
    count_free(&k);
}

/* 16 lanes go to 4 places: one store of 4 for each. 10 go to 3, unevenly: one by one. */
static void groups_of_lanes(void **state)
{
    (void)state;
    counted k = run(quarters, "out.update 0 vectorize(r, 16), atomic()\n", 10, 0);
    assert_int_equal(count_of(&k, "out")->store_lanes, 4);
    assert_int_equal(count_of(&k, "a")->load_lanes, 16);
    count_free(&k);
    k = run(quarters, "out vectorize(i, 1)\nout.update 0 vectorize(r, 10), atomic()\n", 10, 0);
    assert_int_equal(count_of(&k, "out")->store_lanes, 1);
    count_free(&k);
}

static void tuple_updates(void **state)
{
    (void)state;
    static const char *const scheds[] = {
        "best.update 0 vectorize(r.x, 4), atomic()\n",
        "best.update 0 vectorize(r.x, 5), atomic()\n",
        "best.update 0 rfactor(part, r.y, u)\npart.update 0 parallel(u)\n",
        "best.update 0 rfactor(part, r.y, u)\npart vectorize(u, 4)\npart.update 0 vectorize(x, 4)\n",
        "best.update 0 rfactor(part, r.x, u, r.y, v)\n",
        "turn.update 0 vectorize(r.x, 8), atomic()\n",
        "turn.update 0 parallel(r.y), atomic()\n",
        "turn.update 0 reorder(r.y, r.x), vectorize(r.y, 4), parallel(r.x), atomic()\n",
        "turn.update 0 rfactor(part, r.x, u)\npart.update 0 vectorize(u, 8)\n",
    };
    for (size_t i = 0; i < COUNT_OF(scheds); i++) {
        counted k = run(tuples, scheds[i], 5, 0);
        count_free(&k);
    }
}

/* Partial results by count: one for each value of what was taken out of the domain, start values and updates each once,
 * points outside of the domain's condition never; and where they are computed is said like that of any Func. */
static void partial_results(void **state)
{
    (void)state;
    static const struct {
        const char *how;
        int part, first, rest; /* elements of part, evaluations of its update, of the combination */
    } cases[] = {
        {"h.update 0 rfactor(part, r.y, u)\n", 16 * 6, 99, 16 * 6},
        {"h.update 0 rfactor(part, r.x, u)\npart.update 0 vectorize(u, 8)\n", 16 * 20, 99, 16 * 20},
        {"h.update 0 rfactor(part, r.y, u), reorder(i, r.y), vectorize(i, 8)\npart reorder_storage(u, i)\n", 16 * 6, 99, 16 * 6},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        counted k = run(histogram, cases[i].how, 16, 0);
        assert_int_equal(count_of(&k, "part")->elements, cases[i].part);
        assert_int_equal(count_stores(&k, "part"), cases[i].part + cases[i].first);
        assert_int_equal(count_stores(&k, "h"), 16 + cases[i].rest);
        assert_int_equal(count_of(&k, "im")->loads, cases[i].first);
        count_free(&k);
    }
    /* a sum for each row, in pieces: per row, in place */
    counted k = run(dot, "out.update 0 rfactor(part, r, u)\npart compute_at(out.update 0, y)\n", 3, 10);
    assert_int_equal(count_of(&k, "part")->allocations, 3);
    assert_int_equal(count_of(&k, "part")->elements, 10);
    assert_int_equal(count_stores(&k, "part"), 3 * 2 * 10);
    count_free(&k);
}

/* Compiled code: atomic instructions, compare-and-swap and locks, on many threads that meet. */
static void threads_meet(void **state)
{
    (void)state;
    cb_context *c = cb_context_new(NULL);
    assert_non_null(c);
    Carbide(c)
    {
        Funcs(sum, product, pair, out);
        Vars(x);
        RDom(r, (0, 20000));
        define(sum(x) = 0);
        define(sum(r % 3) += r);
        schedule(update(sum, 0), parallel(r), atomic());
        define(product(x) = u32(1));
        define(product(r % 3) *= u32(r) * 2 + 1);
        schedule(update(product, 0), parallel(r), atomic());
        define(pair(x) = (u32(1), u32(0)));
        define(pair(r % 3) = (pair(r % 3)[0] * 3 - pair(r % 3)[1] * u32(r), pair(r % 3)[0] * u32(r) + pair(r % 3)[1] * 3));
        schedule(update(pair, 0), parallel(r), atomic());
        define(out(x) = u32(sum(x)) + product(x) * 3 + pair(x)[0] * 5 + pair(x)[1] * 7);
        cb_buffer *got = realize(out, 3);
        assert_non_null(got);
        uint32_t want[3] = {0};
        for (int i = 0; i < 3; i++) {
            uint32_t s = 0, p = 1, a = 1, b = 0;
            for (uint32_t k = (uint32_t)i; k < 20000; k += 3) {
                uint32_t a1 = a * 3 - b * k, b1 = a * k + b * 3;
                a = a1, b = b1, s += k, p *= k * 2 + 1;
            }
            want[i] = s + p * 3 + a * 5 + b * 7;
        }
        for (int i = 0; i < 3; i++)
            assert_int_equal(((const uint32_t *)got->host)[i], want[i]);
        cb_buffer_free(got);
    }
    cb_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dot_product),     cmocka_unit_test(nested_vectors),
        cmocka_unit_test(parallel_sums),   cmocka_unit_test(histograms),
        cmocka_unit_test(groups_of_lanes), cmocka_unit_test(tuple_updates),
        cmocka_unit_test(partial_results), cmocka_unit_test(threads_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
