/* tests/unit/test_instructions_x86.c: what an expression becomes on x86, from SSE4.1 to AVX-512 with VNNI.
 *
 * The form of a row is that of instruction_rig.h. The groups are those of llvm_fixed.c, llvm_dot.c and of LLVM itself.
 */
#include "instruction_rig.h"

/* ---- averages, sums and differences ----------------------------------------------------------------------------------- */

static const row sum_rows[] = {
    ROW(AVX2, 32, "vpavgb ymm", "vpaddw", "out(x) = u8((u16(u8a(x)) + u16(u8b(x)) + 1) >> 1)"),
    ROW(AVX2, 32, "vpavgb ymm", "vpaddw", "out(x) = rounding_halving_add(u8a(x), u8b(x))"),
    ROW(SSE, 16, "pavgb xmm", "paddw", "out(x) = rounding_halving_add(u8a(x), u8b(x))"),
    ROW(AVX512, 64, "vpavgb zmm", "vpaddw", "out(x) = rounding_halving_add(u8a(x), u8b(x))"),
    ROW(AVX2, 16, "vpavgw ymm", "vpaddd", "out(x) = u16((u32(u16a(x)) + u32(u16b(x)) + 1) / 2)"),
    ROW(AVX512, 32, "vpavgw zmm", "vpaddd", "out(x) = rounding_halving_add(u16a(x), u16b(x))"),
    ROW(AVX2, 32, "vpavgb ymm", "vpaddw", "out(x) = halving_add(u8a(x), u8b(x))"),
    ROW(AVX2, 32, "vpavgb ymm", NULL, "out(x) = rounding_halving_add(i8a(x), i8b(x))"),
    ROW(SSE, 16, "paddusb xmm", NULL, "out(x) = saturating_add(u8a(x), u8b(x))"),
    ROW(AVX2, 32, "vpaddusb ymm", NULL, "out(x) = u8(min(u16(u8a(x)) + u16(u8b(x)), 255))"),
    ROW(AVX2, 16, "vpaddsw ymm", "vpaddd", "out(x) = i16_sat(i32(i16a(x)) + i32(i16b(x)))"),
    ROW(AVX512, 64, "vpaddsb zmm", NULL, "out(x) = saturating_add(i8a(x), i8b(x))"),
    ROW(AVX2, 16, "vpsubusw ymm", NULL, "out(x) = saturating_sub(u16a(x), u16b(x))"),
    ROW(AVX2, 32, "vpsubusb ymm", NULL, "out(x) = u8(max(i16(u8a(x)) - i16(u8b(x)), 0))"),
    ROW(AVX2, 32, NULL, "vpaddusb", "out(x) = u8(min(u16(u8a(x)) + u16(u8b(x)), 254))"),
    ROW(AVX2, 16, NULL, "vpaddsw", "out(x) = i16(min(i32(i16a(x)) + i32(i16b(x)), 32767))"),
    ROW(AVX2, 16, NULL, "vpaddusw", "out(x) = u16_sat(i32(u16a(x)) + i32(i16b(x)))"),
    ROW(AVX2, 32, "vpsubusb ymm", NULL, "out(x) = max(u8a(x), u8b(x)) - u8b(x)"),
    ROW(AVX512, 64, "vpsubsb zmm", NULL, "out(x) = saturating_sub(i8a(x), i8b(x))"),
    ROW(AVX2, 32, "vpmaxub ymm|vpminub ymm|vpsubb ymm", "vpunpcklbw", "out(x) = absd(u8a(x), u8b(x))"),
    ROW(AVX2, 32, "vpmaxub|vpminub|vpsubb", "vpabsw", "out(x) = u8(abs(i16(u8a(x)) - i16(u8b(x))))"),
    ROW(AVX512, 32, "vpmaxsw zmm|vpminsw zmm", NULL, "out(x) = absd(i16a(x), i16b(x))"),
    ROW(SSE, 16, "pabsb xmm", NULL, "out(x) = abs(i8a(x))"),
    ROW(AVX2, 8, "vpabsd ymm", NULL, "out(x) = abs(i32a(x))"),
    ROW(AVX512, 8, "vpabsq zmm", NULL, "out(x) = abs(i64a(x))"),
};

/* ---- least and greatest ----------------------------------------------------------------------------------------------- */

