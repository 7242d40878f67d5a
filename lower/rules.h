/* lower/rules.h: what the conditions and patterns of simplify.rules may ask; shared by the engine
 * and by the test that checks every rule.
 */
#ifndef CB_RULES_H
#define CB_RULES_H

#include "../ir/ir.h"

#define RULE_TYPE(x) ((x)->type)

/* An integer or bool constant (or broadcast of one) as a number that may be compared. */
static inline bool rule_const(const ir *n, int64_t *v)
{
    if (type_is_float(n->type) || !ir_as_int(n, v)) return false;
    return !(type_is_uint(n->type) && n->type.bits == 64 && *v < 0);
}

static inline bool rule_is(const ir *n, int64_t k)
{
    double f;
    return type_is_float(n->type) ? ir_as_float(n, &f) && f == (double)k : ir_is_int(n, k);
}

/* Has the number a value in type t? */
static inline bool rc_fits(cb_type t, int64_t v)
{
    return type_can_hold(type_scalar(t), v) && !(type_is_uint(t) && v < 0);
}

/* Does every value of `from` have the same value in `to`? */
static inline bool rc_holds(cb_type to, cb_type from)
{
    if (type_is_bool(from)) return to.code != CB_HANDLE;
    if (type_is_bool(to)) return false;
    if (type_is_integer(from) && type_is_integer(to))
        return to.code == from.code ? to.bits >= from.bits
                                    : type_is_uint(from) && to.bits > from.bits;
    if (type_is_integer(from) && to.code == CB_FLOAT)
        return from.bits <= (to.bits == 64 ? 53u : to.bits == 32 ? 24u : 11u);
    if (type_is_float(from) && type_is_float(to))
        return (to.code == from.code && to.bits >= from.bits) || (from.bits == 16 && to.bits >= 32);
    return false;
}

/* Is a conversion from x to u and then to t the one from x to t? Float to integer saturates and
 * integer to integer wraps, so a float in between does harm unless the value fits. */
static inline bool rc_cast_through(cb_type t, cb_type u, cb_type x)
{
    if (type_is_integer(t) && type_is_integer(u) && type_is_integer(x) && t.bits <= u.bits)
        return true;
    if (!rc_holds(u, x)) return false;
    return !(type_is_float(u) && type_is_integer(t) && !type_is_float(x)) || rc_holds(t, x);
}

static inline bool rc_same(cb_type a, cb_type b)
{
    return type_eq(a, b);
}

static inline bool rc_integer(cb_type t)
{
    return type_is_integer(t);
}

/* Has the mask 2^k - 1 all the bits of t? */
static inline bool rc_covers(int64_t mask, cb_type t)
{
    return t.bits < 62 && mask > 0 && ((uint64_t)mask & ((uint64_t)mask + 1)) == 0 &&
           mask >= ((int64_t)1 << t.bits) - 1;
}

static inline bool rc_is_smallest(cb_type t, int64_t v)
{
    return v == type_min(type_scalar(t));
}

/* (A constant never stands for the largest u64: rule_const refuses it.) */
static inline bool rc_is_largest(cb_type t, int64_t v)
{
    return !(type_is_uint(t) && t.bits == 64) && v == type_max(type_scalar(t));
}

/* v = 2^k - 1 for some k >= 1. */
static inline bool rc_low_bits(int64_t v)
{
    return v > 0 && ((uint64_t)v & ((uint64_t)v + 1)) == 0;
}

/* a*b when it fits the type, else 0. */
static inline int64_t rc_product(cb_type t, int64_t a, int64_t b)
{
    int64_t p;
    return !__builtin_mul_overflow(a, b, &p) && rc_fits(t, p) ? p : 0;
}

#endif
