/* carbide/ops.h: the table of operations on expressions. Part of carbide.h. */
#ifndef CARBIDE_OPS_H
#define CARBIDE_OPS_H

/* Every operation: CB_OPS(ID, word, fewest operands, most operands, "meaning"). The word is what
 * dsl.h calls it and what an equation may call as a function. Operands are promoted to a common
 * type first. The semantics of every case are in docs/semantics.md. */
#define CB_OPS(X)                                                                                \
    X(ADD, add, 2, 16, "sum")                                                                    \
    X(SUB, sub, 2, 2, "difference")                                                              \
    X(MUL, mul, 2, 16, "product")                                                                \
    X(DIV, div, 2, 2, "quotient; integers: Euclidean, x/0 is 0")                                 \
    X(MOD, mod, 2, 2, "remainder, never negative for integers; x%0 is x")                        \
    X(DIV_TZ, div_toward_zero, 2, 2, "integer quotient rounded toward zero")                     \
    X(MOD_TZ, mod_toward_zero, 2, 2, "integer remainder with the sign of the dividend")          \
    X(MIN, min, 2, 16, "smallest operand")                                                       \
    X(MAX, max, 2, 16, "largest operand")                                                        \
    X(CLAMP, clamp, 3, 3, "clamp(x, lo, hi): max(min(x, hi), lo)")                               \
    X(ABS, abs, 1, 1, "absolute value; unsigned for a signed operand")                           \
    X(NEG, neg, 1, 1, "0 - x")                                                                   \
    X(EQ, eq, 2, 2, "equal")                                                                     \
    X(NE, ne, 2, 2, "different")                                                                 \
    X(LT, lt, 2, 2, "less")                                                                      \
    X(LE, le, 2, 2, "less or equal")                                                             \
    X(GT, gt, 2, 2, "greater")                                                                   \
    X(GE, ge, 2, 2, "greater or equal")                                                          \
    X(BOTH, both, 2, 16, "logical and, every operand is evaluated")                              \
    X(EITHER, either, 2, 16, "logical or, every operand is evaluated")                           \
    X(NEGATE, negate, 1, 1, "logical not")                                                       \
    X(SELECT, select, 3, 15, "select(c, a, b): a where c, else b; (c1, a1, c2, a2, ..., b) chains") \
    X(BIT_AND, bit_and, 2, 16, "bitwise and")                                                    \
    X(BIT_OR, bit_or, 2, 16, "bitwise or")                                                       \
    X(BIT_XOR, bit_xor, 2, 16, "bitwise exclusive or")                                           \
    X(BIT_NOT, bit_not, 1, 1, "bitwise complement")                                              \
    X(SHL, shl, 2, 2, "shift left; by the width or more gives 0, negative shifts right")         \
    X(SHR, shr, 2, 2, "shift right, keeping the sign of signed operands")                        \
    X(SQRT, sqrt, 1, 1, "square root")                                                           \
    X(EXP, exp, 1, 1, "e to the x")                                                              \
    X(LOG, log, 1, 1, "natural logarithm")                                                       \
    X(SIN, sin, 1, 1, "sine")                                                                    \
    X(COS, cos, 1, 1, "cosine")                                                                  \
    X(TAN, tan, 1, 1, "tangent")                                                                 \
    X(ASIN, asin, 1, 1, "arc sine")                                                              \
    X(ACOS, acos, 1, 1, "arc cosine")                                                            \
    X(ATAN, atan, 1, 1, "arc tangent")                                                           \
    X(SINH, sinh, 1, 1, "hyperbolic sine")                                                       \
    X(COSH, cosh, 1, 1, "hyperbolic cosine")                                                     \
    X(TANH, tanh, 1, 1, "hyperbolic tangent")                                                    \
    X(FLOOR, floor, 1, 1, "largest whole number not above x")                                    \
    X(CEIL, ceil, 1, 1, "smallest whole number not below x")                                     \
    X(ROUND, round, 1, 1, "nearest whole number, ties to even")                                  \
    X(TRUNC, trunc, 1, 1, "whole part")                                                          \
    X(POW, pow, 2, 2, "x to the y")                                                              \
    X(ATAN2, atan2, 2, 2, "angle of the point (x, y), operands (y, x)")                          \
    X(HYPOT, hypot, 2, 2, "square root of x*x + y*y")                                            \
    X(ERF, erf, 1, 1, "error function: 2/sqrt(pi) times the integral of e^(-t*t) from 0 to x")   \
    X(EXP2, exp2, 1, 1, "2 to the x")                                                            \
    X(EXPM1, expm1, 1, 1, "e to the x, less 1, exact near 0")                                    \
    X(LOG2, log2, 1, 1, "logarithm to base 2")                                                   \
    X(LOG10, log10, 1, 1, "logarithm to base 10")                                                \
    X(LOG1P, log1p, 1, 1, "natural logarithm of 1 + x, exact near 0")                            \
    X(ASINH, asinh, 1, 1, "inverse hyperbolic sine")                                             \
    X(ACOSH, acosh, 1, 1, "inverse hyperbolic cosine")                                           \
    X(ATANH, atanh, 1, 1, "inverse hyperbolic tangent")                                          \
    X(FAST_EXP, fast_exp, 1, 1, "e to the x, within 2^-18 of it")                                \
    X(FAST_LOG, fast_log, 1, 1, "natural logarithm of a positive normal number, within 2^-18 of max(1, |log x|)")\
    X(FAST_SIN, fast_sin, 1, 1, "sine, within 2^-17, for |x| up to 8192")                        \
    X(FAST_COS, fast_cos, 1, 1, "cosine, within 2^-17, for |x| up to 8192")                      \
    X(FAST_INVERSE, fast_inverse, 1, 1, "1/x of a normal number, within 2^-17 of it")            \
    X(FAST_INVERSE_SQRT, fast_inverse_sqrt, 1, 1, "1/sqrt(x) of a positive normal number, within 2^-17 of it")\
    X(FAST_POW, fast_pow, 2, 2, "x to the y for positive x, within 2^-16*max(1, |y log x|) of it")\
    X(STRICT, strict, 1, 1, "its operand, float operations in it as IEEE 754 has them")          \
    X(SAT_ADD, saturating_add, 2, 2, "sum, or the nearest value of the type")                    \
    X(SAT_SUB, saturating_sub, 2, 2, "difference, or the nearest value of the type")             \
    X(HALF_ADD, halving_add, 2, 2, "(a + b)/2 rounded down, without wrapping between")           \
    X(HALF_SUB, halving_sub, 2, 2, "(a - b)/2 rounded down, without wrapping between")           \
    X(HALF_ADD_UP, rounding_halving_add, 2, 2, "(a + b + 1)/2 rounded down, without wrapping between") \
    X(WIDE_ADD, widening_add, 2, 2, "sum in twice the width")                                    \
    X(WIDE_SUB, widening_sub, 2, 2, "difference in twice the width, signed")                     \
    X(WIDE_MUL, widening_mul, 2, 2, "product in twice the width")                                \
    X(WIDE_SHL, widening_shift_left, 2, 2, "a << n in twice the width")                          \
    X(WIDE_SHR, widening_shift_right, 2, 2, "a >> n in twice the width")                         \
    X(ROUND_SHL, rounding_shift_left, 2, 2, "a*2^n, or the nearest value of the type; half rounds up") \
    X(ROUND_SHR, rounding_shift_right, 2, 2, "a/2^n, half rounded up")                           \
    X(MUL_SHR, mul_shift_right, 3, 3, "a*b/2^n rounded down, or the nearest value of the type")  \
    X(ROUND_MUL_SHR, rounding_mul_shift_right, 3, 3, "a*b/2^n half rounded up, or the nearest value of the type") \
    X(ABSD, absd, 2, 2, "distance of a and b; unsigned for integers")                            \
    X(LERP, lerp, 3, 3, "lerp(a, b, w): from a to b by the weight w; integers to the nearest")   \
    X(POPCOUNT, popcount, 1, 1, "number of bits that are 1")                                     \
    X(CLZ, count_leading_zeros, 1, 1, "zeros above the highest 1; of 0 the width")               \
    X(CTZ, count_trailing_zeros, 1, 1, "zeros below the lowest 1; of 0 the width")               \
    X(CONCAT_BITS, concat_bits, 2, 8, "one integer of several, the first lowest")                \
    X(MUX, mux, 3, 16, "mux(i, v0, v1, ...): value number i, the last for every other i")        \
    X(SCATTER, scatter, 2, 16, "scatter(i, j, ...): a coordinate on the left that is i and j at once: several places are written") \
    X(GATHER, gather, 2, 16, "gather(a, b, ...): on the right, the value for each of those places") \
    X(IPOW, ipow, 2, 2, "a to a whole power known at compile time, by multiplication")           \
    X(FMA, fma, 3, 3, "a*b + c with one rounding")                                               \
    X(FRACT, fract, 1, 1, "x - trunc(x)")                                                        \
    X(IS_INF, is_inf, 1, 1, "is it infinite?")                                                   \
    X(IS_FINITE, is_finite, 1, 1, "is it neither infinite nor NaN?")                             \
    X(IS_NAN, is_nan, 1, 1, "is it not a number?")                                               \
    X(LIKELY, likely, 1, 1, "its operand, expected to decide the same way almost everywhere")

typedef enum cb_op {
#define CB_X(id, word, least, most, brief) CB_OP_##id,
    CB_OPS(CB_X)
#undef CB_X
    CB_OP_COUNT
} cb_op;

#endif
