/* dsl/interp_slack.c: how far a float may lawfully be from what the interpreter computed.
 *
 * Compiled code may add floats in another order and fuse a product into a sum, so its results differ
 * from the interpreter's, and after 1 + (f32(a) - f32(b)) with large a and b not by a share of the
 * result but of a and b. So each value carries its slack, an absolute distance: a running error
 * analysis (Wilkinson; Higham, Accuracy and Stability of Numerical Algorithms, section 3.3).
 *
 *     1.0f + (1e9f - 1e9f)    is 1, slack 8*2^-24*(1e9 + 1e9 + ...) = 954
 *     i32(x*255) for x*255 = 3.0000001    is 3, slack 1: the other side of the edge is as right
 *     in[i32(x*255)]          any element will do: slack infinite
 *
 * One operation adds ROUNDINGS halves of a unit in the last place of its result, and a sum the same of its
 * operands, whose order is free. Steps that are exact in every order (sums of small whole numbers)
 * add nothing, so integers made of such floats must agree exactly. But they hide what was added: 200.25 - 200 is
 * 0.25, and 0.1 added to that may be added to 200.25 first. A slack below 0 says so: the value is exact, and a sum
 * whose terms are as large as the slack is. What an operation makes of the
 * slack of its operands is found by evaluating it at both ends of each. A bool that may be either
 * has slack 1.
 */
#include "interp.h"

#include <float.h>
#include <math.h>

/* Halves of a unit in the last place granted to each operation; the math functions need 4. */
enum { ROUNDINGS = 8 };

typedef struct float_format {
    double unit, smallest, largest; /* half a unit in the last place of 1; least normal; most finite */
} float_format;

static float_format format_of(cb_type t)
{
    if (t.code == CB_BFLOAT)
        return (float_format){0x1p-8, 0x1p-126, 0x1.fep127};
    if (t.bits == 16)
        return (float_format){0x1p-11, 0x1p-14, 65504};
    if (t.bits == 32)
        return (float_format){0x1p-24, 0x1p-126, (double)FLT_MAX};
    return (float_format){0x1p-53, 0x1p-1022, DBL_MAX};
}

static double as_double(cb_type t, ir_value v)
{
    if (type_is_float(t))
        return v.f;
    return t.code == CB_UINT ? (double)(uint64_t)v.i : (double)v.i;
}

/* On a grid so coarse that sums and products of a few such numbers are exact in any order. */
static bool on_grid(float_format f, double v)
{
    double grid = v * 16;
    return grid == floor(grid) && fabs(grid) * f.unit < 1.0 / 256;
}

static bool is_fast(ir_op op)
{
    return op == IR_FAST_EXP || op == IR_FAST_LOG || op == IR_FAST_SIN || op == IR_FAST_COS || op == IR_FAST_INVERSE ||
           op == IR_FAST_INVERSE_SQRT || op == IR_FAST_POW;
}

/* What the fast functions promise (docs/semantics.md), twice over for the operand's own rounding;
 * beyond the arguments they promise it for, any value will do. -1: not a fast function. */
static double fast_error(const instr *in, float_format f, const ir_value *arg, double v)
{
    double x = arg[0].f, size = fabs(v), ax = fabs(x);
    bool normal = ax >= 0x1p-126 && ax <= 0x1p126;
    switch ((int)in->op) {
    case IR_FAST_EXP: return 0x1p-17 * size + 0x1p-125;
    case IR_FAST_SIN:
    case IR_FAST_COS: return ax <= 8192 ? 0x1p-16 : INFINITY;
    case IR_FAST_LOG: return normal && x > 0 ? 0x1p-17 * fmax(1, size) : INFINITY;
    case IR_FAST_INVERSE: return normal ? 0x1p-16 * size : INFINITY;
    case IR_FAST_INVERSE_SQRT: return normal && x > 0 ? 0x1p-16 * size : INFINITY;
    case IR_FAST_POW:
        if (!normal || !(x > 0) || !(size < f.largest) || size < 0x1p-120)
            return INFINITY;
        return 0x1p-15 * size * fmax(1, fabs(log(x) * arg[1].f));
    default: return -1;
    }
}

/* What rounding contributes, whatever the operands' own slack. hidden[i]: how large the terms are of which operand i is
 * the exact sum. Below 0: nothing, and the result is such a sum. */
static double rounding(const instr *in, const ir_value *arg, const double *hidden, double v)
{
    float_format f = format_of(in->type);
    double size = fabs(v), terms = 0;
    bool exact = true;
    double fast = in->nargs && type_is_float(in->operand[0]) ? fast_error(in, f, arg, v) : -1;
    if (fast >= 0)
        return fast + ROUNDINGS * (f.unit * size + f.smallest);
    switch ((int)in->op) {
    case IR_SELECT: return -fmax(hidden[1], hidden[2]);
    case IR_LIKELY:
    case IR_PROMISE: return -hidden[0];
    case IR_MIN:
    case IR_MAX:
    case IR_ABS:
    case IR_FLOOR:
    case IR_CEIL:
    case IR_ROUND:
    case IR_TRUNC:
    case IR_SQRT:
    IR_STRICT_CASES:
    case IR_REINTERPRET: return 0;
    case IR_CAST:
        if (as_double(in->operand[0], arg[0]) == v && size < 0x1p53)
            return 0;
        break;
    case IR_ADD:
    case IR_SUB:
        terms = fmax(hidden[0], fabs(arg[0].f)) + fmax(hidden[1], fabs(arg[1].f));
        size += terms; /* fall through */
    case IR_MUL:
        if (in->op == IR_MUL)
            terms = fmax(hidden[0], fabs(arg[0].f)) * fmax(hidden[1], fabs(arg[1].f));
        for (uint32_t i = 0; i < 2; i++)
            exact &= on_grid(f, arg[i].f);
        if (exact && on_grid(f, v) && on_grid(f, terms))
            return -terms;
        break;
    default: break;
    }
    if (size > f.largest / ROUNDINGS) /* the order of the operations decides whether it overflows */
        return INFINITY;
    return ROUNDINGS * (f.unit * size + f.smallest);
}

