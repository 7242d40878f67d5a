/* tests/unit/test_count_access.c: what loads and stores look like: whole vectors where memory is dense, strided or the
 * other way round, masks at tails, boundary conditions that touch nothing outside of their buffer and cost nothing in
 * the middle of it, tables read by lanes. Values are compared with the interpreter each time; an access outside of a
 * buffer fails. */
#include "count.h"

#define PROGRAM(name, ...) \
    COUNT_PROGRAM(name, Input(in, u8, 2); Output(out, i32, 2); Funcs(f); Vars(x, y); __VA_ARGS__)

/* ---- boundaries ------------------------------------------------------------------------------ */

#define AROUND define(out(x, y) = i32(f(x - 1, y)) + f(x + 1, y) * 3 + f(x, y - 2) * 5)

PROGRAM(edge, repeat_edge(f, in); AROUND;)
PROGRAM(tiled, repeat_image(f, in); AROUND;)
PROGRAM(mirrored, mirror(f, in); AROUND;)
PROGRAM(interior, mirror_interior(f, in); AROUND;)
PROGRAM(exterior, constant_exterior(f, in, 7); AROUND;)

static void boundaries(void **state)
{
    (void)state;
    static pipeline *(*const programs[])(cb_context *) = {edge, tiled, mirrored, interior, exterior};
    static const struct {
        const char *how;
        int64_t per_element, width, height; /* loads of the input: for each of so many elements */
        unsigned lanes;
    } cases[] = {
        {"", 3, 40, 22, 1},
        {"out vectorize(x, 8), parallel(y)\n", 3, 40, 22, 8},
        {"f compute_root(), vectorize(x, 8)\n", 1, 42, 24, 8},
        {"f store_root(), compute_at(out, y), vectorize(x, 4)\n", 1, 42, 24, 4},
        {"out tile(x, y, xo, yo, xi, yi, 8, 4), vectorize(xi)\nf compute_at(out, xo)\n", 1, 10 * 5, 6 * 5 + 4, 1},
    };
    for (size_t i = 0; i < COUNT_OF(programs); i++)
        for (size_t s = 0; s < COUNT_OF(cases); s++) {
            count_case q = {.make = programs[i], .schedule = cases[s].how, .out = {{-9, 40, 0}, {-5, 22, 0}},
                            .in = {{2, 19, 0}, {-1, 11, 0}}};
            counted k = count_run(&q);
            assert_int_equal(count_of(&k, "in")->loads, cases[s].per_element * cases[s].width * cases[s].height);
            assert_int_equal(count_of(&k, "in")->load_lanes, cases[s].lanes);
            assert_int_equal(count_of(&k, "out")->stores, 40 * 22);
            count_free(&k);
            /* a buffer of one element, and one row */
            q.in[0] = (cb_dim){3, 1, 0};
            q.in[1] = (cb_dim){0, 1, 0};
            k = count_run(&q);
            count_free(&k);
        }
}

/* In the middle nothing is divided, clamped or chosen; at the edges something is. */
static void middles(void **state)
{
    (void)state;
    static pipeline *(*const programs[])(cb_context *) = {edge, tiled, mirrored, interior, exterior};
    static const char *const schedules[] = {"", "out vectorize(x, 8)\n", "f compute_root(), vectorize(x, 8)\n"};
    for (size_t i = 0; i < COUNT_OF(programs); i++)
        for (size_t s = 0; s < COUNT_OF(schedules); s++) {
            count_case q = {.make = programs[i], .schedule = schedules[s], .out = {{-9, 160, 0}, {-5, 22, 0}},
                            .in = {{2, 130, 0}, {-1, 11, 0}}};
            counted k = count_run(&q);
            count_costs C = count_costs_of(&k);
            if (C.least || !C.most) fail_msg("%s, schedule [%s]: %d to %d", k.p->name, schedules[s], C.least, C.most);
            count_free(&k);
        }
}

/* ---- shapes ---------------------------------------------------------------------------------- */

PROGRAM(shapes,
    define(f(x, y) = i32(in(2*x, y)) + in(2*x + 1, y) * 2 + in(40 - x, y) * 3 + in(3*y, x) * 4 + in(y, y) * 5);
    define(out(x, y) = f(x, y));
)

/* Every second element, the other way round, down a column: one load of eight lanes for eight elements, those beyond the
 * end masked off; and one scalar for all where the place does not depend on x. */
static void strides(void **state)
{
    (void)state;
    for (int w = 1; w < 20; w += 3) {
        counted k = count_run(&(count_case){.make = shapes, .schedule = "out vectorize(x, 8)\n", .out = {{0, w, 0}, {0, 3, 0}}});
        int pieces = (w + 7) / 8;
        assert_int_equal(count_of(&k, "in")->loads, 3 * (4 * w + pieces));
        assert_int_equal(count_of(&k, "in")->load_ops, 3 * 5 * pieces);
        assert_int_equal(count_of(&k, "in")->load_lanes, 8);
        assert_int_equal(count_of(&k, "out")->store_ops, 3 * pieces);
        count_free(&k);
    }
}

/* A table read at eight places at once, and written in eight places at once; a row written down a column. */
PROGRAM(tables,
    RDom(r, (0, 16), (0, 2));
    define(f(x, y) = x * 3 + y);
    define(f(r.y, in(r.x, r.y) % 4) = r.x);
    define(out(x, y) = f(in(x, y) % 4, in(y, x) % 4) + f(y, x) * 100);
)

static void gathers(void **state)
{
    (void)state;
    counted k = count_run(&(count_case){.make = tables, .out = {{0, 16, 0}, {0, 4, 0}},
        .schedule = "out vectorize(x, 8)\nf compute_root(), reorder_storage(y, x), vectorize(x, 4)\n"});
    assert_int_equal(count_evals(&k, "f", -1), 4 * 16 /* a box of both readers */);
    assert_int_equal(count_evals(&k, "f", 0), 16 * 2);
    assert_int_equal(count_of(&k, "f")->load_lanes, 8);
    assert_int_equal(count_of(&k, "f")->loads, 2 * 16 * 4);
    assert_int_equal(count_of(&k, "f")->load_ops, 2 * 2 * 4);
    assert_int_equal(count_of(&k, "f")->store_lanes, 4); /* down a column */
    count_free(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boundaries),
        cmocka_unit_test(middles),
        cmocka_unit_test(strides),
        cmocka_unit_test(gathers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