static const row end_rows[] = {
    ROW(SSE, 16, "pminub xmm", NULL, "out(x) = min(u8a(x), u8b(x))"),
    ROW(SSE, 16, "pmaxsb xmm", NULL, "out(x) = max(i8a(x), i8b(x))"),
    ROW(SSE, 8, "pminuw xmm", NULL, "out(x) = min(u16a(x), u16b(x))"),
    ROW(AVX2, 16, "vpmaxsw ymm", NULL, "out(x) = max(i16a(x), i16b(x))"),
    ROW(AVX2, 8, "vpminud ymm", NULL, "out(x) = min(u32a(x), u32b(x))"),
    ROW(AVX512, 16, "vpmaxsd zmm", NULL, "out(x) = max(i32a(x), i32b(x))"),
    ROW(AVX512, 8, "vpminuq zmm", NULL, "out(x) = min(u64a(x), u64b(x))"),
    ROW(AVX512, 8, "vpmaxsq zmm", NULL, "out(x) = max(i64a(x), i64b(x))"),
    ROW(AVX2, 8, "vminps ymm", NULL, "out(x) = min(f32a(x), f32b(x))"),
    ROW(AVX512, 8, "vmaxpd zmm", NULL, "out(x) = max(f64a(x), f64b(x))"),
};

/* ---- products --------------------------------------------------------------------------------------------------------- */

static const row product_rows[] = {
    ROW(AVX2, 16, "vpmullw ymm", "vpmulld", "out(x) = i16(u8a(x)) * i16(u8b(x))"),
    ROW(AVX2, 16, "vpmovsxwd ymm|vpmulld ymm", NULL, "out(x) = i32(i16a(x)) * i32(i16b(x))"),
    ROW(AVX2, 8, "vpmuldq ymm", "vpmuludq", "out(x) = i64(i32a(x)) * i64(i32b(x))"),
    ROW(AVX512, 8, "vpmuludq zmm", "vpmullq", "out(x) = u64(u32a(x)) * u64(u32b(x))"),
    ROW(AVX512, 8, "vpmullq zmm", NULL, "out(x) = u64a(x) * u64b(x)"),
    ROW(AVX2, 16, "vpmulhw ymm", "vpmulld", "out(x) = i16((i32(i16a(x)) * i32(i16b(x))) >> 16)"),
    ROW(AVX2, 16, "vpmulhw ymm", "vpmulld", "out(x) = mul_shift_right(i16a(x), i16b(x), 16)"),
    ROW(AVX512, 32, "vpmulhuw zmm", "vpmulld", "out(x) = mul_shift_right(u16a(x), u16b(x), 16)"),
    ROW(AVX2, 16, "vpmulhrsw ymm", "vpmulld", "out(x) = rounding_mul_shift_right(i16a(x), i16b(x), 15)"),
    ROW(AVX512, 32, "vpmulhrsw zmm", "vpmulld", "out(x) = rounding_mul_shift_right(i16a(x), i16b(x), 15)"),
    ROW(SSE, 8, "pmulhrsw xmm", "pmulld", "out(x) = rounding_mul_shift_right(i16a(x), i16b(x), 15)"),
    ROW(AVX2, 16, "vpmulhrsw ymm", "vpmulld", "out(x) = i16_sat((i32(i16a(x)) * i32(i16b(x)) + 16384) >> 15)"),
    ROW(AVX2, 16, "vpmulhuw ymm", "vpmulld", "out(x) = u16a(x) / 7"),
    ROW(AVX2, 8, "vfmadd* ymm", "vmulps", "out(x) = f32a(x) * f32b(x) + f32c(x)"),
    ROW(AVX512, 8, "vfnmadd* zmm", "vmulpd", "out(x) = f64c(x) - f64a(x) * f64b(x)"),
    ROW(AVX2, 8, "vfmadd* ymm", NULL, "out(x) = fma(f32a(x), f32b(x), f32c(x))"),
};

/* ---- conversions ------------------------------------------------------------------------------------------------------ */

