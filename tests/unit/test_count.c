/* What schedules make a program do, by count: how often each definition is evaluated, how much is
 * allocated, how many loops of which kind run. Values are compared with the interpreter each time. */
#include "count.h"

COUNT_PROGRAM(blur,
    Input(in, u16, 2);
    Output(out, u16, 2);
    Funcs(blur_x);
    Vars(x, y);
    define(blur_x(x, y) = (in(x - 1, y) + in(x, y) + in(x + 1, y)) / 3);
    define(out(x, y) = (blur_x(x, y - 1) + blur_x(x, y) + blur_x(x, y + 1)) / 3);
)

#define BLUR(w, h, ...) count_run(&(count_case){.make = blur, .out = {{0, w, 0}, {0, h, 0}}, __VA_ARGS__})

static void harness(void **state)
{
    (void)state;
    counted k = BLUR(40, 20, .schedule = "");
    assert_int_equal(count_evals(&k, "out", -1), 800);
    assert_int_equal(count_evals(&k, "blur_x", -1), 0);
    assert_int_equal(count_of(&k, "in")->loads, 7200);
    assert_int_equal(k.peak, 0);
    assert_int_equal(k.shape.loops[LOOP_SERIAL], 2);
    count_free(&k);

    k = BLUR(40, 20, .schedule = "blur_x compute_root()\nout parallel(y), vectorize(x, 8)\n");
    assert_int_equal(count_evals(&k, "blur_x", -1), 40 * 22);
    assert_int_equal(count_of(&k, "out")->stores, 800);
    assert_int_equal(count_of(&k, "out")->store_ops, 100);
    assert_int_equal(count_of(&k, "out")->store_lanes, 8);
    assert_int_equal(count_of(&k, "blur_x")->allocations, 1);
    assert_int_equal(count_of(&k, "blur_x")->elements, 64 * 22); /* rows begin at cache lines */
    assert_int_equal(k.peak, 64 * 22 * 2);
    assert_int_equal(k.shape.loops[LOOP_SERIAL], 3);
    assert_int_equal(k.shape.loops[LOOP_PARALLEL], 1);
    assert_int_equal(k.shape.loops[LOOP_VECTOR], 1);
    assert_int_equal(k.shape.parallel, 1);
    count_free(&k);

    k = BLUR(40, 20, .schedule = "blur_x store_root(), compute_at(out, y)\n");
    assert_int_equal(count_evals(&k, "blur_x", -1), 40 * 22);
    assert_int_equal(count_of(&k, "blur_x")->elements, 64 * 4);
    count_free(&k);

    count_refused(&(count_case){.make = blur, .schedule = "blur_x compute_at(out, z)\n"},
                  "error[no-such-loop]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(harness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
