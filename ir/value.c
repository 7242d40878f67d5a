/* ir/value.c: what every scalar operation means, in one place.
 *
 * Integers are kept sign- or zero-extended in 64 bits, floats as doubles already rounded to their
 * type. One f16, bf16 or f32 operation is done in double and rounded once more: for + - * / and
 * square root that gives the correctly rounded result, since 53 >= 2*24 + 2.
 *
 *     value_eval(IR_DIV, i32, {i32, i32}, {-7, 2})  gives -4    (Euclidean: -7 = -4*2 + 1)
 *     value_eval(IR_ADD, u8, {u8, u8}, {200, 100})  gives 44
 */
#include "ir.h"

#include <math.h>
#include <string.h>

/* ---- canonical forms ------------------------------------------------------------------------- */

int64_t value_wrap(cb_type t, int64_t v)
{
    if (t.bits >= 64 || t.bits == 0)
        return v;
    uint64_t mask = (UINT64_C(1) << t.bits) - 1, u = (uint64_t)v & mask;
    if (t.code == CB_INT && u >> (t.bits - 1))
        u |= ~mask;
    return (int64_t)u;
}

/* v rounded to `digits` binary digits, exponents from emin on; ties to even. */
static double round_to(double v, int digits, int emin, double largest)
{
    int e;
    if (v == 0 || isinf(v))
        return v;
    frexp(v, &e); /* |v| in [2^(e-1), 2^e) */
    int unit = e - digits > emin - (digits - 1) ? e - digits : emin - (digits - 1);
    double scaled = ldexp(v, -unit), low = floor(scaled), over = scaled - low;
    if (over > 0.5 || (over == 0.5 && fmod(low, 2) != 0))
        low += 1;
    double r = copysign(ldexp(low, unit), v);
    return fabs(r) > largest ? copysign(INFINITY, v) : r;
}

double value_round(cb_type t, double v)
{
    if (isnan(v))
        return NAN;
    if (t.code == CB_BFLOAT)
        return round_to(v, 8, -126, 3.3895313892515355e38);
    if (t.bits == 16)
        return round_to(v, 11, -14, 65504.0);
    return t.bits == 32 ? (double)(float)v : v;
}

/* Bits of a float with `digits` binary digits (the first implied) and `ebits` of exponent. */
static uint64_t pack_float(double v, int digits, int ebits)
{
    int bias = (1 << (ebits - 1)) - 1, e;
    uint64_t sign = signbit(v) ? UINT64_C(1) << (digits - 1 + ebits) : 0;
    uint64_t top = ((UINT64_C(1) << ebits) - 1) << (digits - 1);
    if (isnan(v))
        return top | UINT64_C(1) << (digits - 2);
    if (isinf(v))
        return sign | top;
    if (v == 0)
        return sign;
    frexp(v, &e);
    int biased = e - 1 + bias;
    if (biased < 1)
        return sign | (uint64_t)ldexp(fabs(v), bias - 1 + digits - 1);
    uint64_t m = (uint64_t)ldexp(fabs(v), digits - e);
    return sign | (uint64_t)biased << (digits - 1) | (m & ((UINT64_C(1) << (digits - 1)) - 1));
}

static double unpack_float(uint64_t bits, int digits, int ebits)
{
    int bias = (1 << (ebits - 1)) - 1;
    uint64_t m = bits & ((UINT64_C(1) << (digits - 1)) - 1);
    int e = (int)(bits >> (digits - 1) & ((UINT64_C(1) << ebits) - 1));
    double v;
    if (e == (1 << ebits) - 1)
        v = m ? NAN : INFINITY;
    else if (e == 0)
        v = ldexp((double)m, 1 - bias - (digits - 1));
    else
        v = ldexp((double)(m | UINT64_C(1) << (digits - 1)), e - bias - (digits - 1));
    return bits >> (digits - 1 + ebits) & 1 ? -v : v;
}

