/* tests/unit/test_buffers.c: outputs that are a part of something larger, begin anywhere, have any size, and lie in memory
 * in any order: exactly the elements of the region are stored, whatever the schedule, and the queries of constrained
 * buffers answer what a call then accepts. Compiled code, with the interpreter beside it. */
#include "call_rig.h"

enum { WIDE = 50, HIGH = 30 };

/* The region of a frame filled with 0xaa: each of its elements has the value of `f`, all others are as they were. */
static int32_t expected(int32_t x, int32_t y) { return x * 1000 + y * 7 + (x & y); }

static void check_frame(const int32_t *frame, const cb_dim *region, int64_t at_x, int64_t at_y)
{
    int stored = 0;
    for (int y = 0; y < HIGH; y++)
        for (int x = 0; x < WIDE; x++) {
            bool inside = x >= at_x && x < at_x + region[0].extent && y >= at_y && y < at_y + region[1].extent;
            int32_t want = inside ? expected(region[0].min + (int32_t)(x - at_x), region[1].min + (int32_t)(y - at_y))
                                  : (int32_t)0xaaaaaaaa;
            stored += inside;
            if (frame[y * WIDE + x] != want) fail_msg("(%d, %d) is %d, not %d", x, y, (int)frame[y * WIDE + x], (int)want);
        }
    assert_int_equal(stored, region[0].extent * region[1].extent);
}

/* Pieces of a frame, of every odd size, at coordinates that have nothing to do with their place in memory. */
static void parts_of_a_frame(void **state)
{
    (void)state;
    enum { VARIANTS = 6 };
    static int32_t frame[WIDE * HIGH];
    for (int how = 0; how < VARIANTS; how++) {
        CALL_PROGRAM()
        {
            Funcs(f, out);
            Vars(x, y, xo, yo, xi, yi);
            define(f(x, y) = x * 1000 + (x & y));
            define(out(x, y) = f(x, y) + y * 7);
            switch (how) {
            case 1: schedule(out, vectorize(x, 8), parallel(y)); break;
            case 2: schedule(out, tile(x, y, xo, yo, xi, yi, 8, 4), vectorize(xi)); break;
            case 3: schedule(out, tile(x, y, xo, yo, xi, yi, 8, 4, shift_inwards), vectorize(xi)); break;
            case 4: schedule(out, vectorize(x, 16, predicate), unroll(y, 3)); break;
            case 5: schedule(out, fuse(y, x, xo), vectorize(xo, 8)); break;
            default: break;
            }
            if (how == 5) schedule(f, compute_root());
            if (how == 4) schedule(f, compute_at(out, x));
            if (how == 2 || how == 3) schedule(f, compute_at(out, xo), vectorize(x, 4));
            cb_callable k = compile(out, "host");
            for (int w = 0; w < 20; w += w < 3 ? 1 : 4)
                for (int h = 0; h < 9; h += 2) {
                    cb_dim region[2] = {{-3 * w, w, 1}, {INT32_C(100000) - h, h, WIDE}};
                    memset(frame, 0xaa, sizeof frame);
                    cb_buffer o = call_buffer(CB_i32, frame + 11 * WIDE + 13, 2, region);
                    assert_int_equal(cb_call_argv(k, NULL, (void *[]){&o}), 0);
                    check_frame(frame, region, 13, 11);
                }
            cb_callable_free(k);
        }
        CALL_DONE("");
    }
}

/* Rows last first, columns last first, columns in the place of rows, and every third element. */
static void any_order_in_memory(void **state)
{
    (void)state;
    static int32_t frame[WIDE * HIGH * 3];
    static const int64_t strides[][2] = {{1, -WIDE}, {-1, WIDE}, {-1, -WIDE}, {HIGH, 1}, {3, 3 * WIDE}, {-3, -3 * WIDE}};
    for (int how = 0; how < 3; how++) {
        CALL_PROGRAM()
        {
            Input(in, i32, 2);
            Output(out, i32, 2);
            any_stride(in);
            Vars(x, y);
            any_stride(out);
            define(out(x, y) = in(x, y) + x * 1000 + y * 7);
            if (how) schedule(out, vectorize(x, 8), parallel(y));
            if (how == 2) schedule(out, reorder(y, x));
            cb_callable k = compile(out, "host");
            for (size_t i = 0; i < sizeof strides / sizeof *strides; i++) {
                enum { W = 21, H = 13 };
                memset(frame, 0xaa, sizeof frame);
                int32_t given[W * H];
                for (int j = 0; j < W * H; j++) given[j] = j * j;
                cb_dim from[2] = {{-4, W, i % 2 ? 1 : H}, {9, H, i % 2 ? W : 1}};
                cb_dim to[2] = {{-4, W, strides[i][0]}, {9, H, strides[i][1]}};
                cb_buffer a = call_buffer(CB_i32, given, 2, from), b = call_buffer(CB_i32, frame + WIDE * HIGH * 3 / 2, 2, to);
                assert_int_equal(cb_call_argv(k, NULL, (void *[]){&a, &b}), 0);
                int touched = 0;
                for (int j = 0; j < WIDE * HIGH * 3; j++) touched += frame[j] != (int32_t)0xaaaaaaaa;
                assert_int_equal(touched, W * H);
                for (int y_ = 0; y_ < H; y_++)
                    for (int x_ = 0; x_ < W; x_++)
                        assert_int_equal(*(int32_t *)cb_buffer_at(&b, (int32_t[]){x_ - 4, y_ + 9}),
                                         given[x_ * from[0].stride + y_ * from[1].stride] + (x_ - 4) * 1000 + (y_ + 9) * 7);
            }
            cb_callable_free(k);
        }
        CALL_DONE("");
    }
}