static const row conversion_rows[] = {
    ROW(SSE, 16, "packuswb xmm", "pminsw", "out(x) = u8_sat(i16a(x))"),
    ROW(AVX2, 32, "vpackuswb ymm", "vpminsw", "out(x) = u8_sat(i16a(x))"),
    ROW(AVX2, 32, "vpacksswb ymm", "vpminsw", "out(x) = i8_sat(i16a(x))"),
    ROW(AVX2, 16, "vpackssdw ymm", "vpminsd", "out(x) = i16_sat(i32a(x))"),
    ROW(AVX2, 16, "vpackusdw ymm", "vpminsd", "out(x) = u16_sat(i32a(x))"),
    ROW(AVX512, 32, "vpmovuswb", NULL, "out(x) = u8_sat(u16a(x))"),
    ROW(AVX512, 32, "vpmovswb", NULL, "out(x) = i8_sat(i16a(x))"),
    ROW(AVX512, 16, "vpmovsdw", NULL, "out(x) = i16_sat(i32a(x))"),
    ROW(AVX512, 16, "vpmovusdb", NULL, "out(x) = u8_sat(i32a(x))"),
    ROW(AVX512, 16, "vpmovsdb", NULL, "out(x) = i8_sat(i32a(x))"),
    ROW(AVX512, 8, "vpmovsqd", NULL, "out(x) = i32_sat(i64a(x))"),
    ROW(AVX512, 32, "vpmovwb", NULL, "out(x) = u8(u16a(x))"),
    ROW(AVX2, 16, "vpmovzxbw", NULL, "out(x) = u16(u8a(x))"),
    ROW(AVX2, 8, "vpmovsxbd", NULL, "out(x) = i32(i8a(x))"),
    ROW(AVX512, 16, "vpmovsxwd", NULL, "out(x) = i32(i16a(x))"),
    ROW(AVX2, 8, "vcvtdq2ps ymm", NULL, "out(x) = f32(i32a(x))"),
    ROW(AVX512, 16, "vcvtudq2ps", NULL, "out(x) = f32(u32a(x))"),
    ROW(AVX2, 8, "vcvttps2dq ymm", NULL, "out(x) = i32(f32a(x))"),
    ROW(AVX2, 32, "vmaxps|vminps|vcvttps2dq|vpackuswb", "vcmpltps", "out(x) = u8_sat(f32a(x))"),
    ROW(AVX2, 8, "vcvtph2ps", NULL, "out(x) = f32(f16a(x))"),
    ROW(AVX2, 8, "vcvtps2ph", NULL, "out(x) = f16(f32a(x))"),
    ROW(AVX2, 8, "vpslld", NULL, "out(x) = f32(bf16a(x))"),
    ROW(AVX512, 8, "vcvtps2pd zmm", NULL, "out(x) = f64(f32a(x))"),
};

/* ---- bits, shifts, rounding ------------------------------------------------------------------------------------------- */

static const row bit_rows[] = {
    ROW(AVX2, 32, "vpshufb ymm", NULL, "out(x) = popcount(u8a(x))"),
    ROW(AVX512, 16, "vplzcntd zmm", NULL, "out(x) = count_leading_zeros(u32a(x))"),
    ROW(AVX2, 8, "vpsllvd ymm", NULL, "out(x) = u32a(x) << (u32b(x) & 31)"),
    ROW(AVX2, 8, "vpsravd ymm", NULL, "out(x) = i32a(x) >> (u32b(x) & 31)"),
    ROW(AVX512, 32, "vpsrlvw zmm", NULL, "out(x) = u16a(x) >> (u16b(x) & 15)"),
    ROW(AVX512, 16, "vpternlogd zmm", NULL, "out(x) = (u32a(x) & u32b(x)) | (~u32a(x) & u32c(x))"),
    ROW(AVX512, 16, "vprold zmm", NULL, "out(x) = (u32a(x) << 7) | (u32a(x) >> 25)"),
    ROW(AVX2, 16, "vpsrlw|vpsubw", "vpaddw", "out(x) = rounding_shift_right(u16a(x), 1)"),
    ROW(AVX2, 16, "vpsraw|vpsubw", "vpaddw", "out(x) = rounding_shift_right(i16a(x), 5)"),
    ROW(AVX2, 8, "vroundps ymm", NULL, "out(x) = floor(f32a(x))"),
    ROW(AVX2, 8, "vroundps ymm", NULL, "out(x) = round(f32a(x))"),
    ROW(AVX512, 16, "vrndscaleps zmm", NULL, "out(x) = ceil(f32a(x))"),
    ROW(SSE, 4, "roundps xmm", NULL, "out(x) = trunc(f32a(x))"),
    ROW(AVX2, 8, "vsqrtps ymm", "vrsqrtps", "out(x) = sqrt(f32a(x))"),
    ROW(AVX512, 8, "vsqrtpd zmm", NULL, "out(x) = sqrt(f64a(x))"),
    ROW(AVX2, 8, "vblendvps ymm", NULL, "out(x) = select(f32a(x) < f32b(x), f32c(x), f32b(x))"),
    ROW(AVX512, 16, "vpcmp*|vmovdqa32 {z}", NULL, "out(x) = select(i32a(x) < i32b(x), i32c(x), 0)"),
    ROW("x86-64-linux-avx512_fp16", 32, "vaddph zmm", "vcvtph2ps*", "out(x) = f16a(x) + f16b(x)"),
    ROW("x86-64-linux-avx512_fp16", 32, "vmulph zmm", "vcvtph2ps*", "out(x) = f16a(x) * f16b(x)"),
};

