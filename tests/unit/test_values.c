/* tests/unit/test_values.c: the table of meanings (ir/value.c), case by case. */
#include "../../ir/ir.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static ir_value eval2(ir_op op, cb_type t, int64_t a, int64_t b, bool *over)
{
    cb_type types[] = {t, t};
    ir_value arg[] = {{.i = a}, {.i = b}}, out = {0};
    cb_type r = ir_ops[op].cls == IRC_CMP2 ? T_BOOL : t;
    bool ignored = false;
    assert_true(value_eval(op, r, types, arg, &out, over ? over : &ignored));
    return out;
}

static int64_t int2(ir_op op, cb_type t, int64_t a, int64_t b)
{
    return eval2(op, t, a, b, NULL).i;
}

static double float2(ir_op op, cb_type t, double a, double b)
{
    cb_type types[] = {t, t};
    ir_value arg[] = {{.f = a}, {.f = b}}, out = {0};
    bool over = false;
    assert_true(value_eval(op, t, types, arg, &out, &over));
    return out.f;
}

static ir_value cast(cb_type from, cb_type to, ir_value a)
{
    ir_value out = {0};
    bool over = false;
    assert_true(value_eval(IR_CAST, to, &from, &a, &out, &over));
    return out;
}

static int64_t float_to(cb_type to, double v) { return cast(T_F64, to, (ir_value){.f = v}).i; }

static void test_euclid(void **state)
{
    (void)state;
    assert_int_equal(int2(IR_DIV, T_I32, 7, 2), 3);
    assert_int_equal(int2(IR_DIV, T_I32, -7, 2), -4);
    assert_int_equal(int2(IR_DIV, T_I32, 7, -2), -3);
    assert_int_equal(int2(IR_DIV, T_I32, -7, -2), 4);
    assert_int_equal(int2(IR_MOD, T_I32, -7, 2), 1);
    assert_int_equal(int2(IR_MOD, T_I32, -7, -2), 1);
    assert_int_equal(int2(IR_DIV, T_I32, 5, 0), 0);
    assert_int_equal(int2(IR_MOD, T_I32, 5, 0), 5);
    assert_int_equal(int2(IR_MOD, T_I32, -5, 0), -5);
    assert_int_equal(int2(IR_DIV, T_I32, INT32_MIN, -1), INT32_MIN);
    assert_int_equal(int2(IR_DIV, T_I64, INT64_MIN, -1), INT64_MIN);
    assert_int_equal(int2(IR_MOD, T_I64, INT64_MIN, -1), 0);
    assert_int_equal(int2(IR_MOD, T_I64, -1, INT64_MIN), INT64_MAX);
    assert_int_equal(int2(IR_DIV, T_I64, -1, INT64_MIN), 1);
    assert_int_equal(int2(IR_DIV, T_I8, -128, -1), -128);
    assert_int_equal(int2(IR_DIV_TZ, T_I32, -7, 2), -3);
    assert_int_equal(int2(IR_MOD_TZ, T_I32, -7, 2), -1);
    assert_int_equal(int2(IR_DIV_TZ, T_I32, -7, 0), 0);
    assert_int_equal((uint64_t)int2(IR_DIV, T_U64, -1, 2), UINT64_MAX / 2);
    assert_int_equal((uint64_t)int2(IR_MOD, T_U64, -1, 10), UINT64_MAX % 10);
}

/* x = (x/y)*y + x%y and 0 <= x%y < |y|, over all of i8 and u8. */
static void test_euclid_laws(void **state)
{
    (void)state;
    cb_type types[] = {T_I8, T_U8};
    for (int k = 0; k < 2; k++) {
        cb_type t = types[k];
        for (int64_t x = type_min(t); x <= type_max(t); x++) {
            for (int64_t y = type_min(t); y <= type_max(t); y++) {
                int64_t q = int2(IR_DIV, t, x, y), r = int2(IR_MOD, t, x, y);
                assert_int_equal(int2(IR_ADD, t, int2(IR_MUL, t, q, y), r), x);
                if (y)
                    assert_true(r >= 0 && r < (y < 0 ? -y : y));
            }
        }
    }
}

