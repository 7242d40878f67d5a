/* tests/unit/test_instructions_arm.c: what an expression becomes on 64-bit ARM: NEON, dot products, i8mm.
 *
 * The form of a row is that of instruction_rig.h.
 */
#include "instruction_rig.h"

/* ---- averages, sums and differences ----------------------------------------------------------------------------------- */

static const row sum_rows[] = {
    ROW(ARM, 16, "urhadd .16b", NULL, "out(x) = u8((u16(u8a(x)) + u16(u8b(x)) + 1) >> 1)"),
    ROW(ARM, 16, "urhadd .16b", NULL, "out(x) = rounding_halving_add(u8a(x), u8b(x))"),
    ROW(ARM, 8, "srhadd .8h", NULL, "out(x) = rounding_halving_add(i16a(x), i16b(x))"),
    ROW(ARM, 4, "uhadd .4s", NULL, "out(x) = halving_add(u32a(x), u32b(x))"),
    ROW(ARM, 16, "shadd .16b", NULL, "out(x) = halving_add(i8a(x), i8b(x))"),
    ROW(ARM, 16, "uqadd .16b", NULL, "out(x) = saturating_add(u8a(x), u8b(x))"),
    ROW(ARM, 16, "uqadd .16b", NULL, "out(x) = u8(min(u16(u8a(x)) + u16(u8b(x)), 255))"),
    ROW(ARM, 8, "sqadd .8h", NULL, "out(x) = i16_sat(i32(i16a(x)) + i32(i16b(x)))"),
    ROW(ARM, 4, "sqsub .4s", NULL, "out(x) = saturating_sub(i32a(x), i32b(x))"),
    ROW(ARM, 16, "uqsub .16b", NULL, "out(x) = u8(max(i16(u8a(x)) - i16(u8b(x)), 0))"),
    ROW(ARM, 16, "uabd .16b", NULL, "out(x) = absd(u8a(x), u8b(x))"),
    ROW(ARM, 8, "sabd .8h", NULL, "out(x) = absd(i16a(x), i16b(x))"),
    ROW(ARM, 16, "uabd .16b", NULL, "out(x) = u8(abs(i16(u8a(x)) - i16(u8b(x))))"),
    ROW(ARM, 8, "uabdl", NULL, "out(x) = u16(absd(u8a(x), u8b(x)))"),
    ROW(ARM, 8, "uabal", NULL, "out(x) = u16a(x) + u16(absd(u8a(x), u8b(x)))"),
    ROW(ARM, 16, "uaba .16b", NULL, "out(x) = u8c(x) + absd(u8a(x), u8b(x))"),
    ROW(ARM, 16, "uaddl", NULL, "out(x) = u16(u8a(x)) + u16(u8b(x))"),
    ROW(ARM, 16, "uaddw", NULL, "out(x) = u16a(x) + u16(u8b(x))"),
    ROW(ARM, 8, "ssubl", NULL, "out(x) = i32(i16a(x)) - i32(i16b(x))"),
    ROW(ARM, 16, "abs .16b", NULL, "out(x) = abs(i8a(x))"),
    ROW(ARM, 16, "umin .16b", NULL, "out(x) = min(u8a(x), u8b(x))"),
    ROW(ARM, 8, "smax .8h", NULL, "out(x) = max(i16a(x), i16b(x))"),
    ROW(ARM, 4, "umax .4s", NULL, "out(x) = max(u32a(x), u32b(x))"),
};

/* ---- products --------------------------------------------------------------------------------------------------------- */

static const row product_rows[] = {
    ROW(ARM, 16, "umull|umull2", NULL, "out(x) = u16(u8a(x)) * u16(u8b(x))"),
    ROW(ARM, 8, "smull|smull2", NULL, "out(x) = i32(i16a(x)) * i32(i16b(x))"),
    ROW(ARM, 8, "smlal", NULL, "out(x) = i32a(x) + i32(i16a(x)) * i32(i16b(x))"),
    ROW(ARM, 4, "umlal", NULL, "out(x) = u64a(x) + u64(u32a(x)) * u64(u32b(x))"),
    ROW(ARM, 16, "mla .16b", NULL, "out(x) = u8a(x) * u8b(x) + u8c(x)"),
    ROW(ARM, 8, "mls .8h", NULL, "out(x) = i16c(x) - i16a(x) * i16b(x)"),
    ROW(ARM, 8, "sqrdmulh .8h", "smull", "out(x) = rounding_mul_shift_right(i16a(x), i16b(x), 15)"),
    ROW(ARM, 8, "sqrdmulh .8h", "smull", "out(x) = i16_sat((i32(i16a(x)) * i32(i16b(x)) + 16384) >> 15)"),
    ROW(ARM, 8, "sqdmulh .8h", "smull", "out(x) = mul_shift_right(i16a(x), i16b(x), 15)"),
    ROW(ARM, 8, "sqdmulh .8h", "smull", "out(x) = i16_sat((i32(i16a(x)) * i32(i16b(x))) >> 15)"),
    ROW(ARM, 4, "sqrdmulh .4s", "smull", "out(x) = rounding_mul_shift_right(i32a(x), i32b(x), 31)"),
    ROW(ARM, 8, "fmla .4s", NULL, "out(x) = f32a(x) * f32b(x) + f32c(x)"),
    ROW(ARM, 8, "fmls .4s", NULL, "out(x) = f32c(x) - f32a(x) * f32b(x)"),
};