uint64_t value_to_bits(cb_type t, ir_value v)
{
    uint64_t bits = 0;
    if (t.code == CB_BFLOAT) {
        bits = pack_float(v.f, 8, 8);
    } else if (t.code == CB_FLOAT && t.bits == 16) {
        bits = pack_float(v.f, 11, 5);
    } else if (t.code == CB_FLOAT && t.bits == 32) {
        float f = (float)v.f;
        uint32_t b;
        memcpy(&b, &f, sizeof b);
        bits = b;
    } else if (t.code == CB_FLOAT) {
        memcpy(&bits, &v.f, sizeof bits);
    } else {
        bits = (uint64_t)v.i;
        if (t.bits < 64)
            bits &= (UINT64_C(1) << t.bits) - 1;
    }
    return bits;
}

ir_value value_from_bits(cb_type t, uint64_t bits)
{
    ir_value v = {0};
    if (t.code == CB_BFLOAT) {
        v.f = unpack_float(bits, 8, 8);
    } else if (t.code == CB_FLOAT && t.bits == 16) {
        v.f = unpack_float(bits, 11, 5);
    } else if (t.code == CB_FLOAT && t.bits == 32) {
        uint32_t b = (uint32_t)bits;
        float f;
        memcpy(&f, &b, sizeof f);
        v.f = (double)f;
    } else if (t.code == CB_FLOAT) {
        memcpy(&v.f, &bits, sizeof v.f);
    } else {
        v.i = value_wrap(t, (int64_t)bits);
    }
    return v;
}

void value_put(text *t, cb_type type, ir_value v, int digits)
{
    if (type_is_float(type))
        text_printf(t, "%.*g", digits, v.f);
    else if (type_is_uint(type))
        text_printf(t, "%llu", (unsigned long long)v.i);
    else
        text_printf(t, "%lld", (long long)v.i);
}

ir_value value_of(const ir *n)
{
    ir_value v;
    if (n->op == IR_FLOAT)
        v.f = n->u.f;
    else
        v.i = n->u.i;
    return v;
}

/* ---- conversions ----------------------------------------------------------------------------- */

static int64_t float_to_int(cb_type t, double v)
{
    if (isnan(v))
        return 0;
    v = trunc(v);
    if (t.code == CB_INT && t.bits == 64) {
        if (v >= 9223372036854775808.0)
            return INT64_MAX;
        return v < -9223372036854775808.0 ? INT64_MIN : (int64_t)v;
    }
    if (t.bits == 64) {
        if (v >= 18446744073709551616.0)
            return -1;
        return v <= 0 ? 0 : (int64_t)(uint64_t)v;
    }
    if (v >= (double)type_max(t))
        return type_max(t);
    return v <= (double)type_min(t) ? type_min(t) : (int64_t)v;
}

/* Rounded once: digits that a double cannot hold leave a mark in its last place ("round to odd"),
 * which is enough for every type of fewer digits. */
static double int_to_float(cb_type from, cb_type to, int64_t i)
{
    bool is_unsigned = from.code != CB_INT;
    if (to.bits == 64)
        return is_unsigned ? (double)(uint64_t)i : (double)i;
    bool negative = !is_unsigned && i < 0;
    uint64_t u = negative ? -(uint64_t)i : (uint64_t)i, lost = 0;
    int shift = 0;
    while (u >> 53) {
        lost |= u & 1;
        u >>= 1;
        shift++;
    }
    double v = ldexp((double)(u | lost), shift);
    return value_round(to, negative ? -v : v);
}

static ir_value convert(cb_type from, cb_type to, ir_value a)
{
    ir_value r;
    if (type_is_float(from) && type_is_float(to))
        r.f = value_round(to, a.f);
    else if (type_is_bool(to))
        r.i = type_is_float(from) ? a.f != 0 : a.i != 0;
    else if (type_is_float(from))
        r.i = float_to_int(to, a.f);
    else if (type_is_float(to))
        r.f = int_to_float(from, to, a.i);
    else
        r.i = value_wrap(to, a.i);
    return r;
}

