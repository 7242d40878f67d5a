/* tests/unit/test_constrain.c: what a program says of its buffers is checked at entry, answered by
 * queries, and a number in compiled code. */
#include "call_rig.h"

#include "../../dsl/model.h"

static void interleaved(cb_func in)
{
    set_stride(in, 0, 3);
    set_stride(in, 2, 1);
    set_min(in, 2, 0);
    set_extent(in, 2, 3);
}

static cb_buffer picture(uint8_t *bytes, cb_dim *dim, int w, int h)
{
    dim[0] = (cb_dim){0, w, 3};
    dim[1] = (cb_dim){0, h, 3 * (int64_t)w};
    dim[2] = (cb_dim){0, 3, 1};
    return (cb_buffer){sizeof(cb_buffer), CB_BUFFER_VERSION, bytes, 0, NULL, 0, CB_u8, 3, 0, dim};
}

static void values_and_checks(void **state)
{
    (void)state;
    CALL_PROGRAM()
    {
        Input(in, u8, 3);
        Output(out, u8, 3);
        Vars(x, y, c);
        interleaved(in);
        interleaved(out);
        define(out(x, y, c) = in(x + 1, y, 2 - c));
        schedule(out, reorder(c, x, y), unroll(c), vectorize(x, 8));
        uint8_t a[20 * 4 * 3], b[19 * 4 * 3];
        for (size_t i = 0; i < sizeof a; i++)
            a[i] = (uint8_t)(i * 7);
        cb_dim da[3], db[3];
        cb_buffer ba = picture(a, da, 20, 4), bb = picture(b, db, 19, 4);
        cb_callable k = compile(out, "host");
        assert_int_equal(cb_call_argv(k, NULL, (void *[]){&ba, &bb}), 0);
        for (int i = 0; i < 19 * 4 * 3; i++) {
            int c_ = i % 3, x_ = i / 3 % 19, y_ = i / 57;
            assert_int_equal(b[i], a[y_ * 60 + (x_ + 1) * 3 + 2 - c_]);
        }
        cb_env quiet = {.size = sizeof quiet, .version = CB_ENV_VERSION};
        da[0].stride = 4;
        assert_int_equal(cb_call_argv(k, &quiet, (void *[]){&ba, &bb}), CB_ERR_CONSTRAINT);
        da[0].stride = 3;
        da[2].min = 1;
        assert_int_equal(cb_call_argv(k, &quiet, (void *[]){&ba, &bb}), CB_ERR_CONSTRAINT);
        da[2].min = 0;
        db[2].extent = 2;
        assert_int_equal(cb_call_argv(k, &quiet, (void *[]){&ba, &bb}), CB_ERR_CONSTRAINT);
        cb_callable_free(k);
    }
    CALL_DONE("");
}

static void queries(void **state)
{
    (void)state;
    CALL_PROGRAM()
    {
        Input(in, u8, 3);
        Output(out, u8, 3);
        Vars(x, y, c);
        interleaved(in);
        set_min(in, 1, -2);
        define(out(x, y, c) = in(x + 1, y, c / 2));
        cb_callable k = compile(out, "host");
        cb_dim da[3] = {{0, 0, 0}}, db[3] = {{5, 10, 1}, {1, 4, 10}, {0, 2, 40}};
        cb_buffer ba = picture(NULL, da, 0, 0), bb = ba;
        memset(da, 0, sizeof da);
        bb.dim = db;
        assert_int_equal(cb_call_argv(k, NULL, (void *[]){&ba, &bb}), 0);
        const cb_dim want[3] = {{6, 10, 3}, {-2, 7, 30}, {0, 3, 1}};
        for (int d = 0; d < 3; d++) {
            assert_int_equal(da[d].min, want[d].min);
            assert_int_equal(da[d].extent, want[d].extent);
            assert_int_equal(da[d].stride, want[d].stride);
        }
        cb_callable_free(k);
    }
    CALL_DONE("");
}

