/* tests/unit/test_regions.c: which elements are computed and asked for. The law that the region required of an input
 * depends on the definitions and the region of the outputs, never on the schedule; and that the regions of Funcs are
 * exact: through nested splits, indirect coordinates, updates, and domains whose size and conditions are data. Each
 * program has Funcs out, f and g of dimensions x and y. Values are compared with the interpreter each time. */
#include "count.h"

/* Fits the three Funcs into a pipeline; the body gives them definitions. */
#define PROGRAM(name, ...) \
    COUNT_PROGRAM(name, Input(in, u8, 2); Output(out, i32, 2); Funcs(f, g); Vars(x, y); __VA_ARGS__)

/* ---- the law --------------------------------------------------------------------------------- */

PROGRAM(stencils,
    define(g(x, y) = i32(in(x - 1, y)) + in(x + 2, y) * 3);
    define(f(x, y) = g(x, y - 2) + g(x, y + 1));
    define(out(x, y) = f(x, y) + f(x - 3, y) * 5 + g(x, y));
)

PROGRAM(scaled,
    define(g(x, y) = i32(in(2*x, y)) + in(2*x + 1, y));
    define(f(x, y) = g(x, 2*y) - g(x, 2*y + 1));
    define(out(x, y) = f(x/3, y) + f(x, -y) * 2 + g(x, y/2));
)

/* Coordinates that are data, with the bounds that their types and clamps give. */
PROGRAM(indirect,
    define(g(x, y) = i32(in(clamp(x, 0, 30), clamp(y, -5, 5))));
    define(f(x, y) = i32(in(g(x, y) % 8 + x, y)));
    define(out(x, y) = f(x, y) + f(min(g(x, y), 6), y) + select(x > y, g(x, y), g(y, x)));
)

/* A reduction, a scan along y, and an update of one row. */
PROGRAM(updates,
    RDom(r, (-1, 3), (-2, 2));
    RDom(s, (0, 9));
    define(g(x, y) = 0);
    define(g(x, y) += in(x + r.x, y + r.y) * 3);
    define(f(x, y) = g(x, y) + in(x, y));
    define(f(x, s) = (f(x, s - 1) % 1000) * 2 + g(x, s));
    define(f(x, y) += g(x, 4) * y);
    define(out(x, y) = f(x, y) + g(x, y - 1));
)

/* Updates of rows and of columns that are counted out by the domain, so beyond what is read of g. */
PROGRAM(scattered,
    RDom(r, (-2, 9), (1, 3));
    RDom(s, (4, 5));
    define(g(x, y) = in(x, y));
    define(g(r.x, y) += in(r.x, r.y));
    define(g(x, s) += in(x, s - 3));
    define(out(x, y) = g(x, y));
)

static const char *const partial[] = {
    "g.update 0 rfactor(part, r.y, u)\npart.update 0 parallel(u)\n",
    "g.update 0 rfactor(part, r.x, u), vectorize(x, 4)\npart vectorize(u, 4)\n",
    "g.update 0 rfactor(part, r.x, u, r.y, v)\n",
    "g compute_at(out, y)\ng.update 0 rfactor(part, r.y, u)\ng.update 1 rfactor(again, s.x, u)\npart compute_at(out, y)\n",
};

static pipeline *(*const programs[])(cb_context *) = {stencils, scaled, indirect, updates};

