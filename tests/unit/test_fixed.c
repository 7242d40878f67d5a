/* tests/unit/test_fixed.c: fixed point, bits, lerp, mux, small floats: what the words mean, stated a
 * second time in plain C (on numbers of 64 bits, which hold everything that 8 and 16 bits make), and
 * compiled code equal to the interpreter, as scalars and as vectors. */
#include "lang_rig.h"

#include "../../ir/ir.h"

#include <math.h>

#define U16(b) ((uint16_t *)(b)->host)
#define I8(b) ((int8_t *)(b)->host)
#define I16(b) ((int16_t *)(b)->host)

/* ---- the table of meanings, exhaustively for 8 bits ------------------------------------------- */

static int64_t floor_shift(int64_t v, int64_t n) /* floor(v/2^n) */
{
    if (n <= 0)
        return v * ((int64_t)1 << (n < -20 ? 20 : -n));
    int64_t d = (int64_t)1 << (n > 40 ? 40 : n);
    return v >= 0 ? v / d : -((-v + d - 1) / d);
}

static int64_t half_up(int64_t v, int64_t n) /* floor(v/2^n + 1/2) */
{
    return n <= 0 ? floor_shift(v, n) : floor_shift(2 * v + ((int64_t)1 << (n > 40 ? 40 : n)), n + 1);
}

static int64_t nearest(cb_type t, int64_t v)
{
    return v < type_min(t) ? type_min(t) : v > type_max(t) ? type_max(t) : v;
}

static int64_t eval(ir_op op, cb_type result, cb_type t, cb_type last, int64_t a, int64_t b, int64_t n)
{
    cb_type types[3] = {t, ir_ops[op].nargs == 2 && ir_ops[op].cls == IRC_SHIFT2 ? last : t, last};
    ir_value arg[3] = {{.i = a}, {.i = b}, {.i = n}}, out = {0};
    bool over = false;
    assert_true(value_eval(op, result, types, arg, &out, &over));
    assert_false(over);
    return out.i;
}

static void pair(cb_type t, int64_t a, int64_t b)
{
    cb_type u = {CB_UINT, t.bits, 1};
    assert_int_equal(eval(IR_SAT_ADD, t, t, t, a, b, 0), nearest(t, a + b));
    assert_int_equal(eval(IR_SAT_SUB, t, t, t, a, b, 0), nearest(t, a - b));
    assert_int_equal(eval(IR_HALF_ADD, t, t, t, a, b, 0), floor_shift(a + b, 1));
    assert_int_equal(eval(IR_HALF_ADD_UP, t, t, t, a, b, 0), floor_shift(a + b + 1, 1));
    assert_int_equal(eval(IR_HALF_SUB, t, t, t, a, b, 0), value_wrap(t, floor_shift(a - b, 1)));
    assert_int_equal(eval(IR_ABSD, u, t, t, a, b, 0), a < b ? b - a : a - b);
}

static void eight_bits(void **state)
{
    (void)state;
    static const cb_type types[] = {{CB_INT, 8, 1}, {CB_UINT, 8, 1}};
    for (int k = 0; k < 2; k++) {
        cb_type t = types[k];
        for (int64_t a = type_min(t); a <= type_max(t); a++) {
            for (int64_t b = type_min(t); b <= type_max(t); b++) {
                pair(t, a, b);
                for (int64_t n = -18; n <= 18; n += 1 + (b & 3)) {
                    assert_int_equal(eval(IR_MUL_SHR, t, t, T_I8, a, b, n), nearest(t, floor_shift(a * b, n)));
                    assert_int_equal(eval(IR_ROUND_MUL_SHR, t, t, T_I8, a, b, n), nearest(t, half_up(a * b, n)));
                }
            }
            for (int64_t n = -18; n <= 18; n++) {
                assert_int_equal(eval(IR_ROUND_SHR, t, t, T_I8, a, n, 0), nearest(t, half_up(a, n)));
                assert_int_equal(eval(IR_ROUND_SHL, t, t, T_I8, a, n, 0), nearest(t, half_up(a, -n)));
            }
        }
    }
}

