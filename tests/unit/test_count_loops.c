/* tests/unit/test_count_loops.c: loops by count: iterations that are run and those that are not, reduction domains of
 * every shape, loops over them split, fused and reordered, windows that move in every way, what is cut for a steady
 * state. Values are compared with the interpreter each time. */
#include "count.h"

#define PROGRAM(name, rank, ...) COUNT_PROGRAM(name, Input(in, u8, 2); Output(out, i32, rank); __VA_ARGS__)

/* ---- domains --------------------------------------------------------------------------------- */

/* Points of a triangle: each is visited once, the others never. */
PROGRAM(triangle, 1,
    Vars(x);
    RDom(r, (0, 20), (0, 20));
    where(r, r.x <= r.y);
    define(out(x) = 0);
    define(out(r.y % 8) += i32(in(r.x, r.y)) * (r.x + 1));
)

static void triangles(void **state)
{
    (void)state;
    static const struct {
        const char *how;
        int iterations; /* of all loops: 8 of the pure definition, and those of the update */
    } cases[] = {
        {"", 8 + 20 + 210},
        {"out.update 0 reorder(r.y, r.x)\n", 8 + 20 + 210},
        {"out.update 0 split(r.x, a, b, 6)\n", 8 + 20 * (1 + 4) + 210},
        {"out.update 0 tile(r.x, r.y, a, b, c, d, 6, 7)\n", 8 + 3 * (1 + 4) + 4 * 20 + 210},
        {"out.update 0 fuse(r.y, r.x, t), split(t, a, b, 33)\n", 8 + 13 + 400},
        {"out.update 0 unroll(r.x, 3)\n", 0},
        {"out.update 0 vectorize(r.x, 8), atomic()\n", 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        counted k = COUNT_RUN(triangle, 8, 1, .schedule = cases[i].how);
        assert_int_equal(count_of(&k, "in")->loads, 210);
        if (cases[i].iterations) assert_int_equal(k.iterations, cases[i].iterations);
        count_free(&k);
    }
}


/* Conditions and sizes that are data: what is false is not evaluated, and nothing is read for it. */
PROGRAM(sparse, 1,
    Param(most, i32);
    Funcs(size);
    Vars(x, i);
    RDom(r, (0, 12), (0, 6));
    where(r, (in(r.x, r.y) & 3) == 0);
    where(r, r.y < most);
    define(size(i) = i32(in(i, 0) & 7) + 2);
    define(out(x) = 0);
    define(out(r.x % 4) += i32(in(r.x + 100, r.y)) + size(r.y));
)

/* A pattern of the harness: the elements of a buffer follow from its size and number alone. So one run tells the other. */
static void conditions_on_data(void **state)
{
    (void)state;
    counted plain = COUNT_RUN(sparse, 4, 1, .schedule = "size compute_root()\n", .param = {6});
    int64_t n = count_evals(&plain, "out", 0);
    assert_in_range(n, 5, 40); /* about a quarter of 72 */
    assert_int_equal(count_of(&plain, "in")->loads, 72 + 6 + n);
    count_free(&plain);
    static const char *const how[] = {
        "size compute_root()\nout.update 0 reorder(r.y, r.x)\n",
        "size compute_root()\nout.update 0 split(r.y, a, b, 4), unroll(b)\n",
        "size compute_root()\nout.update 0 vectorize(r.x, 4), atomic()\n",
        "size compute_at(out.update 0, r.y)\n",
    };
    for (size_t i = 0; i < COUNT_OF(how); i++) {
        counted k = COUNT_RUN(sparse, 4, 1, .schedule = how[i], .param = {6});
        assert_int_equal(count_evals(&k, "size", -1), 6);
        if (i != 2) assert_int_equal(count_evals(&k, "out", 0), n);
        assert_int_equal(count_of(&k, "in")->loads, 72 + 6 + n);
        count_free(&k);
    }
    /* the parameter's condition stands outside of the loop over x */
    counted k = COUNT_RUN(sparse, 4, 1, .schedule = "size compute_root()\n", .param = {2});
    assert_true(count_of(&k, "in")->loads <= 24 + 6 + 24);
    count_free(&k);
}

/* The size of a domain is an element of another Func. */
PROGRAM(ragged, 1,
    Funcs(size, f);
    Vars(x, i);
    define(size(i) = i32(in(0, i) & 7));
    RDom(r, (0, E(size(5))), (E(size(2) - 8), 3));
    define(f(x) = 0);
    define(f(x) += i32(in(r.x + 1, x)) * (r.y + 9));
    define(out(x) = f(x) + f(x + 1));
)

static void sizes_that_are_data(void **state)
{
    (void)state;
    counted k = COUNT_RUN(ragged, 10, 1, .schedule = "size compute_root()\n");
    int64_t points = count_evals(&k, "f", 0) / 11;
    assert_in_range(points, 0, 7 * 3);
    assert_int_equal(points % 3, 0);
    assert_int_equal(count_evals(&k, "f", 0), 11 * points);
    assert_int_equal(count_evals(&k, "size", -1), 4); /* 2 to 5: a box */
    assert_int_equal(k.region[0][0].extent, 8);       /* 0, and 1 to the seven that the type allows */
    count_free(&k);
    k = COUNT_RUN(ragged, 10, 1, .schedule = "size compute_root()\nf compute_at(out, x)\nf.update 0 split(r.x, a, b, 2), reorder(r.y, b, a)\n");
    assert_int_equal(count_evals(&k, "f", 0), 10 * 2 * points);
    count_free(&k);
    k = COUNT_RUN(ragged, 10, 1, .schedule = "size compute_root()\nf compute_root()\nf.update 0 fuse(r.y, r.x, t), unroll(t, 4)\n");
    assert_int_equal(count_evals(&k, "f", 0), 11 * points);
    count_free(&k);
}

/* Loops of domains split by what does not divide them, fused, of size 0, in the order of the domain where that is seen. */
PROGRAM(ordered, 1,
    Param(n, i32);
    Param(m, i32);
    Vars(x);
    RDom(r, (0, n), (-1, m));
    define(out(x) = x);
    define(out(x) = (out(x) % 1009) * 5 + in(r.x, r.y + x));
)

static void loops_of_domains(void **state)
{
    (void)state;
    static const char *const how[] = {
        "",
        "out.update 0 split(r.x, a, b, 5)\n",
        "out.update 0 split(r.y, a, b, 4), split(b, c, d, 3), unroll(d)\n",
        "out.update 0 fuse(r.y, r.x, t)\n",
        "out.update 0 fuse(r.y, r.x, t), split(t, a, b, 7), unroll(b)\n",
        "out.update 0 reorder(x, r.x, r.y), vectorize(x, 4)\n",
        "out.update 0 reorder(r.x, x, r.y), parallel(x)\n",
        "out.update 0 rename(r.x, c), unroll(c, 2), fuse(r.y, c, t)\n",
    };
    for (size_t i = 0; i < COUNT_OF(how); i++)
        for (int n = 0; n < 9; n += 2)
            for (int m = 0; m < 8; m += n > 4 ? 4 : 1) {
                counted k = COUNT_RUN(ordered, 7, 1, .schedule = how[i], .param = {n, m});
                assert_int_equal(count_evals(&k, "out", 0), 7 * n * m);
                assert_int_equal(count_of(&k, "in")->loads, 7 * n * m);
                count_free(&k);
            }
    count_refused(&(count_case){.make = ordered, .schedule = "out.update 0 reorder(r.y, r.x)\n"}, "error[reduction-order]");
    count_refused(&(count_case){.make = ordered, .schedule = "out.update 0 parallel(r.x)\n"}, "error[race]");
    count_refused(&(count_case){.make = ordered, .schedule = "out.update 0 fuse(r.x, r.y, t)\n"}, "error[fuse-not-adjacent]");
}

/* Iterations that a condition excludes need nothing: no element is computed, and none of the input read, that the domain
 * does not reach. Where such iterations are among them a window does not slide. */
PROGRAM(guarded, 1,
    Param(from, i32);
    Funcs(f);
    Vars(x, y);
    RDom(r, (0, 6), (0, 12));
    where(r, r.y >= from);
    where(r, r.x + r.y < 15);
    define(f(x, y) = i32(in(x, y)) + x);
    define(out(x) = 0);
    define(out(r.x % 4) += f(r.x, r.y) + f(r.x, r.y + 1));
)

static void guards_and_windows(void **state)
{
    (void)state;
    static const struct {
        const char *how;
        int evals; /* of f, from row 5 on; 0: not counted */
    } cases[] = {
        {"f compute_root()\n", 6 * 8},
        {"f store_root(), compute_at(out.update 0, r.y)\n", 6 + 6 * 2 * 5 + 5 * 2 + 4 * 2},
        {"f store_root(), compute_at(out.update 0, r.x)\n", 0},
        {"f compute_at(out.update 0, r.y)\n", 0},
        {"f compute_at(out.update 0, r.x)\n", 0},
        {"out.update 0 split(r.y, a, b, 5)\nf store_at(out.update 0, a), compute_at(out.update 0, b)\n", 0},
        {"out.update 0 reorder(r.y, r.x)\nf store_root(), compute_at(out.update 0, r.y)\n", 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (int from = 0; from < 14; from++) {
            counted k = COUNT_RUN(guarded, 4, 1, .schedule = cases[i].how, .param = {from});
            int points = 0;
            for (int y_ = from; y_ < 12; y_++)
                for (int x_ = 0; x_ < 6; x_++) points += x_ + y_ < 15;
            assert_int_equal(count_evals(&k, "out", 0), points);
            if (from == 5 && cases[i].evals) assert_int_equal(count_evals(&k, "f", -1), cases[i].evals);
            count_free(&k);
        }
}

/* ---- windows --------------------------------------------------------------------------------- */

/* Four stencils, one on the other. */
PROGRAM(cascade, 2,
    Funcs(a, b, d, e);
    Vars(x, y);
    define(a(x, y) = i32(in(x, y)) + 1);
    define(b(x, y) = a(x, y - 1) + a(x, y + 1));
    define(d(x, y) = b(x, y) * 3 - b(x, y + 2));
    define(e(x, y) = d(x, y - 3) + d(x, y));
    define(out(x, y) = e(x, y) + e(x, y + 1));
)

/* Two rows further with each row, and every third row. */
PROGRAM(steps, 2,
    Funcs(f, g);
    Vars(x, y);
    define(f(x, y) = i32(in(x, y)) * 2);
    define(g(x, y) = i32(in(x, y)) + 7);
    define(out(x, y) = f(x, 2*y) + f(x, 2*y + 3) + g(x, y*3) - g(x, 3*y + 1));
)

/* Along a diagonal both coordinates move. */
PROGRAM(diagonal, 2,
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = i32(in(x, y)) * 2);
    define(out(x, y) = f(x + y, y) + f(x + y, y + 1));
)

static void windows(void **state)
{
    (void)state;
    counted k = COUNT_RUN(cascade, 8, 10, .schedule = "a store_root(), compute_at(out, y)\nb store_root(), compute_at(out, y)\n"
                                               "d store_root(), compute_at(out, y)\ne store_root(), compute_at(out, y)\n");
    /* each row once: what comes before the first row of out is made up for in its iteration */
    assert_int_equal(count_evals(&k, "e", -1), 8 * 11);
    assert_int_equal(count_evals(&k, "d", -1), 8 * 14);
    assert_int_equal(count_evals(&k, "b", -1), 8 * 16);
    assert_int_equal(count_evals(&k, "a", -1), 8 * 18);
    assert_int_equal(count_of(&k, "e")->elements, 16 * 2); /* a row is a cache line */
    assert_int_equal(count_of(&k, "d")->elements, 16 * 8); /* five rows in the first iteration */
    count_free(&k);
    /* steps wider than one, and wider than the window: rows that nobody needs are not computed */
    k = COUNT_RUN(steps, 8, 10, .schedule = "f store_root(), compute_at(out, y)\ng store_root(), compute_at(out, y)\n");
    assert_int_equal(count_evals(&k, "f", -1), 8 * 22);
    assert_int_equal(count_evals(&k, "g", -1), 8 * 20);
    count_free(&k);
    /* two dimensions move with y: nothing slides, and nothing is computed that is not needed */
    k = COUNT_RUN(diagonal, 8, 10, .schedule = "f store_root(), compute_at(out, y)\n");
    assert_int_equal(count_evals(&k, "f", -1), 8 * 2 * 10);
    count_free(&k);
}

/* Windows that move along an inner loop start anew with each iteration around it. */
static void windows_start_again(void **state)
{
    (void)state;
    counted k = COUNT_RUN(cascade, 12, 8, .schedule = "out split(x, xo, xi, 4), reorder(xi, y, xo)\n"
                                               "e store_at(out, xo), compute_at(out, y)\na compute_root()\n");
    assert_int_equal(count_evals(&k, "e", -1), 12 * 9);
    assert_int_equal(count_of(&k, "e")->allocations, 3);
    assert_int_equal(count_evals(&k, "a", -1), 12 * 16);
    count_free(&k);
    k = COUNT_RUN(cascade, 12, 8, .schedule = "out split(y, yo, yi, 4), parallel(yo)\n"
                                       "e store_at(out, yo), compute_at(out, yi)\na compute_root()\n");
    assert_int_equal(count_evals(&k, "e", -1), 12 * (5 + 5));
    assert_int_equal(count_of(&k, "e")->allocations, 2);
    count_free(&k);
    k = COUNT_RUN(cascade, 12, 9, .schedule = "out split(y, yo, yi, 4, shift_inwards), unroll(yi)\n"
                                       "e store_at(out, yo), compute_at(out, yi)\na compute_root()\n");
    assert_int_equal(count_evals(&k, "e", -1), 12 * (5 + 5 + 5));
    count_free(&k);
}

/* ---- vectors, unrolled loops, constants ------------------------------------------------------- */

PROGRAM(plane, 2,
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = i32(in(x, y)) + in(y, x));
    define(out(x, y) = f(x, y) * 2 + f(x + 1, y));
)

/* Lanes of two loops multiply, whichever is inside. */
static void nested_vectors(void **state)
{
    (void)state;
    static const char *const how[] = {
        "f compute_root(), tile(x, y, xo, yo, xi, yi, 4, 2), vectorize(xi), vectorize(yi)\n",
        "f compute_root(), tile(x, y, xo, yo, xi, yi, 4, 2), reorder(yi, xi), vectorize(xi), vectorize(yi)\n",
        "f compute_root(), vectorize(y, 2), vectorize(x, 4), reorder(x.v, y.v, x, y)\n",
        "f compute_root(), split(x, a, b, 4), fuse(y, a, t), vectorize(b), vectorize(t, 2)\n",
    };
    for (size_t i = 0; i < COUNT_OF(how); i++)
        for (int w = 1; w < 9; w += 2) {
            counted k = COUNT_RUN(plane, w, 5, .schedule = how[i]);
            assert_int_equal(count_evals(&k, "f", -1), (w + 1) * 5);
            assert_int_equal(k.shape.loops[LOOP_VECTOR], 2);
            assert_int_equal(count_of(&k, "f")->store_lanes, 8);
            count_free(&k);
        }
}

/* A loop whose extent a guard, a clamp or a split bounds: copies and storage of constant size. */
static void constants(void **state)
{
    (void)state;
    counted k = COUNT_RUN(plane, 13, 5, .schedule = "out split(x, xo, xi, 4), unroll(xi)\nf compute_at(out, xo), unroll(x, 5)\n");
    assert_int_equal(k.shape.loops[LOOP_UNROLL], 2);
    assert_int_equal(count_evals(&k, "f", -1), (3 * 5 + 2) * 5); /* 5 columns for 4; the last piece has one */
    assert_int_equal(count_of(&k, "f")->memory, MEM_STACK);
    assert_int_equal(count_of(&k, "f")->elements, 5);
    count_free(&k);
    k = COUNT_RUN(plane, 13, 5, .schedule = "out split(x, xo, xi, 4), vectorize(xi)\nf compute_at(out, xo), vectorize(x, 5)\n");
    assert_int_equal(count_of(&k, "f")->store_lanes, 5);
    assert_int_equal(count_evals(&k, "f", -1), (3 * 5 + 2) * 5);
    count_free(&k);
    k = COUNT_RUN(plane, 13, 5, .schedule = "out split(x, xo, xi, 4), unroll(y, 2)\nf compute_at(out, xo), store_in(stack), bound_storage(x, 5)\n");
    assert_int_equal(count_of(&k, "f")->memory, MEM_STACK);
    count_free(&k);
    count_refused(&(count_case){.make = plane, .schedule = "f compute_root(), unroll(x)\n"}, "error[not-constant]");
    /* the storage of iterations that follow one another is the same: never two at a time */
    k = COUNT_RUN(plane, 16, 5, .schedule = "out split(x, xo, xi, 4)\nf compute_at(out, xo)\n");
    assert_int_equal(count_of(&k, "f")->allocations, 4 * 5);
    assert_int_equal(count_of(&k, "f")->most_live, 1);
    assert_int_equal(k.peak, 5 * 4);
    count_free(&k);
}

/* ---- steady states --------------------------------------------------------------------------- */

PROGRAM(edges, 2,
    Funcs(edge);
    Vars(x, y);
    repeat_edge(edge, in, (0, 30), (0, 20));
    define(out(x, y) = edge(x - 1, y) + i32(edge(x + 1, y)) * 2);
)

/* Before, steady and after: one store in each; the steady state has no clamp, so its loads are whole vectors. */
static void steady_states(void **state)
{
    (void)state;
    static const struct {
        const char *how;
        int stores, lanes;
    } cases[] = {
        {"out partition(x, never), partition(y, never)\n", 1, 1},
        {"", 3, 1}, /* a row is so long that a clamp before it costs nothing */
        {"out partition(y, always)\n", 9, 1}, /* in both dimensions */
        {"out partition(y, never)\n", 3, 1},
        {"out vectorize(x, 8), partition(x, never), partition(y, never)\n", 1, 8},
        {"out vectorize(x, 8), partition(x, always), partition(y, never)\n", 3, 8},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        counted k = COUNT_RUN(edges, 30, 20, .schedule = cases[i].how);
        assert_int_equal(k.shape.stores, cases[i].stores);
        assert_int_equal(count_of(&k, "out")->stores, 600);
        assert_int_equal(count_of(&k, "out")->store_lanes, cases[i].lanes);
        assert_int_equal(count_of(&k, "in")->loads, 1200); /* a clamped lane reads an element all the same */
        assert_int_equal(count_of(&k, "in")->load_lanes, cases[i].lanes);
        count_free(&k);
    }
    count_refused(&(count_case){.make = plane, .schedule = "out partition(y, always)\n"}, "error[no-partition]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(triangles),           cmocka_unit_test(conditions_on_data),
        cmocka_unit_test(guards_and_windows),
        cmocka_unit_test(sizes_that_are_data), cmocka_unit_test(loops_of_domains),
        cmocka_unit_test(windows),             cmocka_unit_test(windows_start_again),
        cmocka_unit_test(nested_vectors),      cmocka_unit_test(constants),
        cmocka_unit_test(steady_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
