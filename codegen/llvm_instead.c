/* codegen/llvm_instead.c: arithmetic written out in a wider type, as the operations of fixed point that it is.
 *
 *     u8(min(u16(a) + u16(b), 255))                              saturating_add(a, b)
 *     i16_sat((i32(a)*i32(b) + 16384) >> 15)                     rounding_mul_shift_right(a, b, 15)
 *     abs(i16(u8 a) - i16(u8 b))                                 u16(absd(a, b))
 *
 * Each is equal for all operands: the wider type holds the exact result, and the ends it is held between are those of the
 * narrow type. The walk of llvm_expr.c emits the right side in place of the left, where it stands.
 */
#include "llvm.h"

/* e as a number of type t that was widened; NULL: it is none. */
static const ir *of_type(cb_context *c, const ir *e, cb_type t)
{
    int64_t k;
    t = type_lanes(t, e->type.lanes);
    if (ir_as_int(e, &k))
        return k >= type_min(t) && k <= type_max(t) ? ir_int(c, t, k) : NULL;
    if (e->op == IR_BROADCAST) {
        const ir *x = of_type(c, e->arg[0], t);
        return x ? ir_broadcast(c, x, e->type.lanes / x->type.lanes) : NULL;
    }
    return e->op == IR_CAST && type_eq(e->arg[0]->type, t) ? e->arg[0] : NULL;
}

/* Both operands of n as numbers of type t, one of them no constant. */
static bool operands_of(cb_context *c, const ir *n, cb_type t, const ir **a, const ir **b)
{
    *a = of_type(c, n->arg[0], t);
    *b = of_type(c, n->arg[1], t);
    return *a && *b && ((*a)->op != IR_INT || (*b)->op != IR_INT);
}

/* What is between the ends of t: n without the min and max that hold it there. */
typedef struct held {
    const ir *value;
    bool low, high; /* it is held at this end */
} held;

static held held_in(const ir *n, cb_type t)
{
    held h = {n, false, false};
    int64_t k;
    for (int i = 0; i < 2; i++) {
        const ir *v = h.value;
        if (v->op == IR_MIN && !h.high && ir_as_int(v->arg[1], &k) && k == type_max(t))
            h = (held){v->arg[0], h.low, true};
        else if (v->op == IR_MAX && !h.low && ir_as_int(v->arg[1], &k) && k == type_min(t))
            h = (held){v->arg[0], true, h.high};
    }
    return h;
}

/* The sum or difference of two numbers of type t, held in t. */
static const ir *saturated_sum(cb_context *c, const held *h, cb_type t)
{
    const ir *v = h->value, *a, *b;
    bool add = v->op == IR_ADD, is_signed = type_is_int(t);
    if ((!add && v->op != IR_SUB) || v->type.bits <= t.bits || !operands_of(c, v, t, &a, &b))
        return NULL;
    if ((is_signed || !add) && !type_is_int(v->type)) /* the wider type has no numbers below 0 */
        return NULL;
    /* an unsigned sum is not below 0, an unsigned difference not above the greatest */
    if (!PLANTED(c, LLVM_INSTEAD) && (is_signed ? !h->low || !h->high : add ? !h->high : !h->low))
        return NULL;
    return ir_bin(c, add ? IR_SAT_ADD : IR_SAT_SUB, a, b);
}

/* v >> k or v/2^k of a signed v. */
static const ir *shifted(const ir *v, int64_t *k)
{
    int64_t d;
    if (v->op == IR_SHR && ir_as_int(v->arg[1], k) && *k > 0)
        return v->arg[0];
    if (v->op != IR_DIV || !ir_as_int(v->arg[1], &d) || d < 2 || (d & (d - 1)))
        return NULL;
    for (*k = 0; d > 1; d /= 2)
        ++*k;
    return v->arg[0];
}

/* (a*b + 2^(bits-2)) >> (bits-1), or without the half, held in t: only the square of the least number is beyond. */
static const ir *high_product(cg *g, const held *h, cb_type t)
{
    cb_context *c = g->ctx;
    int64_t k, half;
    const ir *v = shifted(h->value, &k), *a, *b;
    if (!v || !h->high || k != t.bits - 1 || v->type.bits != 2 * t.bits)
        return NULL;
    if (!type_is_int(t) || !type_is_int(v->type) || (t.bits != 16 && t.bits != 32))
        return NULL;
    bool up = v->op == IR_ADD && ir_as_int(v->arg[1], &half) && half == INT64_C(1) << (k - 1);
    if (up)
        v = v->arg[0];
    if (g->target->arch == ARCH_X86_64 && (!up || t.bits != 16)) /* has no instruction for it */
        return NULL;
    if (v->op != IR_MUL || !operands_of(c, v, t, &a, &b))
        return NULL;
    return ir_tri(c, up ? IR_ROUND_MUL_SHR : IR_MUL_SHR, a, b, ir_int(c, type_lanes(T_I32, a->type.lanes), k));
}

static const ir *instead_of_cast(cg *g, const ir *n)
{
    cb_type t = type_scalar(n->type);
    if (!type_is_integer(t) || !type_is_integer(n->arg[0]->type) || n->arg[0]->type.bits <= t.bits)
        return n;
    held h = held_in(n->arg[0], t);
    const ir *r = h.low || h.high ? saturated_sum(g->ctx, &h, t) : NULL;
    r = r ? r : high_product(g, &h, t);
    return r ? r : n;
}

/* |a - b| in a type that holds the difference. */
static const ir *distance(cb_context *c, const ir *n)
{
    const ir *v = n->arg[0], *a, *b;
    if (n->op != IR_ABS || v->op != IR_SUB || !type_is_int(v->type))
        return n;
    for (int i = 0; i < 2; i++) {
        const ir *x = v->arg[i];
        if (x->op == IR_BROADCAST)
            x = x->arg[0];
        if (x->op != IR_CAST || !type_is_integer(x->arg[0]->type) || x->arg[0]->type.bits >= v->type.bits)
            continue;
        if (operands_of(c, v, type_scalar(x->arg[0]->type), &a, &b))
            return ir_cast(c, n->type, ir_bin(c, IR_ABSD, a, b));
    }
    return n;
}

const ir *cg_instead(cg *g, const ir *n)
{
    if (n->op == IR_CAST)
        return instead_of_cast(g, n);
    return n->op == IR_ABS ? distance(g->ctx, n) : n;
}