/* ---- memory ----------------------------------------------------------------------------------------------------------- */

static const row memory_rows[] = {
    ROW(AVX2, 32, "vpshufb ymm|vpblendvb ymm", NULL, "out(x) = u8a(2 * x)"),
    ROW(AVX2, 8, "vshufps ymm", "vinsertps", "out(x) = f32a(2 * x + 1)"),
    ROW(AVX512, 16, "vpermt2ps zmm", "vgatherdps", "out(x) = f32a(2 * x)"),
    ROW(AVX2, 8, "vpermps (", NULL, "out(x) = f32a(1000 - x)"),
    ROW(AVX2, 8, "vbroadcastss", NULL, "out(x) = f32a(0) * f32b(x)"),
    ROW(AVX512, 16, "vgatherdps zmm", NULL, "out(x) = f32a(u8b(x))"),
};

/* ---- sums of products, of lanes --------------------------------------------------------------------------------------- */

#define FOUR "out.update 0 reorder(r, x), vectorize(r), vectorize(x, 16), atomic()\n"
#define EIGHT_X "out.update 0 reorder(r, x), vectorize(r), vectorize(x, 8), atomic()\n"
#define WHOLE "out.update 0 reorder(r, x), split(r, ro, ri, 64), vectorize(ri), atomic()\n"
#define LONG "out.update 0 reorder(r, x), split(r, ro, ri, 32), vectorize(ri), atomic()\n"