/* The number of colours is known: the loop over them can be unrolled without a bound(). */
static void exploited(void **state)
{
    (void)state;
    for (int known = 0; known < 2; known++) {
        CALL_PROGRAM()
    {
            Input(in, u8, 2);
            Output(out, u8, 2);
            Vars(x, c);
            if (known)
                set_extent(out, 1, 3);
            any_stride(in);
            define(out(x, c) = in(x, c));
            schedule(out, unroll(c));
            cb_callable k = compile(out, "host");
            cb_callable_free(k);
        }
        if (known)
            assert_string_equal(call_said, "");
        else
            assert_non_null(strstr(call_said, "not-constant"));
        cb_context_free(ctx);
    }
}

/* What a schedule promises or rounds up of an output is checked before anything is stored: a buffer that ends earlier,
 * in the middle of what would be computed, is refused and stays as it was. */
typedef struct promise {
    const char *schedule;
    int columns[3]; /* 1: of buffers of 17, 18, 24 columns this many are right */
} promise;

static void promised(void **state)
{
    (void)state;
    static const promise cases[] = {
        {"out bound(x, 0, 24)\n", {0, 0, 1}},
        {"out bound(x, 0, 24), vectorize(x)\n", {0, 0, 1}},
        {"out bound(x, 0, 24), vectorize(x, 8, round_up)\n", {0, 0, 1}},
        {"out bound(x, 0, 24), vectorize(x, 16, shift_inwards), parallel(y)\n", {0, 0, 1}},
        {"out bound(x, 0, 18), vectorize(x, 8)\n", {0, 1, 0}},
        {"out bound(x, 0, 17), vectorize(x, 8)\nf compute_at(out, x)\n", {1, 0, 0}},
        {"out bound_extent(x, 24), vectorize(x, 8)\n", {0, 0, 1}},
        {"out vectorize(x, 8, round_up)\n", {0, 0, 1}},
        {"out vectorize(x, 8, predicate_loads)\n", {0, 0, 1}},
        {"out align_bounds(x, 8)\n", {0, 0, 1}},
        {"out align_extent(x, 6)\n", {0, 1, 1}},
        {"out bound(y, 0, 4)\n", {0, 0, 0}},
        {"out.update 0 vectorize(x, 8, round_up_and_blend)\n", {0, 0, 1}},
        {"out specialize(out.extent(0) > 17, vectorize(x, 8, round_up)), vectorize(x, 8)\n", {1, 0, 1}},
        {"out vectorize(x, 8)\n", {1, 1, 1}},
    };
    static const int columns[] = {17, 18, 24};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CALL_PROGRAM()
        {
            Output(out, i16, 2);
            Funcs(f);
            Vars(x, y);
            define(f(x, y) = i16(x + 100*y));
            define(out(x, y) = f(x, y));
            define(out(x, y) += i16(1));
            cb_pipeline p = cb_pipeline_of("promised", 1, &out, CB_HERE);
            p.p->sched = schedule_read(ctx, cases[i].schedule, "promised.sched");
            cb_callable k = cb_compile_pipeline(p, "host", CB_HERE);
            assert_non_null(k.p);
            for (int c = 0; c < 3; c++) {
                int16_t memory[30 * 6];
                memset(memory, 0x5a, sizeof memory);
                cb_dim dim[2] = {{0, columns[c], 1}, {0, 5, 30}};
                cb_buffer b = call_buffer(CB_i16, memory, 2, dim);
                int rc = cb_call_argv(k, &call_quiet, (void *[]){&b});
                if (cases[i].columns[c] != !rc || (rc && rc != CB_ERR_OUT_OF_BOUNDS && rc != CB_ERR_CONSTRAINT))
                    fail_msg("%s%d columns: error %d", cases[i].schedule, columns[c], rc);
                for (int n = 0; n < 30 * 6; n++) {
                    bool mine = !rc && n % 30 < columns[c] && n / 30 < 5;
                    if (memory[n] != (mine ? n % 30 + n / 30 * 100 + 1 : 0x5a5a))
                        fail_msg("%s%d columns: element %d is %d", cases[i].schedule, columns[c], n, memory[n]);
                }
            }
            cb_callable_free(k);
        }
        CALL_DONE("");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_checks),
        cmocka_unit_test(queries),
        cmocka_unit_test(exploited),
        cmocka_unit_test(promised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