/* ---- conversions, shifts ---------------------------------------------------------------------------------------------- */

static const row conversion_rows[] = {
    ROW(ARM, 16, "sqxtn*", NULL, "out(x) = i8_sat(i16a(x))"),
    ROW(ARM, 16, "uqxtn*", NULL, "out(x) = u8_sat(u16a(x))"),
    ROW(ARM, 8, "sqxtn*", NULL, "out(x) = i16_sat(i32a(x))"),
    ROW(ARM, 16, "shrn|shrn2", NULL, "out(x) = u8(u16a(x) >> 3)"),
    ROW(ARM, 16, "ushll", NULL, "out(x) = u16(u8a(x))"),
    ROW(ARM, 16, "sshll", NULL, "out(x) = i16(i8a(x)) << 3"),
    ROW(ARM, 16, "urshr .16b", NULL, "out(x) = rounding_shift_right(u8a(x), 3)"),
    ROW(ARM, 8, "srshr .8h", NULL, "out(x) = rounding_shift_right(i16a(x), 4)"),
    ROW(ARM, 8, "uqrshl .8h", NULL, "out(x) = rounding_shift_left(u16a(x), i16b(x))"),
    ROW(ARM, 8, "sqrshl .8h", NULL, "out(x) = rounding_shift_right(i16a(x), i16b(x))"),
    ROW(ARM, 8, "usra", NULL, "out(x) = u16a(x) + (u16b(x) >> 3)"),
    ROW(ARM, 8, "ursra", NULL, "out(x) = u16a(x) + rounding_shift_right(u16b(x), 3)"),
    ROW(ARM, 4, "scvtf .4s", NULL, "out(x) = f32(i32a(x))"),
    ROW(ARM, 4, "fcvtzs .4s", NULL, "out(x) = i32(f32a(x))"),
    ROW(ARM, 4, "fcvtl", NULL, "out(x) = f32(f16a(x))"),
    ROW(ARM, 4, "fcvtn", NULL, "out(x) = f16(f32a(x))"),
};

/* LLVM 19 takes two instructions where later versions have one. */
static const row later_rows[] = {
    ROW(ARM, 16, "sqxtun*", NULL, "out(x) = u8_sat(i16a(x))"),
    ROW(ARM, 16, "uqrshrn*", NULL, "out(x) = u8_sat(rounding_shift_right(u16a(x), 4))"),
    ROW(ARM, 8, "sqrshrn*", NULL, "out(x) = i16_sat(rounding_shift_right(i32a(x), 7))"),
    ROW(ARM, 16, "sqrshrun*", NULL, "out(x) = u8_sat(rounding_shift_right(i16a(x), 6))"),
    ROW(ARM, 8, "sqshrn*", NULL, "out(x) = i16_sat(i32a(x) >> 7)"),
};

/* ---- bits, floats ----------------------------------------------------------------------------------------------------- */

static const row bit_rows[] = {
    ROW(ARM, 16, "cnt .16b", NULL, "out(x) = popcount(u8a(x))"),
    ROW(ARM, 8, "cnt|uaddlp .8h", NULL, "out(x) = popcount(u16a(x))"),
    ROW(ARM, 16, "clz .16b", NULL, "out(x) = count_leading_zeros(u8a(x))"),
    ROW(ARM, 4, "bit|cmgt .4s", NULL, "out(x) = select(i32a(x) < i32b(x), i32c(x), i32a(x))"),
    ROW(ARM, 4, "frintm .4s", NULL, "out(x) = floor(f32a(x))"),
    ROW(ARM, 4, "frintp .4s", NULL, "out(x) = ceil(f32a(x))"),
    ROW(ARM, 4, "frintx .4s", NULL, "out(x) = round(f32a(x))"),
    ROW(ARM, 4, "fsqrt .4s", "frsqrte", "out(x) = sqrt(f32a(x))"),
    ROW(ARM, 4, "fabd .4s", NULL, "out(x) = absd(f32a(x), f32b(x))"),
    ROW(ARM, 4, "fabs .4s", NULL, "out(x) = abs(f32a(x))"),
    ROW("arm-64-linux-fp16", 8, "fadd .8h", "fcvtl", "out(x) = f16a(x) + f16b(x)"),
    ROW("arm-64-linux-fp16", 8, "fmul .8h", "fcvtl", "out(x) = f16a(x) * f16b(x)"),
};

/* ---- memory ----------------------------------------------------------------------------------------------------------- */