/* No directive that asks for more: none rounds up, aligns or promises. */
static const char *const schedules[] = {
    "",
    "f compute_root()\n",
    "g compute_root()\n",
    "f compute_root()\ng compute_root()\n",
    "out parallel(y), vectorize(x, 8)\nf compute_root(), vectorize(x, 4)\ng compute_root()\n",
    "f compute_at(out, y)\ng compute_at(out, y)\n",
    "f compute_at(out, x)\ng compute_root()\n",
    "f compute_at(out, y), vectorize(x, 8)\ng compute_at(out, y), vectorize(x, 4, predicate)\n",
    "f store_root(), compute_at(out, y)\ng store_root(), compute_at(out, y)\n",
    "f store_root(), compute_at(out, x)\ng compute_root()\n",
    "out tile(x, y, xo, yo, xi, yi, 8, 4)\nf compute_at(out, xo)\ng compute_at(out, xo)\n",
    "out tile(x, y, xo, yo, xi, yi, 8, 4), vectorize(xi), parallel(yo)\nf compute_at(out, xo), vectorize(x, 8)\n"
    "g compute_at(out, yo)\n",
    "out split(x, xo, xi, 7), split(xi, xj, xk, 3), reorder(xk, y, xj, xo)\nf compute_at(out, xj)\ng compute_at(out, xo)\n",
    "out split(y, yo, yi, 5, shift_inwards), split(x, xo, xi, 8, shift_inwards), vectorize(xi)\n"
    "f store_at(out, yo), compute_at(out, yi), vectorize(x, 8, shift_inwards)\ng compute_at(out, yo)\n",
    "out fuse(y, x, t), split(t, to, ti, 16), parallel(to)\nf compute_at(out, to)\ng compute_root(), fuse(y, x, t), vectorize(t, 8)\n",
    "out reorder(y, x), unroll(y, 3)\nf compute_at(out, x), unroll(y, 2)\ng compute_at(out, x)\n",
    "in wrap(copy)\ncopy compute_root(), vectorize(x, 8)\nf compute_root()\ng compute_root()\n",
    "g clone(again, f), compute_root()\nagain compute_root(), unroll(x, 4)\nf compute_root()\n",
    "out specialize(out.extent(0) > 4, vectorize(x, 4)), parallel(y)\nf compute_at(out, y)\ng compute_root()\n",
    "f compute_at(out, y), hoist_storage_root(), reorder_storage(y, x)\ng compute_root(), align_storage(x, 16), partition(x, never)\n",
    "out vectorize(x, 8, predicate), partition(x, always)\nf compute_root(), vectorize(x, 8, predicate_loads)\ng compute_root()\n",
};

static const cb_dim shapes[][2] = {
    {{0, 16, 0}, {0, 8, 0}}, {{-7, 13, 0}, {3, 5, 0}}, {{5, 1, 0}, {-4, 1, 0}}, {{2, 3, 0}, {-9, 11, 0}},
};

/* What the program asks of its input under one schedule. */
static void answer(pipeline *(*make)(cb_context *), const char *how, const cb_dim *shape, cb_dim *region)
{
    counted k = count_run(&(count_case){.make = make, .schedule = how, .out = {shape[0], shape[1]}});
    memcpy(region, k.region[0], 2 * sizeof *region);
    count_free(&k);
}

static void inputs_never_depend_on_schedules(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(programs); i++)
        for (size_t k = 0; k < COUNT_OF(shapes); k++) {
            cb_dim want[2], have[2];
            answer(programs[i], "", shapes[k], want);
            for (size_t s = 1; s < COUNT_OF(schedules); s++) {
                answer(programs[i], schedules[s], shapes[k], have);
                for (int d = 0; d < 2; d++)
                    if (have[d].min != want[d].min || have[d].extent != want[d].extent)
                        fail_msg("program %zu, shape %zu, dimension %d: %d elements at %d are asked for, not %d at %d, by\n%s",
                                 i, k, d, (int)have[d].extent, (int)have[d].min, (int)want[d].extent, (int)want[d].min,
                                 schedules[s]);
            }
        }
}

static void inputs_never_depend_on_partial_results(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(shapes); k++)
        for (size_t s = 0; s < COUNT_OF(partial); s++) {
            cb_dim want[2], have[2];
            answer(scattered, "", shapes[k], want);
            answer(scattered, partial[s], shapes[k], have);
            for (int d = 0; d < 2; d++) {
                assert_int_equal(have[d].min, want[d].min);
                assert_int_equal(have[d].extent, want[d].extent);
            }
        }
}

