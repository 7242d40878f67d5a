/* lower/lanes.c: conditions on vectors said about scalars.
 *
 *     ramp(8*xo, 1, 8) < broadcast(w, 8)   in all lanes   <=   8*xo + 7 < w
 *
 * Every lane of a ramp lies between its ends, and the ends of sums, products by constants and so on
 * follow from the ends of their operands. The scalar condition implies the vector one and need not
 * be implied by it. Only types whose overflow is promised away are followed: there the ends are
 * what they seem. */
#include "lanes.h"

enum { FUEL = 256 }; /* nodes looked at: what asks for more is not worth an answer */

typedef struct ends {
    cb_context *ctx;
    int fuel;
} ends;

static const ir *extreme(ends *E, const ir *e, bool high);

static const ir *ramp_end(ends *E, const ir *e, bool high)
{
    cb_context *c = E->ctx;
    const ir *base = extreme(E, e->arg[0], high), *stride = extreme(E, e->arg[1], high);
    if (!base || !stride) return NULL;
    int64_t steps = e->type.lanes / e->arg[0]->type.lanes - 1;
    const ir *zero = ir_int(c, stride->type, 0);
    const ir *way = high ? ir_max(c, stride, zero) : ir_min(c, stride, zero);
    return ir_is_int(way, 0) ? base : ir_add(c, base, ir_muli(c, way, steps));
}

static const ir *times(ends *E, const ir *e, const ir *by, bool high)
{
    int64_t k;
    if (!ir_as_int(by, &k)) return NULL;
    e = extreme(E, e, k >= 0 ? high : !high);
    return e ? ir_muli(E->ctx, e, k) : NULL;
}

static const ir *extreme(ends *E, const ir *e, bool high)
{
    cb_context *c = E->ctx;
    const ir *a, *b;
    int64_t k;
    if (e->type.lanes == 1) return e;
    if (!type_no_overflow(e->type) || --E->fuel < 0) return NULL;
    if (ir_as_int(e, &k)) return ir_int(c, type_scalar(e->type), k);
    switch ((ir_op)e->op) {
    case IR_RAMP:
        return ramp_end(E, e, high);
    case IR_BROADCAST: case IR_SHUFFLE:
        return e->nargs == 1 ? extreme(E, e->arg[0], high) : NULL;
    case IR_ADD: case IR_MIN: case IR_MAX:
        a = extreme(E, e->arg[0], high);
        b = a ? extreme(E, e->arg[1], high) : NULL;
        return b ? ir_bin(c, e->op, a, b) : NULL;
    case IR_SUB:
        a = extreme(E, e->arg[0], high);
        b = a ? extreme(E, e->arg[1], !high) : NULL;
        return b ? ir_sub(c, a, b) : NULL;
    case IR_MUL:
        a = times(E, e->arg[0], e->arg[1], high);
        return a ? a : times(E, e->arg[1], e->arg[0], high);
    case IR_DIV:
        if (!ir_as_int(e->arg[1], &k) || k <= 0) return NULL;
        a = extreme(E, e->arg[0], high);
        return a ? ir_div(c, a, ir_int(c, a->type, k)) : NULL;
    case IR_CAST:
        a = e->arg[0];
        if (!type_no_overflow(a->type) || a->type.bits > e->type.bits) return NULL;
        a = extreme(E, a, high);
        return a ? ir_cast(c, type_scalar(e->type), a) : NULL;
    case IR_LIKELY:
        return extreme(E, e->arg[0], high);
    default:
        return NULL;
    }
}

static const ir *all(ends *E, const ir *cond)
{
    cb_context *c = E->ctx;
    const ir *a, *b;
    int64_t k;
    if (cond->type.lanes == 1) return cond;
    if (--E->fuel < 0) return NULL;
    if (ir_as_int(cond, &k)) return ir_bool(c, k != 0);
    switch ((ir_op)cond->op) {
    case IR_LT: case IR_LE:
        a = extreme(E, cond->arg[0], true);
        b = a ? extreme(E, cond->arg[1], false) : NULL;
        return b ? ir_bin(c, cond->op, a, b) : NULL;
    case IR_AND: case IR_OR:
        a = all(E, cond->arg[0]);
        b = a ? all(E, cond->arg[1]) : NULL;
        return b ? ir_bin(c, cond->op, a, b) : NULL;
    case IR_NOT:
        b = lanes_negate(c, cond->arg[0]);
        return b->op == IR_NOT ? NULL : all(E, b);
    case IR_BROADCAST: case IR_SHUFFLE: case IR_LIKELY:
        return cond->nargs == 1 ? all(E, cond->arg[0]) : NULL;
    default:
        return NULL;
    }
}

const ir *lanes_all(cb_context *c, const ir *cond)
{
    ends E = {c, FUEL};
    return all(&E, cond);
}

const ir *lanes_extreme(cb_context *c, const ir *e, bool high)
{
    ends E = {c, FUEL};
    return extreme(&E, e, high);
}

const ir *lanes_negate(cb_context *c, const ir *cond)
{
    bool integers =
        cond->nargs && !type_is_float(cond->arg[0]->type); /* a NaN is neither < nor >= */
    switch ((ir_op)cond->op) {
    case IR_LT:
        return integers ? ir_le(c, cond->arg[1], cond->arg[0]) : ir_not(c, cond);
    case IR_LE:
        return integers ? ir_lt(c, cond->arg[1], cond->arg[0]) : ir_not(c, cond);
    case IR_EQ:
        return ir_bin(c, IR_NE, cond->arg[0], cond->arg[1]);
    case IR_NE:
        return ir_bin(c, IR_EQ, cond->arg[0], cond->arg[1]);
    case IR_NOT:
        return cond->arg[0];
    case IR_LIKELY:
        return lanes_negate(c, cond->arg[0]);
    case IR_AND: case IR_OR: { /* one level: the operands are negated plainly */
        const ir *a = cond->arg[0], *b = cond->arg[1];
        a = a->op == IR_AND || a->op == IR_OR ? ir_not(c, a) : lanes_negate(c, a);
        b = b->op == IR_AND || b->op == IR_OR ? ir_not(c, b) : lanes_negate(c, b);
        return ir_bin(c, cond->op == IR_AND ? IR_OR : IR_AND, a, b);
    }
    default:
        return ir_not(c, cond);
    }
}