static const row memory_rows[] = {
    ROW(ARM, 16, "tbl .16b", NULL, "out(x) = u8a(2 * x)"),
    ROW(ARM, 16, "tbl .16b", NULL, "out(x) = halving_add(u8a(2 * x), u8a(2 * x + 1))"),
    ROW(ARM, 8, "tbl .16b", NULL, "out(x) = u16a(3 * x) + u16a(3 * x + 1) + u16a(3 * x + 2)"),
    ROW(ARM, 4, "*", NULL, "out(x) = f32a(4 * x) + f32a(4 * x + 1) + f32a(4 * x + 2) + f32a(4 * x + 3)"),
    ROW(ARM, 4, "rev64 .4s", NULL, "out(x) = u32a(7 - x)"),
};

/* ---- sums of products, of lanes --------------------------------------------------------------------------------------- */

#define FOUR "out.update 0 reorder(r, x), vectorize(r), vectorize(x, 4), atomic()\n"
#define EIGHT "out.update 0 reorder(r, x), vectorize(r), vectorize(x, 8), atomic()\n"
#define WHOLE "out.update 0 reorder(r, x), split(r, ro, ri, 16), vectorize(ri), atomic()\n"

static const row dot_rows[] = {
    SCHEDULED(ARM_DOT, "udot .16b", "umull*", "out(x) = u32(0); out(x) += u32(u8a(4 * x + r)) * u32(u8b(4 * x + r))", FOUR, 4),
    SCHEDULED(ARM_DOT, "sdot .16b", "smull*", "out(x) = 0; out(x) += i32(i8a(4 * x + r)) * i32(i8b(r))", FOUR, 4),
    SCHEDULED(ARM_DOT, "sdot .16b", "smull*", "out(x) = 0; out(x) += i32(u8a(4 * x + r)) * i32(i8b(r))", FOUR, 4),
    SCHEDULED("arm-64-linux-i8mm", "usdot .16b", "smull*", "out(x) = 0; out(x) += i32(u8a(4 * x + r)) * i32(i8b(r))", FOUR, 4),
    SCHEDULED(ARM_DOT, "udot .16b", NULL, "out(x) = u32(0); out(x) += u32(absd(u8a(4 * x + r), u8b(r)))", FOUR, 4),
    SCHEDULED(ARM_DOT, "udot .16b", "umull*", "out(x) = u32(0); out(x) += u32(u8a(x + r)) * u32(u8b(r))", WHOLE, 256),
    SCHEDULED(ARM, "umull|uadalp", NULL, "out(x) = u32(0); out(x) += u32(u8a(x + r)) * u32(u8b(r))", WHOLE, 256),
    SCHEDULED(ARM, "smlal|smlal2", NULL, "out(x) = 0; out(x) += i32(i16a(x + r)) * i32(i16b(r))", WHOLE, 256),
    SCHEDULED(ARM, "uadalp|uaddlp", NULL, "out(x) = u32(0); out(x) += u32(u8a(x + r))", WHOLE, 256),
    SCHEDULED(ARM, "sadalp .4s", NULL, "out(x) = 0; out(x) += i32(i16a(x + r))", WHOLE, 256),
    SCHEDULED(ARM, "uadalp .8h", NULL, "out(x) = u16(0); out(x) += u16(u8a(2 * x + r))", EIGHT, 2),
    SCHEDULED(ARM, "addv", NULL, "out(x) = 0; out(x) += i32a(x + r)", WHOLE, 256),
    SCHEDULED(ARM, "umaxv", NULL, "out(x) = u8(0); out(x) = max(out(x), u8a(x + r))", WHOLE, 256),
    SCHEDULED(ARM, "sminv", NULL, "out(x) = i16(32767); out(x) = min(out(x), i16a(x + r))", WHOLE, 256),
    SCHEDULED(ARM, "saddlv", NULL, "out(x) = 0; out(x) += i32(i16a(x + r))", "out.update 0 vectorize(r), atomic()\n", 8),
};

static void sums(void **state) { rows_try(sum_rows, COUNT_OF(sum_rows), state); }
static void products(void **state) { rows_try(product_rows, COUNT_OF(product_rows), state); }
static void conversions(void **state) { rows_try(conversion_rows, COUNT_OF(conversion_rows), state); }
static void later_conversions(void **state)
{
    world *w = world_new();
    text version;
    text_init(&version, w->c->a);
    cg_version(&version);
    bool old = strstr(text_str(&version), "LLVM 19");
    world_free(w);
    if (!old)
        rows_try(later_rows, COUNT_OF(later_rows), state);
}
static void bits(void **state) { rows_try(bit_rows, COUNT_OF(bit_rows), state); }
static void memory(void **state) { rows_try(memory_rows, COUNT_OF(memory_rows), state); }
static void dots(void **state) { rows_try(dot_rows, COUNT_OF(dot_rows), state); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums), cmocka_unit_test(products), cmocka_unit_test(conversions), cmocka_unit_test(later_conversions),
        cmocka_unit_test(bits), cmocka_unit_test(memory),   cmocka_unit_test(dots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