/* ---- constraints ----------------------------------------------------------------------------- */

/* What a query answers is accepted by the call, and nothing smaller is; constraints of an input and of the output hold
 * at once, and reach what is asked of the other. */
static void queries_agree_with_calls(void **state)
{
    (void)state;
    const int n = 6;
    CALL_PROGRAM()
    {
        Input(in, u8, 3);
        Input(table, u8, 1);
        Output(out, u8, 3);
        Vars(x, y, c);
        set_stride(in, 0, 4);
        set_stride(in, 2, 1);
        set_min(in, 2, 0);
        set_extent(in, 2, 4);
        set_min(table, 0, 0);
        set_extent(table, 0, 256);
        set_extent(out, 1, n);
        set_min(out, 1, n / 2);
        define(out(x, y, c) = table(in(x + 1, y * 2, c)) + table(in(x, y, 3)));
        schedule(out, vectorize(x, 8));
        cb_callable k = compile(out, "host");
        cb_dim di[3], dt[1], dout[3] = {{5, 11, 1}, {n / 2, n, 11}, {0, 3, 11 * (int64_t)n}};
        memset(di, 0, sizeof di);
        memset(dt, 0, sizeof dt);
        cb_buffer bi = call_buffer(CB_u8, NULL, 3, di), bt = call_buffer(CB_u8, NULL, 1, dt), bo = call_buffer(CB_u8, NULL, 3, dout);
        void *argv[] = {&bi, &bt, &bo};
        assert_int_equal(cb_call_argv(k, &call_quiet, argv), 0);
        /* the region of the definitions, widened to what is promised: colours 0 to 3, the whole table */
        const cb_dim want[3] = {{5, 12, 4}, {n / 2, (n / 2 + n - 1) * 2 - n / 2 + 1, 48}, {0, 4, 1}};
        for (int d = 0; d < 3; d++) {
            assert_int_equal(di[d].min, want[d].min);
            assert_int_equal(di[d].extent, want[d].extent);
            assert_int_equal(di[d].stride, want[d].stride);
        }
        assert_int_equal(dt[0].extent, 256);
        /* the output's answer to a query of its own */
        cb_dim answered[3];
        memcpy(answered, di, sizeof di);
        memset(dout, 0, sizeof dout);
        assert_int_equal(cb_call_argv(k, &call_quiet, argv), 0);
        assert_int_equal(dout[1].min, n / 2);
        assert_int_equal(dout[1].extent, n);
        memcpy(di, answered, sizeof di);
        dout[0] = (cb_dim){5, 11, 1};
        dout[1] = (cb_dim){n / 2, n, 11};
        dout[2] = (cb_dim){0, 3, 11 * (int64_t)n};
        size_t bytes = (size_t)want[1].extent * 48;
        uint8_t *pixels = malloc(bytes), table_[256], got[11 * 9 * 3];
        for (size_t i = 0; i < bytes; i++) pixels[i] = (uint8_t)(i * 29 + 3);
        for (int i = 0; i < 256; i++) table_[i] = (uint8_t)(255 - i);
        bi.host = pixels, bt.host = table_, bo.host = got;
        assert_int_equal(cb_call_argv(k, &call_quiet, argv), 0);
        for (int c_ = 0; c_ < 3; c_++)
            for (int y_ = 0; y_ < n; y_++)
                for (int x_ = 0; x_ < 11; x_++) {
                    const uint8_t *row = pixels + ((n / 2 + y_) * 2 - n / 2) * 48, *other = pixels + y_ * 48;
                    uint8_t value = (uint8_t)(255 - row[(x_ + 1) * 4 + c_] + 255 - other[x_ * 4 + 3]);
                    assert_int_equal(got[x_ + 11 * (y_ + n * c_)], value);
                }
        /* one less of anything is refused */
        di[1].extent--;
        assert_int_equal(cb_call_argv(k, &call_quiet, argv), CB_ERR_OUT_OF_BOUNDS);
        di[1].extent++;
        dt[0].extent--;
        assert_int_equal(cb_call_argv(k, &call_quiet, argv), CB_ERR_CONSTRAINT);
        dt[0].extent++;
        dout[1].min++;
        assert_int_equal(cb_call_argv(k, &call_quiet, argv), CB_ERR_CONSTRAINT);
        dout[1].min--;
        di[0].stride = 3;
        assert_int_equal(cb_call_argv(k, &call_quiet, argv), CB_ERR_CONSTRAINT);
        free(pixels);
        cb_callable_free(k);
    }
    CALL_DONE("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_a_frame),
        cmocka_unit_test(any_order_in_memory),
        cmocka_unit_test(queries_agree_with_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