static void test_wrap_and_overflow(void **state)
{
    (void)state;
    bool over = false;
    assert_int_equal(eval2(IR_ADD, T_U8, 200, 100, &over).i, 44);
    assert_int_equal(eval2(IR_SUB, T_U8, 0, 1, &over).i, 255);
    assert_int_equal(eval2(IR_MUL, T_I8, 100, 2, &over).i, -56);
    assert_int_equal(eval2(IR_ADD, T_I16, 32767, 1, &over).i, -32768);
    assert_int_equal((uint64_t)eval2(IR_SUB, T_U32, 0, 1, &over).i, UINT32_MAX);
    assert_int_equal((uint64_t)eval2(IR_MUL, T_U64, -1, -1, &over).i, 1);
    assert_int_equal(eval2(IR_DIV, T_I32, INT32_MIN, -1, &over).i, INT32_MIN);
    assert_false(over);
    assert_int_equal(eval2(IR_ADD, T_I32, INT32_MAX, 1, &over).i, INT32_MIN);
    assert_true(over);
    over = false;
    eval2(IR_MUL, T_I64, INT64_MAX, 2, &over);
    assert_true(over);
    over = false;
    eval2(IR_SUB, T_I32, 0, INT32_MIN, &over);
    assert_true(over);
}

static int64_t shift(ir_op op, cb_type t, int64_t a, cb_type ct, int64_t n)
{
    cb_type types[] = {t, ct};
    ir_value arg[] = {{.i = a}, {.i = n}}, out = {0};
    bool over = false;
    assert_true(value_eval(op, t, types, arg, &out, &over));
    return out.i;
}

static void test_shifts(void **state)
{
    (void)state;
    assert_int_equal(shift(IR_SHL, T_I32, 1, T_I32, 4), 16);
    assert_int_equal(shift(IR_SHL, T_I32, 1, T_I32, 31), INT32_MIN);
    assert_int_equal(shift(IR_SHL, T_I32, 1, T_I32, 32), 0);
    assert_int_equal(shift(IR_SHR, T_I32, -8, T_I32, 1), -4);
    assert_int_equal(shift(IR_SHR, T_I32, -8, T_I32, 99), -1);
    assert_int_equal(shift(IR_SHR, T_U32, 8, T_U32, 99), 0);
    assert_int_equal(shift(IR_SHL, T_I32, -8, T_I32, -1), -4);
    assert_int_equal(shift(IR_SHR, T_U8, 0x81, T_I32, -1), 2);
    assert_int_equal(shift(IR_SHL, T_U8, 0x81, T_U64, -1), 0); /* a huge unsigned count */
    assert_int_equal(shift(IR_SHL, T_I64, 1, T_I64, INT64_MIN), 0);
    assert_int_equal(shift(IR_SHR, T_I64, -1, T_I64, 63), -1);
    assert_int_equal((uint64_t)shift(IR_SHR, T_U64, -1, T_I32, 63), 1);
}

