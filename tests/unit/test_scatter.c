/* tests/unit/test_scatter.c: updates of several places at once: what they leave behind, and what they cost under which
 * schedules. Compiled code equals the interpreter. */
#include "lang_rig.h"

#include "count.h"

static int32_t expected(int i)
{
    static const int32_t after[20] = {1, 0, 4, 20, 6, 7, 2, 7, 80, 9, 17, 16, 15, 14, 13, 12, 11, 10, 18, 19};
    return after[i];
}

RIG_TEST(values)
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 4));
    define(f(x) = x);
    define(f(scatter(0, 1)) = gather(f(1), f(0)));                    /* a swap */
    define(f(scatter(2, 4, 6)) = f(gather(4, 6, 2)));                 /* a rotation */
    define(f(scatter(3, 3)) = gather(10, 20));                        /* the last one stays */
    define(f(scatter(5, 5)) += gather(1, 2));                         /* both add to what was there */
    define(f(scatter(7, 8)) = gather(undef(i32), 80));                /* one of two */
    define(f(scatter(r + 10, 17 - r)) = f(gather(17 - r, r + 10)));   /* a mirror */
    cb_buffer *b = RIG_RUN1(w, f, CB_i32, 20);
    for (int i = 0; i < 20; i++)
        assert_int_equal(I32(b)[i], expected(i));
    cb_buffer_free(b);
}

/* A coordinate may say that places are those of data, which the same update moves. */
RIG_TEST(places_from_itself)
{
    Funcs(f);
    Vars(x);
    define(f(x) = (x + 1) % 4);
    define(f(scatter(clamp(f(0), 0, 3), clamp(f(3), 0, 3))) = gather(30, f(1)));
    cb_buffer *b = RIG_RUN1(w, f, CB_i32, 4);
    const int32_t after[] = {2, 30, 3, 0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(I32(b)[i], after[i]);
    cb_buffer_free(b);
}

RIG_TEST(several_values)
{
    Funcs(f);
    Vars(x);
    RDom(r, (0, 3));
    define(f(x) = (x, 10 * x));
    define(f(scatter(2 * r, 2 * r + 1)) = (gather(f(2 * r + 1)[1], f(2 * r)[1]), f(gather(2 * r + 1, 2 * r))[0]));
    define_text("f(scatter(0, 5))[1] += gather(100, 200)");
    schedule(update(f, 0), vectorize(r, 2), unroll(r));
    cb_buffer *out[2];
    rig_run(w, f, 2, (const cb_type[]){CB_i32, CB_i32}, 1, (const int32_t[]){6}, 0, out);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(I32(out[0])[i], 10 * (i ^ 1));
        assert_int_equal(I32(out[1])[i], (i ^ 1) + (i == 0 ? 100 : i == 5 ? 200 : 0));
    }
    cb_buffer_free(out[0]);
    cb_buffer_free(out[1]);
}

