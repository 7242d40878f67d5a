/* lower/rules.h: what the conditions and patterns of simplify.rules may ask; shared by the engine and
 * by the test that checks every rule.
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
        return to.code == from.code ? to.bits >= from.bits : type_is_uint(from) && to.bits > from.bits;
    if (type_is_integer(from) && to.code == CB_FLOAT)
        return from.bits <= (to.bits == 64 ? 53u : to.bits == 32 ? 24u : 11u);
    if (type_is_float(from) && type_is_float(to))
        return (to.code == from.code && to.bits >= from.bits) || (from.bits == 16 && to.bits >= 32);
    return false;
}

static inline bool rc_integer(cb_type t)
{
    return type_is_integer(t);
}

static inline bool rc_bool(cb_type t)
{
    return type_is_bool(t);
}

static inline int64_t rc_bits(cb_type t)
{
    return t.bits;
}

static inline int64_t rc_smallest(cb_type t)
{
    return type_min(type_scalar(t));
}

/* Of types of at most 63 bits of magnitude. */
static inline int64_t rc_largest(cb_type t)
{
    return type_is_uint(t) && t.bits == 64 ? INT64_MAX : type_max(type_scalar(t));
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