/* The exceptions must be asked for: then more is, never less. */
static void widened_when_asked(void **state)
{
    (void)state;
    /* 13 columns of out from -7 are f from -10 for 16, g the same, in from -11 for 19; rows 3 to 7, g and in from 1 for 8 */
    cb_dim r[2];
    answer(stencils, "", shapes[1], r);
    assert_int_equal(r[0].min, -11);
    assert_int_equal(r[0].extent, 19);
    assert_int_equal(r[1].min, 1);
    assert_int_equal(r[1].extent, 8);
    static const struct {
        const char *how;
        int x, columns, y, rows;
    } wider[] = {
        {"g compute_root(), vectorize(x, 12, round_up)\n", -11, 27, 1, 8},
        {"g compute_root(), vectorize(x, 12, predicate_stores)\n", -11, 27, 1, 8},
        {"g compute_root(), vectorize(x, 12, predicate_loads)\n", -11, 19, 1, 8},
        {"g compute_root(), split(y, yo, yi, 3, round_up)\n", -11, 19, 1, 9},
        /* its input has no extent yet when it is asked for */
        {"g compute_root(), specialize(in.extent(0) > 100, vectorize(x, 12, round_up))\n", -11, 27, 1, 8},
        {"g compute_root(), specialize(out.extent(0) > 100, vectorize(x, 12, round_up))\n", -11, 19, 1, 8},
        {"g compute_root(), align_bounds(x, 8)\n", -17, 27, 1, 8},
        {"g compute_root(), align_extent(y, 10)\n", -11, 19, 1, 10},
        {"g compute_root(), bound(y, 0, 12)\n", -11, 19, 0, 12},
        {"g compute_root(), bound_extent(x, 20)\n", -11, 23, 1, 8},
        {"f compute_root(), vectorize(x, 5, round_up)\ng compute_root()\n", -11, 23, 1, 8},
    };
    for (size_t i = 0; i < COUNT_OF(wider); i++) {
        answer(stencils, wider[i].how, shapes[1], r);
        if (r[0].min != wider[i].x || r[0].extent != wider[i].columns || r[1].min != wider[i].y ||
            r[1].extent != wider[i].rows)
            fail_msg("%s: %d at %d, %d at %d", wider[i].how, (int)r[0].extent, (int)r[0].min, (int)r[1].extent, (int)r[1].min);
    }
}

/* ---- exact regions of Funcs ------------------------------------------------------------------ */

PROGRAM(rows,
    define(g(x, y) = i32(in(x, y)) + 1);
    define(f(x, y) = g(x, y - 1) + g(x, y + 1));
    define(out(x, y) = f(x - 1, y) + f(x + 1, y));
)

static void evaluated(pipeline *(*make)(cb_context *), int w, int h, const char *how, int64_t f, int64_t g)
{
    counted k = COUNT_RUN(make, w, h, .schedule = how);
    if (count_evals(&k, "f", -1) != f || count_evals(&k, "g", -1) != g)
        fail_msg("%s: f %lld, g %lld", how, (long long)count_evals(&k, "f", -1), (long long)count_evals(&k, "g", -1));
    count_free(&k);
}

/* A box stays exact through splits of splits: what a piece needs is a piece and its rim, whatever is outside. */
static void nested_splits(void **state)
{
    (void)state;
    /* pieces of 2 of 8 of 32 rows: 4 rows of g for each 2 of f */
    evaluated(rows, 10, 64, "out split(y, a, b, 32), split(b, c, d, 8), split(d, e, h, 2)\n"
                            "f compute_at(out, e)\ng compute_at(out, e)\n", 12 * 64, 12 * 4 * 32);
    /* one column and one row at a time, each inside of both splits */
    evaluated(rows, 16, 16, "out split(y, a, b, 8), split(x, c, d, 8), reorder(d, b, c, a), split(b, e, h, 4)\n"
                            "f compute_at(out, h)\ng compute_at(out, c)\n", 16 * 2 * 10, 10 * 10 * 4);
    /* pieces that do not come out even: the last is as large as what is left */
    evaluated(rows, 10, 21, "out split(y, a, b, 8), split(b, c, d, 3)\nf compute_root()\ng compute_at(f, y)\n",
              12 * 21, 12 * 21 * 3);
    evaluated(rows, 10, 21, "out split(y, a, b, 8), split(b, c, d, 3)\nf compute_at(out, c)\ng compute_at(out, a)\n",
              12 * 21, 12 * (10 + 10 + 7));
    /* shift_inwards: whole pieces, the last one moved */
    evaluated(rows, 10, 21, "out split(y, a, b, 8, shift_inwards)\nf compute_at(out, a)\ng compute_root()\n",
              12 * 24, 12 * 23);
    /* fused loops: rows of the two dimensions */
    evaluated(rows, 10, 12, "out fuse(y, x, t), split(t, a, b, 10)\nf compute_at(out, a)\ng compute_root()\n",
              12 * 12, 12 * 14);
}