/* The same with calls in place of an equation; what both places share is computed once. */
RIG_TEST(by_calls)
{
    Funcs(f);
    Vars(x);
    define(f, (x), x);
    define(f, (scatter(1, 3)), gather(at(f, 3), at(f, 1)));
    cb_buffer *b = RIG_RUN1(w, f, CB_i32, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(I32(b)[i], i % 2 ? 4 - i : i);
    cb_buffer_free(b);
}

/* ---- counts ------------------------------------------------------------------------------------- */

COUNT_PROGRAM(one_value,
    Input(in, u8, 1);
    Output(out, u8, 1);
    Vars(x);
    define(out(x) = u8(0));
    define(out(scatter(1, 5, 3)) = in(7));
)

/* A value that is the same for all places is loaded once. */
static void loaded_once(void **state)
{
    (void)state;
    counted k = count_run(&(count_case){.make = one_value, .schedule = "", .out = {{0, 8, 0}}});
    assert_int_equal(count_of(&k, "out")->stores, 8 + 3);
    assert_int_equal(count_of(&k, "in")->loads, 1);
    count_free(&k);
}

COUNT_PROGRAM(swapped_rows,
    Input(in, u8, 2);
    Output(out, u8, 2);
    Vars(x, y);
    define(out(x, y) = in(x, y));
    define(out(x, scatter(0, 5)) = gather(out(x, 5), out(x, 0)));
)

static void pure_loops(void **state)
{
    (void)state;
    counted k = COUNT_RUN(swapped_rows, 40, 10, .schedule = "");
    assert_int_equal(count_of(&k, "out")->stores, 400 + 2 * 40);
    assert_int_equal(count_of(&k, "out")->loads, 2 * 40);
    count_free(&k);
    k = COUNT_RUN(swapped_rows, 40, 10, .schedule = "out.update 0 vectorize(x, 8)\n", .backwards = true);
    assert_int_equal(count_of(&k, "out")->stores, 400 + 2 * 40);
    assert_int_equal(count_of(&k, "out")->store_ops, 400 + 2 * 5);
    assert_int_equal(count_of(&k, "out")->store_lanes, 8);
    assert_int_equal(count_of(&k, "out")->loads, 2 * 40);
    count_free(&k);
    k = COUNT_RUN(swapped_rows, 40, 10, .schedule = "out.update 0 parallel(x)\n", .backwards = true);
    assert_int_equal(count_of(&k, "out")->stores, 400 + 2 * 40);
    assert_int_equal(k.shape.parallel, 1);
    count_free(&k);
}

COUNT_PROGRAM(swapped_pairs,
    Input(in, u8, 1);
    Output(out, u8, 1);
    Funcs(f);
    Vars(x);
    RDom(r, (0, 16));
    define(f(x) = u8(in(x) + 1));
    define(f(scatter(2 * r, 2 * r + 1)) = f(gather(2 * r + 1, 2 * r)));
    define(out(x) = f(x) + f(x + 1));
)

/* No two iterations meet, so that their loop may be a vector, parallel, or run the other way round. The region of the update is
 * part of that of f. */
static void loops_of_domains(void **state)
{
    (void)state;
#define PAIRS(...) count_run(&(count_case){.make = swapped_pairs, .out = {{0, 10, 0}}, __VA_ARGS__})
    static const char *const ways[] = {"", "f.update 0 vectorize(r, 4)\n", "f.update 0 parallel(r)\n", "f.update 0 unroll(r)\n",
                                       "f.update 0 split(r, ro, ri, 4), reorder(ro, ri)\n"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        counted k = PAIRS(.schedule = ways[i], .backwards = true);
        assert_int_equal(count_of(&k, "f")->elements, 32);
        assert_int_equal(count_of(&k, "f")->stores, 32 + 32);
        assert_int_equal(count_of(&k, "f")->store_ops, i == 1 ? 32 + 8 : 64);
        count_free(&k);
    }
}

COUNT_PROGRAM(chained,
    Input(in, u8, 1);
    Output(out, u8, 1);
    Vars(x);
    RDom(r, (0, 16));
    define(out(x) = in(x));
    define(out(scatter(r, r + 1)) = out(gather(r + 1, r)));
)

/* 16 places and 16 elements read, of which no two are ever the same, though their form does not tell: that no example
 * is found is found in little time. */
COUNT_PROGRAM(many_places,
    Output(out, i32, 1);
    Vars(x);
    RDom(r, (0, 1000));
    define(out(x) = x);
    define(out(scatter(r * r * 64, r * r * 64 + 1, r * r * 64 + 2, r * r * 64 + 3, r * r * 64 + 4, r * r * 64 + 5, r * r * 64 + 6,
                       r * r * 64 + 7, r * r * 64 + 8, r * r * 64 + 9, r * r * 64 + 10, r * r * 64 + 11, r * r * 64 + 12,
                       r * r * 64 + 13, r * r * 64 + 14, r * r * 64 + 15)) =
           out(gather(r * r * 64 + 16, r * r * 64 + 17, r * r * 64 + 18, r * r * 64 + 19, r * r * 64 + 20, r * r * 64 + 21,
                      r * r * 64 + 22, r * r * 64 + 23, r * r * 64 + 24, r * r * 64 + 25, r * r * 64 + 26, r * r * 64 + 27,
                      r * r * 64 + 28, r * r * 64 + 29, r * r * 64 + 30, r * r * 64 + 31)));
)

static void refused(void **state)
{
    (void)state;
    count_refused(&(count_case){.make = many_places, .schedule = "out.update 0 parallel(r)\n"},
                  "no two that meet were found");
    count_refused(&(count_case){.make = chained, .schedule = "out.update 0 parallel(r)\n"},
                  "iterations (r.x = 0) and (r.x = 1) both write out(1)");
    count_refused(&(count_case){.make = swapped_pairs, .schedule = "f.update 0 atomic(), vectorize(r, 4)\n"},
                  "writes several places at once, which is never");
    count_refused(&(count_case){.make = swapped_pairs, .schedule = "f.update 0 rfactor(part, r, u)\n"},
                  "writes several places");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values), cmocka_unit_test(places_from_itself), cmocka_unit_test(several_values), cmocka_unit_test(by_calls),
        cmocka_unit_test(pure_loops), cmocka_unit_test(loaded_once), cmocka_unit_test(loops_of_domains), cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests_name("scatter", tests, NULL, NULL);
}