static const row dot_rows[] = {
    SCHEDULED(VNNI, "vpdpbusd zmm", "vpmulld|vphaddd", "out(x) = 0; out(x) += i32(u8a(4 * x + r)) * i32(i8b(4 * x + r))", FOUR, 4),
    SCHEDULED(AVX_VNNI, "vpdpbusd ymm", "vpmulld", "out(x) = 0; out(x) += i32(u8a(4 * x + r)) * i32(i8b(4 * x + r))", EIGHT_X, 4),
    SCHEDULED(VNNI, "vpdpbusd zmm", "vpmulld", "out(x) = 0; out(x) += i32(i8a(r)) * i32(u8b(4 * x + r))", FOUR, 4),
    SCHEDULED(VNNI, "vpdpbusd zmm", "vpmulld", "out(x) = 0; out(x) += i32(u8a(4 * x + r)) * i32(u8b(4 * x + r))", FOUR, 4),
    SCHEDULED(VNNI, "vpdpbusd zmm", "vpmulld", "out(x) = 0; out(x) += i32(i8a(4 * x + r)) * i32(i8b(4 * x + r))", FOUR, 4),
    SCHEDULED(VNNI, "vpdpbusd zmm", "vpmulld", "out(x) = 0; out(x) += i32(widening_mul(u8a(4 * x + r), i8b(4 * x + r)))", FOUR, 4),
    SCHEDULED(VNNI, "vpdpbusd zmm", "vpmulld", "out(x) = u32(0); out(x) += u32(u8a(4 * x + r)) * u32(u8b(r))", FOUR, 4),
    SCHEDULED(VNNI, "vpdpwssd zmm", "vpmulld|vpmaddwd", "out(x) = 0; out(x) += i32(i16a(2 * x + r)) * i32(i16b(2 * x + r))", FOUR, 2),
    SCHEDULED(AVX_VNNI, "vpdpwssd ymm", "vpmulld", "out(x) = 0; out(x) += i32(i16a(2 * x + r)) * i32(i16b(r))", EIGHT_X, 2),
    SCHEDULED(AVX512, "vpmaddwd zmm", "vpmulld", "out(x) = 0; out(x) += i32(i16a(2 * x + r)) * i32(i16b(2 * x + r))", FOUR, 2),
    SCHEDULED(AVX2, "vpmaddwd ymm", "vpmulld", "out(x) = 0; out(x) += i32(i16a(2 * x + r)) * i32(u8b(2 * x + r))", EIGHT_X, 2),
    SCHEDULED(SSE, "pmaddwd xmm", "pmulld", "out(x) = 0; out(x) += i32(i16a(2 * x + r)) * 3", EIGHT_X, 2),
    SCHEDULED(AVX2, "vpmaddwd ymm", "vpmulld|vpmovzxbd", "out(x) = 0; out(x) += i32(u8a(4 * x + r)) * i32(i8b(4 * x + r))", EIGHT_X, 4),
    SCHEDULED(AVX2, "vpmaddwd ymm", "vpmulld|vpmovzxbd", "out(x) = 0; out(x) += i32(u8a(2 * x + r)) * i32(i8b(2 * x + r))", EIGHT_X, 2),
    SCHEDULED(AVX2, "vpmaddubsw ymm|vpmaddwd ymm", "vpmulld", "out(x) = 0; out(x) += i32(u8a(4 * x + r)) * 5", EIGHT_X, 4),
    SCHEDULED(AVX2, "vpmaddubsw ymm", "vpmovzxbw", "out(x) = u16(0); out(x) += u16(u8a(2 * x + r))", FOUR, 2),
    SCHEDULED(AVX512, "vpmaddubsw zmm", "vpmovsxbw", "out(x) = i16(0); out(x) += i16(i8a(2 * x + r)) * 7", "out.update 0 reorder(r, x), vectorize(r), vectorize(x, 32), atomic()\n", 2),
    SCHEDULED(AVX2, "vpmaddwd ymm", "vpmovsxwd", "out(x) = 0; out(x) += i32(i16a(2 * x + r))", EIGHT_X, 2),
    SCHEDULED(AVX2, "vpsadbw ymm", "vpmovzxbd", "out(x) = u32(0); out(x) += u32(u8a(8 * x + r))", EIGHT_X, 8),
    SCHEDULED(AVX512, "vpsadbw zmm", "vpmovzxbd", "out(x) = u32(0); out(x) += u32(absd(u8a(8 * x + r), u8b(8 * x + r)))", EIGHT_X, 8),
    SCHEDULED(AVX2, "vpsadbw ymm", "vpmaxub", "out(x) = u16(0); out(x) += u16(absd(u8a(8 * x + r), u8b(r)))", EIGHT_X, 8),
    SCHEDULED(AVX2, "vpsadbw ymm", "vpabsw", "out(x) = 0; out(x) += i32(abs(i16(u8a(8 * x + r)) - i16(u8b(8 * x + r))))", EIGHT_X, 8),
    SCHEDULED(VNNI, "vpdpbusd zmm", "vpmulld|vpmaddwd", "out(x) = 0; out(x) += i32(u8a(x + r)) * i32(i8b(r))", WHOLE, 256),
    SCHEDULED(AVX2, "vpmaddwd ymm", "vpmulld", "out(x) = 0; out(x) += i32(u8a(x + r)) * i32(u8b(r))", WHOLE, 256),
    SCHEDULED(AVX2, "vpmaddwd ymm", "vpmulld", "out(x) = 0; out(x) += i32(i16a(x + r)) * i32(i16b(r))", LONG, 256),
    SCHEDULED(AVX512, "vpsadbw zmm", "vpmovzxbd", "out(x) = u32(0); out(x) += u32(u8a(x + r))", WHOLE, 256),
    SCHEDULED(AVX2, "vpsadbw ymm", "vpmovzxbd", "out(x) = u64(0); out(x) += u64(absd(u8a(x + r), u8b(r)))", WHOLE, 256),
    SCHEDULED(SSE, "phminposuw xmm", NULL, "out(x) = u16(65535); out(x) = min(out(x), u16a(x + r))", "out.update 0 vectorize(r), atomic()\n", 8),
    SCHEDULED(AVX2, "vphminposuw xmm", NULL, "out(x) = u8(0); out(x) = max(out(x), u8a(x + r))", LONG, 256),
    /* wraps: the one sum of pmaddwd that is beyond i32 */
    SCHEDULED(AVX2, "vpmaddwd ymm", "vpmulld", "out(x) = u32(0); out(x) += u32(i16a(2 * x + r)) * u32(i16b(2 * x + r))", EIGHT_X, 2),
    SCHEDULED(VNNI, "vpdpwssd zmm", "vpmulld", "out(x) = u32(0); out(x) += u32(i16a(2 * x + r)) * u32(i16b(2 * x + r))", FOUR, 2),
    /* three vectors of 16 bytes; and not even one */
    SCHEDULED(VNNI, "vpdpbusd xmm", NULL, "out(x) = 0; out(x) += i32(u8a(4 * x + r)) * i32(i8b(r))",
              "out.update 0 reorder(r, x), vectorize(r), vectorize(x, 12), atomic()\n", 4),
    SCHEDULED(VNNI, NULL, "vpdpbusd", "out(x) = 0; out(x) += i32(u8a(4 * x + r)) * i32(i8b(r))",
              "out.update 0 reorder(r, x), vectorize(r), vectorize(x, 2), atomic()\n", 4),
    /* a product that wrapped is a number like another */
    SCHEDULED(VNNI, "vpdpbusd zmm", NULL, "out(x) = 0; out(x) += i32(u8a(4 * x + r) * u8b(4 * x + r))", FOUR, 4),
    /* no instruction is right: unsigned words; numbers that are not narrow; products that may have wrapped before they were widened */
    SCHEDULED(AVX512, NULL, "vpmaddwd", "out(x) = u32(0); out(x) += u32(u16a(2 * x + r)) * u32(u16b(2 * x + r))", FOUR, 2),
    SCHEDULED(VNNI, NULL, "vpdpbusd|vpdpwssd", "out(x) = u32(0); out(x) += u32(u32a(2 * x + r)) * u32(u8b(2 * x + r))", FOUR, 2),
    SCHEDULED(VNNI, NULL, "vpdpbusd", "out(x) = 0; out(x) += i32(i16(u8a(4 * x + r)) * i16(u8b(4 * x + r)))", FOUR, 4),
    SCHEDULED(AVX2, "vpmaddwd ymm", "vpmaddubsw", "out(x) = 0; out(x) += i32(u8a(4 * x + r)) * 100", EIGHT_X, 4),
    SCHEDULED("x86-64-linux-bf16_dot", "vdpbf16ps zmm", "vmulps", "out(x) = 0.0f; out(x) += f32(bf16a(2 * x + r)) * f32(bf16b(2 * x + r))", FOUR, 2),
    SCHEDULED("x86-64-linux-bf16_dot", "vdpbf16ps zmm", "vmulps", "out(x) = 0.0f; out(x) += f32(bf16a(x + r)) * f32(bf16b(r))", WHOLE, 256),
    SCHEDULED(AVX512, "vpslld zmm|vfmadd* zmm", "vdpbf16ps", "out(x) = 0.0f; out(x) += f32(bf16a(2 * x + r)) * f32(bf16b(2 * x + r))", FOUR, 2),
    SCHEDULED(AVX2, "vpslld ymm|vfmadd* ymm", "vpmovzxwd", "out(x) = 0.0f; out(x) += f32(bf16a(x + r)) * f32(bf16b(r))", WHOLE, 256),
};

