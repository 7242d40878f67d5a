/* codegen/llvm_fp.h: what the elementary functions are built of; used by the llvm_*.c that hold them.
 *
 *   llvm_fp.c          sums and products with their rounding errors, polynomials, bits of doubles
 *   llvm_elementary.c  which function is made how, and by which helper function it is called
 *   llvm_explog.c      exp and log, their relatives, pow
 *   llvm_trig.c        sin, cos, tan and their inverses
 *   llvm_hyper.c       sinh, cosh, tanh, their inverses, erf, hypot
 *   llvm_fast.c        the fast variants
 *
 * All values are doubles, scalars or vectors, unless said otherwise. No operation carries a
 * fast-math flag: each lane is computed alone, by the same operations at every number of lanes.
 */
#ifndef CB_LLVM_FP_H
#define CB_LLVM_FP_H

#include "llvm.h"

/* A sum of two doubles, the second a correction of the first. */
typedef struct fp_dd {
    LLVMValueRef hi, lo;
} fp_dd;

/* How one function is being emitted. `single`: for f32, computed in double by shorter polynomials
 * and without corrections: double has the digits. */
typedef struct fp {
    cg *g;
    bool single;
} fp;

typedef LLVMValueRef (*fp_function)(const fp *F, LLVMValueRef x, LLVMValueRef y);

/* ---- llvm_fp.c ------------------------------------------------------------------------------- */

LLVMValueRef fp_add(const fp *F, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef fp_sub(const fp *F, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef fp_mul(const fp *F, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef fp_div(const fp *F, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef fp_neg(const fp *F, LLVMValueRef a);
LLVMValueRef fp_abs(const fp *F, LLVMValueRef a);
LLVMValueRef fp_sqrt(const fp *F, LLVMValueRef a);
/* With a constant on the right. */
LLVMValueRef fp_addk(const fp *F, LLVMValueRef a, double k);
LLVMValueRef fp_mulk(const fp *F, LLVMValueRef a, double k);
/* a*b + c: rounded once where the target can, else twice. */
LLVMValueRef fp_fma(const fp *F, LLVMValueRef a, LLVMValueRef b, LLVMValueRef c);
LLVMValueRef fp_fmak(const fp *F, LLVMValueRef a, double b, LLVMValueRef c);
LLVMValueRef fp_horner(const fp *F, const double *c, size_t n, LLVMValueRef x);
#define FP_POLY(F, table, x) fp_horner(F, table, COUNT_OF(table), x)
#define FP_POLY2(F, name, x) \
    ((F)->single ? FP_POLY(F, name##_short, x) : FP_POLY(F, name##_long, x))

LLVMValueRef fp_select(const fp *F, LLVMValueRef c, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef fp_cmp(const fp *F, LLVMRealPredicate p, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef fp_cmpk(const fp *F, LLVMRealPredicate p, LLVMValueRef a, double k);
LLVMValueRef fp_and(const fp *F, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef fp_or(const fp *F, LLVMValueRef a, LLVMValueRef b);
/* a where `a p k` holds, else k: NaN becomes k unless the predicate is unordered. */
LLVMValueRef fp_clamp(const fp *F, LLVMValueRef x, double lo, double hi); /* NaN stays */

/* Exactly a + b; the second wants |a| >= |b| or a = 0. */
fp_dd fp_two_sum(const fp *F, LLVMValueRef a, LLVMValueRef b);
fp_dd fp_quick_sum(const fp *F, LLVMValueRef a, LLVMValueRef b);
fp_dd fp_two_prod(const fp *F, LLVMValueRef a, LLVMValueRef b);
/* c - a*b, without the error of the product. */
LLVMValueRef fp_residual(const fp *F, LLVMValueRef c, LLVMValueRef a, LLVMValueRef b);
fp_dd fp_mul_dd(const fp *F, fp_dd a, fp_dd b);

LLVMValueRef fp_bits(const fp *F, LLVMValueRef x);      /* as i64 */
LLVMValueRef fp_from_bits(const fp *F, LLVMValueRef i); /* back */
LLVMValueRef fp_int(LLVMValueRef like, int64_t v);
LLVMValueRef fp_sign_bit(const fp *F, LLVMValueRef x); /* i64: the sign bit alone */
LLVMValueRef fp_flip(const fp *F, LLVMValueRef x, LLVMValueRef sign_bit);
LLVMValueRef fp_copysign(const fp *F, LLVMValueRef size, LLVMValueRef sign); /* size >= 0 */
/* x rounded to an integer, |x| below 2^51: as a double, and as an i64 right modulo 2^51. */
LLVMValueRef fp_nearest(const fp *F, LLVMValueRef x, LLVMValueRef *as_int);
LLVMValueRef fp_small_int(const fp *F, LLVMValueRef i);   /* i64, |i| < 2^51, to double */
LLVMValueRef fp_power_of_two(const fp *F, LLVMValueRef n); /* n in [-1022, 1023] */

/* ---- llvm_explog.c --------------------------------------------------------------------------- */

/* exp(x)*2^shift, lo (may be NULL) added to x. */
LLVMValueRef fp_exp_of(const fp *F, LLVMValueRef x, LLVMValueRef lo, int shift);
LLVMValueRef fp_log1p(const fp *F, LLVMValueRef x, LLVMValueRef unused);
/* log1p(x + lo) */
LLVMValueRef fp_log1p_of(const fp *F, LLVMValueRef x, LLVMValueRef lo);
LLVMValueRef fp_exp(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_exp2(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_expm1(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_log(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_log2(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_log10(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_pow(const fp *F, LLVMValueRef x, LLVMValueRef y);

/* ---- llvm_trig.c ----------------------------------------------------------------------------- */

LLVMValueRef fp_sin(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_cos(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_tan(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_asin(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_acos(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_atan(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_atan2(const fp *F, LLVMValueRef y, LLVMValueRef x);

/* ---- llvm_hyper.c ---------------------------------------------------------------------------- */

LLVMValueRef fp_sinh(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_cosh(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_tanh(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_asinh(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_acosh(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_atanh(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_erf(const fp *F, LLVMValueRef x, LLVMValueRef unused);
LLVMValueRef fp_hypot(const fp *F, LLVMValueRef x, LLVMValueRef y);

/* ---- llvm_fast.c: of floats ------------------------------------------------------------------- */

/* f32, else NULL: the accurate function does. */
LLVMValueRef cg_fast(cg *g, ir_op op, LLVMValueRef x, LLVMValueRef y);

/* ---- llvm_elementary.c ------------------------------------------------------------------------ */

/* A function of f32 or f64; NULL when op is none of ours. */
LLVMValueRef cg_elementary(cg *g, ir_op op, LLVMValueRef x, LLVMValueRef y);

#endif