static void test_compare(void **state)
{
    (void)state;
    assert_true(int2(IR_LT, T_I32, -1, 1));
    assert_false(int2(IR_LT, T_U64, -1, 1));
    assert_true(int2(IR_LE, T_U64, 1, -1));
    assert_int_equal(int2(IR_MIN, T_U64, -1, 1), 1);
    assert_int_equal(int2(IR_MAX, T_I64, -1, 1), 1);
    cb_type f[] = {T_F32, T_F32};
    ir_value nan2[] = {{.f = NAN}, {.f = 1}}, out;
    bool over = false;
    static const struct {
        ir_op op;
        int64_t want;
    } cases[] = {{IR_EQ, 0}, {IR_NE, 1}, {IR_LT, 0}, {IR_LE, 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        value_eval(cases[i].op, T_BOOL, f, nan2, &out, &over);
        assert_int_equal(out.i, cases[i].want);
    }
}

static void test_casts(void **state)
{
    (void)state;
    assert_int_equal(float_to(T_U8, 300.7), 255);
    assert_int_equal(float_to(T_U8, -3), 0);
    assert_int_equal(float_to(T_I8, -1e9), -128);
    assert_int_equal(float_to(T_I32, 2.99), 2);
    assert_int_equal(float_to(T_I32, -2.99), -2);
    assert_int_equal(float_to(T_I32, 1e10), INT32_MAX);
    assert_int_equal(float_to(T_I32, NAN), 0);
    assert_int_equal(float_to(T_I64, 1e300), INT64_MAX);
    assert_int_equal(float_to(T_I64, -1e300), INT64_MIN);
    assert_int_equal((uint64_t)float_to(T_U64, 1e300), UINT64_MAX);
    assert_int_equal((uint64_t)float_to(T_U64, 9223372036854775808.0), UINT64_C(1) << 63);
    assert_int_equal(float_to(T_BOOL, 0.5), 1);
    assert_int_equal(float_to(T_BOOL, -0.0), 0);
    assert_int_equal(float_to(T_BOOL, NAN), 1);
    assert_int_equal(cast(T_I32, T_U8, (ir_value){.i = -1}).i, 255);
    assert_int_equal(cast(T_U8, T_I8, (ir_value){.i = 200}).i, -56);
    assert_int_equal(cast(T_I32, T_BOOL, (ir_value){.i = 2}).i, 1);
    assert_int_equal((uint64_t)cast(T_I32, T_U64, (ir_value){.i = -1}).i, UINT64_MAX);
    assert_true(cast(T_U64, T_F64, (ir_value){.i = -1}).f == 18446744073709551616.0);
    assert_true(cast(T_I64, T_F32, (ir_value){.i = -1}).f == -1.0);
    /* One rounding, not two: just above the middle between two floats. */
    int64_t above = (INT64_C(1) << 62) + (INT64_C(1) << 38) + 1;
    assert_true(cast(T_I64, T_F32, (ir_value){.i = above}).f == (double)(float)above);
    int64_t tie = (INT64_C(1) << 62) + (INT64_C(1) << 54);
    assert_true(cast(T_I64, T_BF16, (ir_value){.i = tie}).f == 4611686018427387904.0);
    assert_true(cast(T_I64, T_BF16, (ir_value){.i = tie + 1}).f ==
                4611686018427387904.0 + 36028797018963968.0);
}

static void test_small_floats(void **state)
{
    (void)state;
    assert_true(value_round(T_F16, 65519) == 65504);
    assert_true(isinf(value_round(T_F16, 65520)));
    assert_true(value_round(T_F16, 2049) == 2048); /* tie to even */
    assert_true(value_round(T_F16, 2051) == 2052);
    assert_true(value_round(T_F16, ldexp(1, -25)) == 0);
    assert_true(value_round(T_F16, ldexp(1.5, -25)) == ldexp(1, -24));
    assert_true(value_round(T_BF16, 257) == 256);
    assert_true(value_round(T_BF16, 259) == 260);
    assert_true(signbit(value_round(T_F16, -1e-9)));
    assert_true(isinf(value_round(T_F32, 1e39)));
    for (unsigned b = 0; b < 65536; b++) { /* every value survives, and rounds to itself */
        cb_type types[] = {T_F16, T_BF16};
        for (int k = 0; k < 2; k++) {
            ir_value v = value_from_bits(types[k], b);
            if (isnan(v.f))
                continue;
            assert_int_equal(value_to_bits(types[k], v), b);
            assert_true(value_round(types[k], v.f) == v.f);
        }
    }
    assert_int_equal(value_to_bits(T_F16, (ir_value){.f = 1.0}), 0x3c00);
    assert_int_equal(value_to_bits(T_BF16, (ir_value){.f = 1.0}), 0x3f80);
    assert_true(isnan(value_from_bits(T_F16, 0x7e00).f));
}

static void test_floats(void **state)
{
    (void)state;
    assert_true(float2(IR_ADD, T_F32, 16777216, 1) == 16777216);
    assert_true(float2(IR_ADD, T_F64, 16777216, 1) == 16777217);
    assert_true(float2(IR_MOD, T_F32, -1, 4) == 3);
    assert_true(float2(IR_MOD, T_F32, 5.5, 4) == 1.5);
    assert_true(isinf(float2(IR_DIV, T_F32, 1, 0)));
    assert_true(float2(IR_ADD, T_F16, 2048, 1) == 2048);
    cb_type t = T_F32;
    static const struct {
        ir_op op;
        double in, out;
    } cases[] = {{IR_ROUND, 0.5, 0},   {IR_ROUND, 1.5, 2},   {IR_ROUND, 2.5, 2},
                 {IR_ROUND, -1.5, -2}, {IR_ROUND, -0.6, -1}, {IR_FLOOR, -0.5, -1},
                 {IR_CEIL, 0.5, 1},    {IR_TRUNC, -1.7, -1}, {IR_SQRT, 9, 3},
                 {IR_EXP, 0, 1}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ir_value in = {.f = cases[i].in}, out;
        bool over = false;
        assert_true(value_eval(cases[i].op, t, &t, &in, &out, &over));
        assert_true(out.f == cases[i].out);
    }
}

static void test_abs_and_bits(void **state)
{
    (void)state;
    cb_type i32 = T_I32, i64 = T_I64, u8 = T_U8, bool_t = T_BOOL, f32 = T_F32;
    ir_value in = {.i = INT32_MIN}, out;
    bool over = false;
    value_eval(IR_ABS, T_U32, &i32, &in, &out, &over);
    assert_int_equal(out.i, INT64_C(2147483648));
    in.i = INT64_MIN;
    value_eval(IR_ABS, T_U64, &i64, &in, &out, &over);
    assert_int_equal((uint64_t)out.i, UINT64_C(1) << 63);
    assert_false(over);
    in.i = 5;
    value_eval(IR_BIT_NOT, T_U8, &u8, &in, &out, &over);
    assert_int_equal(out.i, 250);
    in.i = 1;
    value_eval(IR_BIT_NOT, T_BOOL, &bool_t, &in, &out, &over);
    assert_int_equal(out.i, 0);
    in.f = -2.0;
    value_eval(IR_REINTERPRET, T_U32, &f32, &in, &out, &over);
    assert_int_equal(out.i, 0xc0000000);
}

static void test_types(void **state)
{
    (void)state;
    char b[16];
    cb_type t;
    assert_string_equal(type_name(T_BOOL, b), "bool");
    assert_string_equal(type_name(type_lanes(T_BF16, 8), b), "bf16x8");
    assert_true(type_parse("u16", &t) && type_eq(t, T_U16));
    assert_false(type_parse("u17", &t));
    assert_int_equal(type_min(T_I8), -128);
    assert_int_equal(type_max(T_U32), UINT32_MAX);
    assert_int_equal(type_max(T_I64), INT64_MAX);
    assert_int_equal((uint64_t)type_max(T_U64), UINT64_MAX);
    assert_true(type_can_hold(T_U8, 255) && !type_can_hold(T_U8, 256) && !type_can_hold(T_U8, -1));
    assert_true(type_can_hold(T_F16, 2048) && !type_can_hold(T_F16, 2049));
    static const struct {
        cb_type a, b, r;
    } cases[] = {
        {{CB_UINT, 8, 1}, {CB_INT, 16, 1}, {CB_INT, 16, 1}},
        {{CB_UINT, 32, 1}, {CB_INT, 8, 1}, {CB_INT, 32, 1}},
        {{CB_UINT, 8, 1}, {CB_UINT, 16, 1}, {CB_UINT, 16, 1}},
        {{CB_INT, 64, 1}, {CB_FLOAT, 16, 1}, {CB_FLOAT, 16, 1}},
        {{CB_FLOAT, 32, 1}, {CB_FLOAT, 64, 1}, {CB_FLOAT, 64, 1}},
        {{CB_FLOAT, 16, 1}, {CB_BFLOAT, 16, 1}, {CB_FLOAT, 32, 1}},
        {{CB_UINT, 1, 1}, {CB_INT, 32, 1}, {CB_INT, 32, 1}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(type_promote(cases[i].a, cases[i].b, &t) && type_eq(t, cases[i].r));
        assert_true(type_promote(cases[i].b, cases[i].a, &t) && type_eq(t, cases[i].r));
    }
    assert_false(type_promote(T_HANDLE, T_I32, &t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_euclid),
        cmocka_unit_test(test_euclid_laws),
        cmocka_unit_test(test_wrap_and_overflow),
        cmocka_unit_test(test_shifts),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_casts),
        cmocka_unit_test(test_small_floats),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_abs_and_bits),
        cmocka_unit_test(test_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