static void sums(void **state) { rows_try(sum_rows, COUNT_OF(sum_rows), state); }
static void ends(void **state) { rows_try(end_rows, COUNT_OF(end_rows), state); }
static void products(void **state) { rows_try(product_rows, COUNT_OF(product_rows), state); }
static void conversions(void **state) { rows_try(conversion_rows, COUNT_OF(conversion_rows), state); }
static void bits(void **state) { rows_try(bit_rows, COUNT_OF(bit_rows), state); }
static void dots(void **state) { rows_try(dot_rows, COUNT_OF(dot_rows), state); }
static void memory(void **state) { rows_try(memory_rows, COUNT_OF(memory_rows), state); }

/* A product of a bf16 below 2^-126 counts, on whatever target, unless the target may lose it. */
RIG_TEST(small_numbers_count)
{
    Input(a, bf16, 1);
    Funcs(out);
    Vars(x);
    RDom(r, (0, 2));
    define(out(x) = 0.0f);
    define(out(x) += f32(a(2 * x + r)) * f32(a(2 * x + r + 64)));
    schedule(update(out, 0), reorder(r, x), vectorize(r), vectorize(x, 16), atomic());
    uint16_t data[128];
    cb_dim dim = {.extent = 128};
    cb_buffer in;
    for (int i = 0; i < 128; i++)
        data[i] = i < 64 ? 4 : 0x7000; /* 2^-131, 2^97 */
    cb_buffer_init(&in, data, CB_bf16, 1, &dim);
    set_input(a, &in);
    cb_buffer *b = RIG_RUN1(w, out, CB_f32, 32);
    assert_true(((float *)b->host)[5] == 0x1p-33f);
    cb_buffer_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dots),  cmocka_unit_test(sums), cmocka_unit_test(ends), cmocka_unit_test(products),
        cmocka_unit_test(conversions), cmocka_unit_test(bits), cmocka_unit_test(memory),   cmocka_unit_test(small_numbers_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