/* Parts that are rounded up one after the other go beyond what is needed once: where all parts are the same along x, or are known
 * to be whole vectors. */
static void parts_rounded_up(void **state)
{
    (void)state;
    /* f of 8 + 2 columns for each row of a strip is 12, one whole vector of 12; so much of g is made for a strip */
    evaluated(rows, 32, 6, "out split(x, a, b, 8, shift_inwards), reorder(b, y, a)\nf compute_at(out, y), vectorize(x, 12, round_up)\n"
                           "g compute_at(out, a)\n", 12 * 6 * 4, 12 * 8 * 4);
    /* f and g are both rounded up: 10 columns to 12, of the 12 to 16 and no further */
    evaluated(rows, 32, 6, "out split(x, a, b, 8, shift_inwards), reorder(b, y, a)\nf compute_at(out, y), vectorize(x, 4, round_up)\n"
                           "g compute_at(out, a), vectorize(x, 8, round_up)\n", 12 * 6 * 4, 16 * 8 * 4);
    /* at each column another part, of 3 columns: f is 4, two vectors; g has 32 + 2 + 1 columns, and is not rounded up */
    evaluated(rows, 32, 6, "f compute_at(out, x), vectorize(x, 2, round_up)\ng compute_at(out, y)\n", 4 * 32 * 6, 35 * 3 * 6);
}

/* Several levels, of several consumers: each level defines its own boxes. */
static void levels(void **state)
{
    (void)state;
    evaluated(rows, 32, 16, "out tile(x, y, xo, yo, xi, yi, 8, 4)\nf compute_at(out, xo)\ng compute_at(f, y)\n",
              10 * 4 * 16, 16 * 10 * 3 * 4);
    evaluated(rows, 32, 16, "out tile(x, y, xo, yo, xi, yi, 8, 4)\nf compute_at(out, xi)\ng compute_at(out, yo)\n",
              3 * 32 * 16, 34 * 6 * 4);
    evaluated(rows, 32, 16, "out tile(x, y, xo, yo, xi, yi, 8, 4)\nf compute_at(out, xo), tile(x, y, a, b, c, d, 4, 2)\n"
                            "g compute_at(f, a)\n", 10 * 4 * 16, 16 * (10 * 2 * 4));
    evaluated(stencils, 16, 8, "f compute_at(out, y)\ng compute_at(out, y)\n", 19 * 8, 19 * 4 * 8);
    evaluated(scaled, 12, 8, "f compute_root()\ng compute_root()\n", 12 * 15, 12 * 30);
}

/* A Func read at a coordinate that is data is computed where its type, arithmetic and clamps say it can be. */
COUNT_PROGRAM(tables,
    Input(in, u8, 2);
    Output(out, i32, 2);
    Funcs(all, some, few, signs, mixed);
    Vars(i, x, y);
    define(all(i) = i * i);
    define(some(i) = i + 1);
    define(few(i) = i * 3);
    define(signs(i) = i - 7);
    define(mixed(i) = i / 2);
    define(out(x, y) = all(in(x, y)) + some(in(x, y) / 16) + few(clamp(i32(in(x, y)) - 100, -2, 20))
                     + signs(i32(i8(in(x, y)))) + mixed(select(in(x, y) > 9, i32(in(x, y) % 5), x)));
)