static void sixty_four_bits(void **state)
{
    (void)state;
    cb_type i = T_I64, u = T_U64;
    assert_int_equal(eval(IR_SAT_ADD, i, i, i, INT64_MAX, 1, 0), INT64_MAX);
    assert_int_equal(eval(IR_SAT_SUB, i, i, i, INT64_MIN, 1, 0), INT64_MIN);
    assert_int_equal(eval(IR_SAT_ADD, u, u, u, -1, 1, 0), -1);
    assert_int_equal(eval(IR_SAT_SUB, u, u, u, 1, 2, 0), 0);
    assert_int_equal(eval(IR_HALF_ADD, u, u, u, -1, -1, 0), -1);
    assert_int_equal(eval(IR_HALF_SUB, i, i, i, INT64_MAX, INT64_MIN, 0), INT64_MAX);
    assert_int_equal(eval(IR_ABSD, u, i, i, INT64_MAX, INT64_MIN, 0), -1);
    assert_int_equal(eval(IR_MUL_SHR, u, u, T_I32, -1, -1, 64), -2);
    assert_int_equal(eval(IR_MUL_SHR, u, u, T_I32, -1, -1, 63), -1);
    assert_int_equal(eval(IR_MUL_SHR, u, u, T_I32, -1, -1, 127), 1);
    assert_int_equal(eval(IR_ROUND_MUL_SHR, u, u, T_I32, -1, -1, 128), 1);
    assert_int_equal(eval(IR_ROUND_MUL_SHR, i, i, T_I32, INT64_MIN, INT64_MIN, 63), INT64_MAX);
    assert_int_equal(eval(IR_ROUND_MUL_SHR, i, i, T_I32, INT64_MIN, INT64_MAX, 63), -INT64_MAX);
    assert_int_equal(eval(IR_ROUND_SHL, u, u, T_I32, 3, 63, 0), -1);
    assert_int_equal(eval(IR_ROUND_SHR, u, u, T_I32, -1, 64, 0), 1);
    assert_int_equal(eval(IR_CLZ, u, u, u, 0, 0, 0), 64);
    assert_int_equal(eval(IR_CTZ, i, i, i, INT64_MIN, 0, 0), 63);
    assert_int_equal(eval(IR_CTZ, T_I8, T_I8, T_I8, 0, 0, 0), 8);
    assert_int_equal(eval(IR_POPCOUNT, T_I8, T_I8, T_I8, -1, 0, 0), 8);
    assert_int_equal(eval(IR_CLZ, T_I16, T_I16, T_I16, -1, 0, 0), 0);
}

/* ---- the words of the language ---------------------------------------------------------------- */

/* Element (i, j) of each word, by plain C. */
static int64_t wanted(int what, int i, int j)
{
    int a = i, b = j, s = (int8_t)i;
    switch (what) {
    case 0: return a + b;
    case 1: return (int16_t)(a - b);
    case 2: return s * b; /* i8 by u8 */
    case 3: return (int16_t)(a << (j & 15));
    case 4: return (2 * (a * (255 - 77) + b * 77) + 255) / (2 * 255);
    case 5: return a % 3 == 0 ? 10 : a % 3 == 1 ? 20 : 30;
    case 6: return (int16_t)(uint16_t)(a | b << 8);
    case 8: return a >> (j & 15);
    case 7: return (int16_t)((uint8_t)(a * a * a));
    default: return -1;
    }
}

static void words(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "f(x, y) = i16(widening_add(u8(x), u8(y)))",
        "f(x, y) = widening_sub(u8(x), u8(y))",
        "f(x, y) = widening_mul(i8(x), u8(y))",
        "f(x, y) = i16(widening_shift_left(u8(x), u8(y) & 15))",
        "f(x, y) = i16(lerp(u8(x), u8(y), u8(77)))",
        "f(x, y) = i16(mux(x % 3, 10, 20, 30))",
        "f(x, y) = i16(concat_bits(u8(x), u8(y)))",
        "f(x, y) = i16(ipow(u8(x), 3))",
        "f(x, y) = i16(widening_shift_right(u8(x), y & 15))",
    };
    for (int k = 0; k < (int)(sizeof texts / sizeof texts[0]); k++)
        for (int vector = 0; vector < 2; vector++) {
            world *w = world_new();
            Carbide(w->c)
            {
                Funcs(f);
                Vars(x, y);
                define_text(texts[k]);
                if (vector)
                    schedule(f, vectorize(x, 32));
                cb_buffer *out = RIG_RUN1(w, f, CB_i16, 256, 256);
                for (int j = 0; j < 256; j++)
                    for (int i = 0; i < 256; i++)
                        if (I16(out)[j * 256 + i] != wanted(k, i, j))
                            fail_msg("%s at (%d, %d): %d, not %lld", texts[k], i, j,
                                     I16(out)[j * 256 + i], (long long)wanted(k, i, j));
                cb_buffer_free(out);
            }
            world_free(w);
        }
}