/* ---- integers -------------------------------------------------------------------------------- */

static int64_t div_toward_zero(int64_t a, int64_t b)
{
    if (b == 0)
        return 0;
    return b == -1 ? (int64_t)-(uint64_t)a : a / b; /* the machine traps on INT64_MIN / -1 */
}

static int64_t mod_toward_zero(int64_t a, int64_t b)
{
    if (b == 0)
        return a;
    return b == -1 ? 0 : a % b;
}

static int64_t div_euclid(int64_t a, int64_t b)
{
    int64_t q = div_toward_zero(a, b), r = mod_toward_zero(a, b);
    return b != 0 && r < 0 ? (b > 0 ? q - 1 : q + 1) : q;
}

static int64_t mod_euclid(int64_t a, int64_t b)
{
    int64_t r = mod_toward_zero(a, b);
    /* |b| added without forming it: -INT64_MIN does not exist. */
    return b != 0 && r < 0 ? (b > 0 ? r + b : r - b) : r;
}

static int64_t shift_right(cb_type t, int64_t a, uint64_t n)
{
    if (n >= t.bits)
        return t.code == CB_INT && a < 0 ? -1 : 0;
    if (t.code != CB_INT)
        return (int64_t)((uint64_t)a >> n);
    return a < 0 ? ~(int64_t)(~(uint64_t)a >> n) : (int64_t)((uint64_t)a >> n);
}

static int64_t shift_left(cb_type t, int64_t a, uint64_t n)
{
    return n >= t.bits ? 0 : value_wrap(t, (int64_t)((uint64_t)a << n));
}

static int64_t shift(ir_op op, cb_type t, cb_type count, int64_t a, int64_t n)
{
    bool left = op == IR_SHL;
    uint64_t by = (uint64_t)n;
    if (count.code == CB_INT && n < 0) {
        left = !left;
        by = -by;
    }
    return left ? shift_left(t, a, by) : shift_right(t, a, by);
}

/* ADD, SUB, MUL: *over when the exact result does not fit t (only asked for signed types). */
static int64_t add_sub_mul(ir_op op, cb_type t, int64_t a, int64_t b, bool *over)
{
    int64_t r;
    bool beyond;
    if (op == IR_ADD)
        beyond = __builtin_add_overflow(a, b, &r);
    else if (op == IR_SUB)
        beyond = __builtin_sub_overflow(a, b, &r);
    else
        beyond = __builtin_mul_overflow(a, b, &r);
    int64_t wrapped = value_wrap(t, r);
    if (type_no_overflow(t) && (beyond || wrapped != r))
        *over = true;
    return wrapped;
}

static bool less(cb_type t, int64_t a, int64_t b)
{
    return t.code == CB_INT ? a < b : (uint64_t)a < (uint64_t)b;
}

static int64_t int_op(ir_op op, cb_type t, int64_t a, int64_t b, bool *over)
{
    bool wide = t.code == CB_UINT && t.bits == 64; /* the only type an int64_t does not hold */
    uint64_t ua = (uint64_t)a, ub = (uint64_t)b;
    switch ((int)op) {
    case IR_ADD:
    case IR_SUB:
    case IR_MUL: return add_sub_mul(op, t, a, b, over);
    case IR_DIV: return wide ? (int64_t)(ub ? ua / ub : 0) : value_wrap(t, div_euclid(a, b));
    case IR_MOD: return wide ? (int64_t)(ub ? ua % ub : ua) : mod_euclid(a, b);
    case IR_DIV_TZ:
        return wide ? (int64_t)(ub ? ua / ub : 0) : value_wrap(t, div_toward_zero(a, b));
    case IR_MOD_TZ: return wide ? (int64_t)(ub ? ua % ub : ua) : mod_toward_zero(a, b);
    case IR_MIN: return less(t, b, a) ? b : a;
    case IR_MAX: return less(t, a, b) ? b : a;
    case IR_BIT_AND: return a & b;
    case IR_BIT_OR: return a | b;
    case IR_BIT_XOR: return a ^ b;
    case IR_EQ: return a == b;
    case IR_NE: return a != b;
    case IR_LT: return less(t, a, b);
    case IR_LE: return !less(t, b, a);
    default: return 0;
    }
}