static void indirect_coordinates(void **state)
{
    (void)state;
    counted k = COUNT_RUN(tables, 9, 4, .schedule = "all compute_root()\nsome compute_root()\nfew compute_root()\n"
                                  "signs compute_root(), vectorize(i, 8)\nmixed compute_root()\n");
    assert_int_equal(count_evals(&k, "all", -1), 256);
    assert_int_equal(count_of(&k, "all")->elements, 256);
    assert_int_equal(count_evals(&k, "some", -1), 16);
    assert_int_equal(count_evals(&k, "few", -1), 23);
    assert_int_equal(count_evals(&k, "signs", -1), 256);
    assert_int_equal(count_evals(&k, "mixed", -1), 9); /* 0 to 4, and the columns */
    count_free(&k);
    /* what one row reads is no less: it may be any element */
    k = COUNT_RUN(tables, 9, 4, .schedule = "some compute_at(out, y)\nfew compute_at(out, x)\n");
    assert_int_equal(count_evals(&k, "some", -1), 16 * 4);
    assert_int_equal(count_evals(&k, "few", -1), 23 * 9 * 4);
    count_free(&k);
}

/* Each update reads what the one before gave, a column further on either side: the region grows backwards from the
 * last definition to the first, and each is computed where its readers need it. */
COUNT_PROGRAM(trapezoid,
    Input(in, u8, 1);
    Output(out, i32, 2);
    Funcs(f, g);
    Vars(x, y);
    RDom(r, (1, 4));
    define(f(x, y) = i32(in(x)));
    define(f(x, r) = (f(x, r - 1) * 3 + r) % 1001);
    define(g(x, y) = f(x - 1, y) + f(x + 1, y));
    define(g(x, y) += f(x - 2, y - 1));
    define(out(x, y) = g(x, y) + g(x, y + 1));
)

static void regions_of_updates(void **state)
{
    (void)state;
    /* g: 10 x 3 rows from 2; f: columns -2 to 10, rows 1 to 4, and 0 which the scan begins with */
    counted k = count_run(&(count_case){.make = trapezoid, .out = {{0, 10, 0}, {2, 2, 0}}, .schedule = ""});
    assert_int_equal(count_evals(&k, "g", -1), 10 * 3);
    assert_int_equal(count_evals(&k, "g", 0), 10 * 3);
    assert_int_equal(count_evals(&k, "f", -1), 13 * 5);
    assert_int_equal(count_evals(&k, "f", 0), 13 * 4);
    assert_int_equal(k.region[0][0].min, -2);
    assert_int_equal(k.region[0][0].extent, 13);
    count_free(&k);
    k = count_run(&(count_case){.make = trapezoid, .out = {{0, 10, 0}, {2, 2, 0}}, .schedule = "g compute_at(out, y)\nf compute_at(out, y)\n"});
    assert_int_equal(count_evals(&k, "g", -1), 2 * 10 * 2);
    assert_int_equal(count_evals(&k, "f", 0), 2 * 13 * 4);
    count_free(&k);
}

PROGRAM(sums,
    RDom(r, (0, 3), (0, 3));
    define(g(x, y) = 0);
    define(g(x, y) += in(x + r.x, y + r.y) * 3);
    define(f(x, y) = g(x, y));
    define(out(x, y) = f(x, y));
)

/* A promise of one dimension widens nothing along another, where two loops are split and the inner one begins where the outer one is. */
static void widened_along_one(void **state)
{
    (void)state;
    const cb_dim shape[2] = {{0, 1, 0}, {0, 4, 0}};
    cb_dim r[2];
    answer(sums, "out bound(y, 0, 4), split(x, xo, xi, 5)\ng compute_at(out, xo)\ng.update 0 split(x, xo, xi, 5)\n", shape, r);
    assert_int_equal(r[0].min, 0);
    assert_int_equal(r[0].extent, 3);
    assert_int_equal(r[1].extent, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_never_depend_on_schedules),
        cmocka_unit_test(inputs_never_depend_on_partial_results),
        cmocka_unit_test(widened_when_asked),
        cmocka_unit_test(widened_along_one),
        cmocka_unit_test(nested_splits),
        cmocka_unit_test(parts_rounded_up),
        cmocka_unit_test(levels),
        cmocka_unit_test(indirect_coordinates),
        cmocka_unit_test(regions_of_updates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
