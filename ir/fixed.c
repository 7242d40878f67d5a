/* ir/fixed.c: what the fixed-point operations and bit counts mean, for value.c.
 *
 * Each is a number of unlimited precision brought back to the type once, at the end:
 *
 *     saturating_add(u8 200, 100)               255        300 is beyond the type
 *     halving_add(i8 -3, -4)                    -4         -3.5 rounded down
 *     rounding_mul_shift_right(i16 x, y, 15)    x*y/32768, half up: a product of Q15 numbers
 *
 * 128 bits hold every product of two 64-bit integers; a shift left of one either fits or is beyond
 * the type whatever its size is.
 */
#include "ir.h"

__extension__ typedef __int128 wide;

static wide widened(cb_type t, int64_t v)
{
    return type_is_uint(t) ? (wide)(uint64_t)v : (wide)v;
}

static wide least(cb_type t) { return widened(t, type_min(t)); }
static wide largest(cb_type t) { return widened(t, type_max(t)); }

static int64_t nearest(cb_type t, wide v)
{
    v = v < least(t) ? least(t) : v > largest(t) ? largest(t) : v;
    return value_wrap(t, (int64_t)v);
}

static int64_t floor_half(cb_type t, wide v) { return value_wrap(t, (int64_t)(v >> 1)); }

/* v*2^-n: half rounded up when `up`, else rounded down; then the nearest value of t. */
static int64_t scaled(cb_type t, wide v, wide n, bool up)
{
    if (n > 0) {
        if (n > 126) /* |v| < 2^126, but for the product of two u64 */
            return nearest(t, v < 0 && !up ? -1 : 0);
        wide half = up ? v >> (n - 1) & 1 : 0;
        return nearest(t, (v >> n) + half);
    }
    if (v == 0)
        return 0;
    if (n < -64)
        n = -64;
    for (; n < 0 && v >= least(t) && v <= largest(t); n++)
        v *= 2;
    return nearest(t, v);
}

static int64_t distance(wide a, wide b)
{
    return (int64_t)(uint64_t)(a < b ? b - a : a - b);
}

/* The product of two u64 may need all 128 bits, and then some. */
static int64_t product_shifted(cb_type t, int64_t a, int64_t b, wide n, bool up)
{
    if (!(type_is_uint(t) && t.bits == 64))
        return scaled(t, widened(t, a) * widened(t, b), n, up);
    __extension__ unsigned __int128 v = (unsigned __int128)(uint64_t)a * (uint64_t)b;
    if (n <= 0)
        return v >> 64 ? -1 : scaled(t, (wide)v, n, up);
    if (n > 128)
        return 0;
    uint64_t half = up ? (uint64_t)(v >> (n - 1)) & 1 : 0;
    v = n == 128 ? 0 : v >> n;
    return v >> 64 || (v == UINT64_MAX && half) ? -1 : (int64_t)((uint64_t)v + half);
}

int64_t value_fixed(ir_op op, cb_type t, cb_type count, const int64_t *arg)
{
    wide a = widened(t, arg[0]), b = ir_ops[op].nargs > 1 ? widened(t, arg[1]) : 0;
    uint64_t u = (uint64_t)arg[0];
    int n = 0;
    switch ((int)op) {
    case IR_SAT_ADD: return nearest(t, a + b);
    case IR_SAT_SUB: return nearest(t, a - b);
    case IR_HALF_ADD: return floor_half(t, a + b);
    case IR_HALF_SUB: return floor_half(t, a - b);
    case IR_HALF_ADD_UP: return floor_half(t, a + b + 1);
    case IR_ABSD: return distance(a, b);
    case IR_ROUND_SHL: return scaled(t, a, -widened(count, arg[1]), true);
    case IR_ROUND_SHR: return scaled(t, a, widened(count, arg[1]), true);
    case IR_MUL_SHR: return product_shifted(t, arg[0], arg[1], widened(count, arg[2]), false);
    case IR_ROUND_MUL_SHR: return product_shifted(t, arg[0], arg[1], widened(count, arg[2]), true);
    default: break;
    }
    if (t.bits < 64)
        u &= (UINT64_C(1) << t.bits) - 1;
    switch ((int)op) {
    case IR_POPCOUNT:
        for (; u; u &= u - 1)
            n++;
        return value_wrap(t, n);
    case IR_CLZ:
        for (n = t.bits; u; u >>= 1)
            n--;
        return value_wrap(t, n);
    case IR_CTZ:
        while (n < t.bits && !(u >> n & 1))
            n++;
        return value_wrap(t, n);
    default: return 0;
    }
}