/* ---- floats ---------------------------------------------------------------------------------- */

static double float_mod(double a, double b)
{
    double r = fmod(a, b);
    return r < 0 && b > 0 ? r + b : r;
}

static double round_even(double v)
{
    if (!(fabs(v) < 4503599627370496.0))
        return v; /* already integral, infinite or NaN */
    double low = floor(v), over = v - low;
    if (over > 0.5 || (over == 0.5 && fmod(low, 2) != 0))
        low += 1;
    return copysign(low, v);
}

/* IEEE 754 minNum, in which -0 is below +0. */
static double strict_min(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) ? b : a;
    return a < b || (a == b && signbit(a)) ? a : b;
}

static double float_op2(ir_op op, double a, double b)
{
    switch ((int)op) {
    case IR_ADD: return a + b;
    case IR_SUB: return a - b;
    case IR_MUL: return a * b;
    case IR_DIV: return a / b;
    case IR_MOD: return float_mod(a, b);
    case IR_MIN: return b < a ? b : a;
    case IR_MAX: return a < b ? b : a;
    case IR_POW: return pow(a, b);
    case IR_ATAN2: return atan2(a, b);
    case IR_HYPOT: return hypot(a, b);
    case IR_FAST_POW: return pow(a, b);
    case IR_STRICT_ADD: return a + b;
    case IR_STRICT_SUB: return a - b;
    case IR_STRICT_MUL: return a * b;
    case IR_STRICT_DIV: return a / b;
    case IR_STRICT_MOD: return float_mod(a, b);
    case IR_STRICT_MIN: return strict_min(a, b);
    case IR_STRICT_MAX: return -strict_min(-a, -b);
    default: return NAN;
    }
}

static bool float_cmp(ir_op op, double a, double b)
{
    switch ((int)op) {
    case IR_EQ: return a == b;
    case IR_NE: return a != b;
    case IR_LT: return a < b;
    default: return a <= b;
    }
}

static double float_op1(ir_op op, double a)
{
    switch ((int)op) {
    case IR_SQRT: return sqrt(a);
    case IR_EXP: return exp(a);
    case IR_LOG: return log(a);
    case IR_SIN: return sin(a);
    case IR_COS: return cos(a);
    case IR_TAN: return tan(a);
    case IR_ASIN: return asin(a);
    case IR_ACOS: return acos(a);
    case IR_ATAN: return atan(a);
    case IR_SINH: return sinh(a);
    case IR_COSH: return cosh(a);
    case IR_TANH: return tanh(a);
    case IR_ERF: return erf(a);
    case IR_EXP2: return exp2(a);
    case IR_EXPM1: return expm1(a);
    case IR_LOG2: return log2(a);
    case IR_LOG10: return log10(a);
    case IR_LOG1P: return log1p(a);
    case IR_ASINH: return asinh(a);
    case IR_ACOSH: return acosh(a);
    case IR_ATANH: return atanh(a);
    case IR_FAST_EXP: return exp(a);
    case IR_FAST_LOG: return log(a);
    case IR_FAST_SIN: return sin(a);
    case IR_FAST_COS: return cos(a);
    case IR_FAST_INVERSE: return 1 / a;
    case IR_FAST_INVERSE_SQRT: return 1 / sqrt(a);
    case IR_FLOOR: return floor(a);
    case IR_CEIL: return ceil(a);
    case IR_ROUND: return round_even(a);
    case IR_TRUNC: return trunc(a);
    default: return NAN;
    }
}