/* The nearest integer, for every pair of ends and every weight of 8 bits; between the ends. */
RIG_TEST(lerp_is_nearest)
{
    Funcs(f);
    Vars(a, b, k);
    define(f(a, b, k) = lerp(i8(a - 128), i8(b - 128), u8(k * 5)));
    schedule(f, vectorize(a, 32));
    cb_buffer *out = RIG_RUN1(w, f, CB_i8, 256, 256, 52);
    for (int v = 0; v < 52; v++)
        for (int j = 0; j < 256; j++)
            for (int i = 0; i < 256; i++) {
                double exact = ((i - 128) * (255 - 5.0 * v) + (j - 128) * 5.0 * v) / 255;
                assert_int_equal(I8(out)[(v * 256 + j) * 256 + i], (int)(floor)(exact + 0.5));
            }
    cb_buffer_free(out);
}

/* ---- small floats ------------------------------------------------------------------------------ */

static float half_as_float(uint16_t h, bool brain)
{
    return (float)value_from_bits(brain ? T_BF16 : T_F16, h).f;
}

/* Rounded after every operation: 2048 + 1 + 1 is 2048 in f16, 256 + 1 + 1 is 256 in bf16. */
static void small_floats_round(void **state)
{
    (void)state;
    for (int brain = 0; brain < 2; brain++)
        for (int vector = 0; vector < 2; vector++) {
            world *w = world_new();
            Carbide(w->c)
            {
                Funcs(f);
                Vars(x);
                if (brain)
                    define(f(x) = bf16(x * 256) + 1 + 1);
                else
                    define(f(x) = f16(x * 2048) + 1 + 1);
                if (vector)
                    schedule(f, vectorize(x, 16));
                cb_buffer *out = RIG_RUN1(w, f, brain ? CB_bf16 : CB_f16, 19);
                assert_true(half_as_float(U16(out)[0], brain) == 2);
                assert_true(half_as_float(U16(out)[1], brain) == (brain ? 256 : 2048));
                cb_buffer_free(out);
            }
            world_free(w);
        }
}

/* Conversions round once: through f32 these would come out one place off. */
RIG_TEST(conversions_round_once)
{
    Funcs(f, g, h);
    Vars(x);
    define(f(x) = bf16((i64(1) << 62) + (i64(1) << 54) + x));
    define(g(x) = f16(1.0 + f64(1) / 2048 + f64(x) / 274877906944.0));
    define(h(x) = bf16((1 << 30) + (1 << 22) + x));
    schedule(g, vectorize(x, 8));
    schedule(h, vectorize(x, 8));
    cb_buffer *a = RIG_RUN1(w, f, CB_bf16, 2), *b = RIG_RUN1(w, g, CB_f16, 8), *d = RIG_RUN1(w, h, CB_bf16, 8);
    assert_int_equal(U16(a)[1], U16(a)[0] + 1);
    assert_int_equal(U16(b)[1], U16(b)[0] + 1);
    assert_int_equal(U16(d)[1], U16(d)[0] + 1);
    cb_buffer_free(a);
    cb_buffer_free(b);
    cb_buffer_free(d);
}

RIG_TEST(floats)
{
    Funcs(f);
    Vars(x);
    /* (1 + 2^-12)^2 - (1 + 2^-11) = 2^-24, which a rounded product loses */
    define(f(x) = i32(fma(f32(1.000244140625), f32(1.000244140625), f32(-1.00048828125)) * 16777216)
                  + select(is_inf(f32(x) / 0), 10, 0) + select(is_finite(f32(x)), 100, 0)
                  + i32(fract(f32(-2.75)) * 4) * 1000);
    cb_buffer *out = RIG_RUN1(w, f, CB_i32, 3);
    assert_int_equal(I32(out)[0], 1 + 100 - 3000); /* 0/0 is NaN */
    assert_int_equal(I32(out)[1], 1 + 10 + 100 - 3000);
    cb_buffer_free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_bits),         cmocka_unit_test(sixty_four_bits),
        cmocka_unit_test(words),              cmocka_unit_test(lerp_is_nearest),
        cmocka_unit_test(small_floats_round), cmocka_unit_test(conversions_round_once),
        cmocka_unit_test(floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