/* arg moved by s, which may be negative; false when it leaves its type. */
static bool move(cb_type t, ir_value *arg, double s)
{
    if (type_is_float(t)) {
        arg->f += s;
        return true;
    }
    if (type_is_bool(t)) {
        arg->i ^= s != 0;
        return true;
    }
    double to = as_double(t, *arg) + s;
    double low = t.code == CB_UINT ? 0 : -ldexp(1, t.bits - 1);
    double high = ldexp(1, t.code == CB_UINT ? t.bits : t.bits - 1);
    arg->i += (int64_t)(fabs(s) < 0x1p62 ? s : 0);
    return to >= low && to < high && fabs(s) < 0x1p62;
}

static double distance(cb_type t, ir_value a, ir_value b)
{
    double x = as_double(t, a), y = as_double(t, b);
    if (isnan(x) || isnan(y))
        return isnan(x) && isnan(y) ? 0 : INFINITY;
    return x == y ? 0 : fabs(x - y);
}

/* The farthest result from v with every operand at one end of its slack. */
static double at_ends(const instr *in, const ir_value *arg, const double *slack, ir_value v)
{
    double most = 0;
    for (uint32_t ends = 0; ends < 1u << in->nargs; ends++) {
        ir_value moved[3] = {{0}}, w = {0};
        bool overflow = false;
        for (uint32_t i = 0; i < in->nargs; i++) {
            moved[i] = arg[i];
            if (slack[i] > 0 && !move(in->operand[i], &moved[i], ends >> i & 1 ? slack[i] : -slack[i]))
                return INFINITY;
        }
        value_eval(in->op, in->type, in->operand, moved, &w, &overflow);
        if (overflow)
            return INFINITY;
        most = fmax(most, distance(in->type, w, v));
    }
    return most;
}

/* What the operands' slack makes of the result. */
static double carried(const instr *in, const ir_value *arg, const double *slack, ir_value v)
{
    double all = 0;
    if (in->op == IR_SELECT) {
        if (slack[0] <= 0)
            return slack[arg[0].i ? 1 : 2];
        return fmax(slack[1], slack[2]) + distance(in->type, arg[1], arg[2]);
    }
    if ((in->op == IR_MIN || in->op == IR_MAX) && type_is_float(in->type) &&
        isnan(arg[0].f) != isnan(arg[1].f))
        return INFINITY; /* either operand is right */
    for (uint32_t i = 0; i < in->nargs; i++)
        all += slack[i];
    if (all <= 0)
        return 0;
    if (isinf(all))
        return INFINITY;
    switch ((int)in->op) {
    case IR_EQ:
    case IR_NE:
    case IR_LT:
    case IR_LE: return !(distance(in->operand[0], arg[0], arg[1]) > all);
    case IR_MIN:
    case IR_MAX:
    case IR_STRICT_MIN:
    case IR_STRICT_MAX: return fmax(slack[0], slack[1]);
    case IR_FAST_SIN:
    case IR_FAST_COS:
    case IR_SIN:
    case IR_COS: return fmin(all, 2);
    case IR_TAN:
        if (all > 0.125) /* there may be a pole between the ends */
            return INFINITY;
        break;
    case IR_BIT_AND:
    case IR_BIT_OR:
    case IR_BIT_XOR:
    case IR_BIT_NOT:
    case IR_POPCOUNT:
    case IR_CLZ:
    case IR_CTZ:
    case IR_SHL:
    case IR_SHR:
    case IR_REINTERPRET: /* the ends say nothing of what lies between */
        if (!type_is_bool(in->type))
            return INFINITY;
        break;
    default: break;
    }
    return at_ends(in, arg, slack, v);
}

double interp_slack(const instr *in, const ir_value *arg, const double *given, ir_value v)
{
    double slack[3] = {0}, hidden[3] = {0};
    for (uint32_t i = 0; i < in->nargs && i < COUNT_OF(slack); i++) {
        slack[i] = fmax(given[i], 0);
        hidden[i] = fmax(-given[i], 0);
    }
    double s = carried(in, arg, slack, v), r = 0;
    if (type_is_float(in->type) && !isnan(v.f))
        r = rounding(in, arg, hidden, v.f);
    else if (is_fast(in->op))
        r = INFINITY; /* no number: nothing is promised of it */
    if (r < 0 && s <= 0)
        return r;
    s += r < 0 ? ROUNDINGS * format_of(in->type).unit * -r : r;
    return type_is_bool(in->type) ? s > 0 : s;
}

bool interp_close(cb_type t, ir_value want, ir_value have, double slack)
{
    double s = distance(t, want, have);
    slack = fmax(slack, 0);
    if (!type_is_float(t)) /* as doubles two different 64-bit integers may look the same */
        return want.i == have.i || (s > 0 && s <= slack);
    return s <= slack;
}