/* ---- one operation --------------------------------------------------------------------------- */

/* Three operands at most; `count` is the type of a shift count. */
static int64_t fixed(ir_op op, cb_type t, cb_type count, const ir_value *arg)
{
    int64_t i[3] = {0};
    for (int k = 0; k < ir_ops[op].nargs; k++)
        i[k] = arg[k].i;
    return value_fixed(op, t, count, i);
}

/* f16 and bf16 are widened to f32, where the one rounding is. */
static double fused(cb_type t, const ir_value *x)
{
    return t.bits == 64 ? fma(x[0].f, x[1].f, x[2].f)
                        : (double)fmaf((float)x[0].f, (float)x[1].f, (float)x[2].f);
}

static bool eval_other(ir_op op, cb_type result, const cb_type *type, const ir_value *arg,
                       ir_value *out)
{
    cb_type t = ir_ops[op].nargs ? type[0] : result;
    switch ((int)op) {
    case IR_ABSD:
        if (type_is_float(t))
            out->f = value_round(t, fabs(value_round(t, arg[0].f - arg[1].f)));
        else
            out->i = fixed(op, t, t, arg);
        return true;
    case IR_MUL_SHR:
    case IR_ROUND_MUL_SHR: out->i = fixed(op, t, type[2], arg); return true;
    case IR_FMA: out->f = value_round(t, fused(t, arg)); return true;
    case IR_ABS:
        if (type_is_float(t))
            out->f = fabs(arg[0].f);
        else
            out->i = t.code == CB_INT && arg[0].i < 0 ? (int64_t)-(uint64_t)arg[0].i : arg[0].i;
        return true;
    case IR_SELECT: *out = arg[0].i ? arg[1] : arg[2]; return true;
    case IR_CAST: *out = convert(t, result, arg[0]); return true;
    case IR_REINTERPRET: *out = value_from_bits(result, value_to_bits(t, arg[0])); return true;
    case IR_IS_NAN: out->i = isnan(arg[0].f) != 0; return true;
    case IR_LIKELY:
    case IR_PROMISE: *out = arg[0]; return true;
    default: return false;
    }
}

bool value_eval(ir_op op, cb_type result, const cb_type *operand, const ir_value *arg,
                ir_value *out, bool *overflow)
{
    cb_type t = ir_ops[op].nargs ? operand[0] : result;
    switch (ir_ops[op].cls) {
    case IRC_ARITH2:
    case IRC_BIT2:
    case IRC_MATH2:
        if (type_is_float(t))
            out->f = value_round(result, float_op2(op, arg[0].f, arg[1].f));
        else
            out->i = int_op(op, t, arg[0].i, arg[1].i, overflow);
        return true;
    case IRC_CMP2:
        if (type_is_float(t))
            out->i = float_cmp(op, arg[0].f, arg[1].f);
        else
            out->i = int_op(op, t, arg[0].i, arg[1].i, overflow);
        return true;
    case IRC_LOGIC2: out->i = op == IR_AND ? arg[0].i & arg[1].i : arg[0].i | arg[1].i; return true;
    case IRC_LOGIC1: out->i = !arg[0].i; return true;
    case IRC_BIT1: out->i = value_wrap(result, ~arg[0].i); return true;
    case IRC_INT1:
    case IRC_INT2: out->i = fixed(op, result, result, arg); return true;
    case IRC_SHIFT2:
        out->i = op == IR_SHL || op == IR_SHR
                     ? shift(op, result, operand[1], arg[0].i, arg[1].i)
                     : fixed(op, result, operand[1], arg);
        return true;
    case IRC_MATH1: out->f = value_round(result, float_op1(op, arg[0].f)); return true;
    case IRC_OTHER: return eval_other(op, result, operand, arg, out);
    case IRC_LEAF:
    case IRC_STMT: return false;
    }
    return false;
}
