/* dsl/fixed.c: the words for fixed point, bits and a few floats, made of operations of the IR.
 *
 *     widening_mul(u8 a, i8 b)      i16(a)*i16(b): twice the wider width, so it is exact
 *     lerp(u8 a, u8 b, u8 w)        u8((u16(a)*(255 - w) + u16(b)*w + 127)/255), between a and b
 *     mux(i, a, b, c)               select(i == 0, a, i == 1, b, c)
 *     scatter(a, b), gather(a, b)   PLACES of both (ir.def)
 *
 * Words that promise the exact value refuse operands of which their common type does not hold every
 * value: u8 with i8 would have wrapped before the operation began.
 */
#include "front.h"

#include <math.h>

static const char exact_help[] =
    "convert one of them to a type that holds the values of both, for example i16(...)";

static const char *type_text(cb_context *c, cb_type t)
{
    char b[16];
    return ctx_string(c, type_name(t, b));
}

static bool holds(cb_type t, cb_type a)
{
    if (!type_is_integer(t) || !type_is_integer(a))
        return true;
    return a.code == t.code ? a.bits <= t.bits : type_is_uint(a) && a.bits < t.bits;
}

/* The operands in their common type, which holds the values of all of them. */
static expr *common(cb_context *c, cb_op op, uint32_t n, expr *const *v, const ir **a, cb_type *t)
{
    expr *f = expr_promote(c, op, n, v, a, t);
    if (f)
        return f;
    for (uint32_t i = 0; i < n; i++)
        if (!v[i]->lit && !holds(*t, v[i]->node->type))
            return expr_fault(c, DIAG_TYPE_MISFIT, exact_help,
                              "'%s' is exact, but %s, the common type of its operands, does not hold "
                              "every value of %s",
                              op_info[op].word, type_text(c, *t), type_text(c, v[i]->node->type));
    if (type_is_bool(*t) || t->code == CB_HANDLE)
        return expr_misfit(c, op, "conditions are not numbers; write select(c, 1, 0)", *t);
    return NULL;
}

static expr *integers(cb_context *c, cb_op op, uint32_t n, expr *const *v, const ir **a, cb_type *t)
{
    expr *f = common(c, op, n, v, a, t);
    if (f || type_is_integer(*t))
        return f;
    return expr_misfit(c, op, "it is for integers; convert with i32(round(...)) or i16_sat(...)", *t);
}

static expr *count(cb_context *c, cb_op op, const expr *v)
{
    if (type_is_integer(v->node->type))
        return NULL;
    return expr_misfit(c, op, "a shift count is an integer", v->node->type);
}

/* ---- twice the width ------------------------------------------------------------------------- */

static expr *no_wider(cb_context *c, cb_op op, cb_type t)
{
    return expr_fault(c, DIAG_TYPE_MISFIT,
                      "saturating_add, halving_add and mul_shift_right are exact without a wider type",
                      "'%s' needs a type twice as wide as %s, and there is none", op_info[op].word,
                      type_text(c, t));
}

static cb_type doubled(cb_type t)
{
    if (t.code == CB_BFLOAT)
        return T_F32;
    t.bits = (uint8_t)(2 * t.bits);
    return t;
}

static expr *wide_shift(cb_context *c, cb_op op, expr *const *v)
{
    const ir *a;
    cb_type t;
    expr *f = integers(c, op, 1, v, &a, &t);
    if (!f)
        f = count(c, op, v[1]);
    if (f)
        return f;
    if (t.bits == 64)
        return no_wider(c, op, t);
    a = ir_cast(c, doubled(t), a);
    return expr_new(c, ir_bin(c, op == CB_OP_WIDE_SHL ? IR_SHL : IR_SHR, a, v[1]->node));
}

/* Signed when an operand is, or a difference; each operand keeps its value. */
static expr *widening(cb_context *c, cb_op op, expr *const *v)
{
    const ir *a[2];
    cb_type t;
    expr *f = expr_promote(c, op, 2, v, a, &t);
    if (f)
        return f;
    if (type_is_bool(t) || t.code == CB_HANDLE)
        return expr_misfit(c, op, "conditions are not numbers; write select(c, 1, 0)", t);
    if (t.bits == 64)
        return no_wider(c, op, t);
    cb_type wide = doubled(t);
    if (type_is_integer(t) && op == CB_OP_WIDE_SUB)
        wide.code = CB_INT;
    for (int i = 0; i < 2; i++)
        a[i] = ir_cast(c, wide, v[i]->lit || !type_is_integer(t) ? a[i] : v[i]->node);
    ir_op o = op == CB_OP_WIDE_ADD ? IR_ADD : op == CB_OP_WIDE_SUB ? IR_SUB : IR_MUL;
    return expr_new(c, ir_bin(c, o, a[0], a[1]));
}

/* ---- in the width itself --------------------------------------------------------------------- */

static ir_op ir_op_of(cb_op op)
{
    static const struct {
        cb_op op;
        ir_op ir;
    } same[] = {
        {CB_OP_SAT_ADD, IR_SAT_ADD},   {CB_OP_SAT_SUB, IR_SAT_SUB},
        {CB_OP_HALF_ADD, IR_HALF_ADD}, {CB_OP_HALF_SUB, IR_HALF_SUB},
        {CB_OP_HALF_ADD_UP, IR_HALF_ADD_UP}, {CB_OP_ROUND_SHL, IR_ROUND_SHL},
        {CB_OP_ROUND_SHR, IR_ROUND_SHR}, {CB_OP_MUL_SHR, IR_MUL_SHR},
        {CB_OP_ROUND_MUL_SHR, IR_ROUND_MUL_SHR}, {CB_OP_POPCOUNT, IR_POPCOUNT},
        {CB_OP_CLZ, IR_CLZ}, {CB_OP_CTZ, IR_CTZ},
    };
    for (size_t i = 0; i < COUNT_OF(same); i++)
        if (same[i].op == op)
            return same[i].ir;
    return IR_POISON;
}

static expr *exact2(cb_context *c, cb_op op, expr *const *v)
{
    const ir *a[2];
    cb_type t;
    expr *f = integers(c, op, 2, v, a, &t);
    return f ? f : expr_new(c, ir_bin(c, ir_op_of(op), a[0], a[1]));
}

static expr *rounded_shift(cb_context *c, cb_op op, expr *const *v)
{
    const ir *a;
    cb_type t;
    expr *f = integers(c, op, 1, v, &a, &t);
    if (!f)
        f = count(c, op, v[1]);
    return f ? f : expr_new(c, ir_bin(c, ir_op_of(op), a, v[1]->node));
}

static expr *shifted_product(cb_context *c, cb_op op, expr *const *v)
{
    const ir *a[2];
    cb_type t;
    expr *f = integers(c, op, 2, v, a, &t);
    if (!f)
        f = count(c, op, v[2]);
    return f ? f : expr_new(c, ir_tri(c, ir_op_of(op), a[0], a[1], v[2]->node));
}

static expr *distance(cb_context *c, cb_op op, expr *const *v)
{
    const ir *a[2];
    cb_type t;
    expr *f = common(c, op, 2, v, a, &t);
    return f ? f : expr_new(c, ir_bin(c, IR_ABSD, a[0], a[1]));
}

/* ---- bits ------------------------------------------------------------------------------------ */

static expr *bit_count(cb_context *c, cb_op op, expr *v)
{
    if (!type_is_integer(v->node->type))
        return expr_misfit(c, op, "bits are those of integers; see reinterpret", v->node->type);
    return expr_new(c, ir_un(c, ir_op_of(op), v->node));
}

/* The first operand is lowest. */
static expr *concatenated(cb_context *c, cb_op op, uint32_t n, expr *const *v)
{
    const ir *a[16], *r = NULL;
    cb_type t;
    expr *f = integers(c, op, n, v, a, &t);
    if (f)
        return f;
    for (uint32_t i = 0; i < n; i++)
        if (!v[i]->lit && v[i]->node->type.bits != t.bits)
            return expr_misfit(c, op, "convert them to one width first", v[i]->node->type);
    cb_type wide = {CB_UINT, (uint8_t)(n * t.bits), 1}, own = {CB_UINT, t.bits, 1};
    if ((n != 2 && n != 4 && n != 8) || n * t.bits > 64)
        return expr_fault(c, DIAG_OPERAND_COUNT,
                          "two, four or eight integers of one width, at most 64 bits in all",
                          "'%s' cannot make one integer of %u operands of type %s", op_info[op].word,
                          n, type_text(c, t));
    for (uint32_t i = 0; i < n; i++) {
        const ir *x = ir_cast(c, wide, ir_cast(c, own, a[i]));
        x = i ? ir_bin(c, IR_SHL, x, ir_int(c, wide, i * t.bits)) : x;
        r = r ? ir_bin(c, IR_BIT_OR, r, x) : x;
    }
    return expr_new(c, r);
}

/* ---- choices and mixtures -------------------------------------------------------------------- */

/* (index, v0, v1, ..., v): the last for every other index. */
static expr *mux(cb_context *c, cb_op op, uint32_t n, expr *const *v)
{
    const ir *a[16], *at = v[0]->node;
    cb_type t;
    if (!type_is_integer(at->type))
        return expr_misfit(c, op, "the index is an integer; a condition chooses with select", at->type);
    expr *f = expr_promote(c, op, n - 1, v + 1, a, &t);
    if (f)
        return f;
    const ir *r = a[n - 2];
    for (uint32_t i = n - 2; i-- > 0;)
        r = ir_select(c, ir_eq(c, at, ir_int(c, at->type, i)), a[i], r);
    return expr_new(c, r);
}

/* One value for each of the places that an update writes. */
static expr *places(cb_context *c, cb_op op, uint32_t n, expr *const *v)
{
    const ir *a[16];
    cb_type t;
    expr *f = expr_promote(c, op, n, v, a, &t);
    return f ? f : expr_new(c, ir_places(c, a, n));
}

static const ir *mixed_integers(cb_context *c, cb_type t, const ir *a, const ir *b, const ir *w)
{
    unsigned need = t.bits + w->type.bits;
    cb_type wide = {t.code, need <= 16 ? 16 : need <= 32 ? 32 : 64, 1};
    const ir *most = ir_int(c, wide, type_max(w->type)), *half = ir_int(c, wide, type_max(w->type) / 2);
    const ir *u = ir_cast(c, wide, w), *sum;
    sum = ir_mul(c, ir_cast(c, wide, a), ir_sub(c, most, u));
    sum = ir_add(c, sum, ir_mul(c, ir_cast(c, wide, b), u));
    sum = ir_cast(c, t, ir_div(c, ir_add(c, sum, half), most));
    return ir_promise(c, sum, ir_bin(c, IR_MIN, a, b), ir_bin(c, IR_MAX, a, b));
}

static const ir *mixed_floats(cb_context *c, cb_type t, const ir *a, const ir *b, const ir *w)
{
    cb_type wt = w->type, f = t;
    bool is_double = t.bits >= 32 && type_is_integer(t);
    if (type_is_integer(t) || t.bits == 16)
        f = is_double || (type_is_float(wt) && wt.bits == 64) ? T_F64 : T_F32;
    const ir *x = ir_cast(c, f, w);
    if (type_is_integer(wt))
        x = ir_div(c, x, ir_const(c, f, (double)type_max(wt)));
    x = ir_add(c, ir_mul(c, ir_cast(c, f, a), ir_sub(c, ir_float(c, f, 1), x)),
               ir_mul(c, ir_cast(c, f, b), x));
    return ir_cast(c, t, type_is_integer(t) ? ir_un(c, IR_ROUND, x) : x);
}

static expr *mixture(cb_context *c, cb_op op, expr *const *v)
{
    const ir *a[2], *w = v[2]->node;
    cb_type t;
    expr *f = common(c, op, 2, v, a, &t);
    if (f)
        return f;
    if (type_is_integer(t) && t.bits == 64)
        return no_wider(c, op, t);
    bool ok = v[2]->lit ? v[2]->lit == LIT_FLOAT
                        : type_is_float(w->type) || (type_is_uint(w->type) && w->type.bits > 1 && w->type.bits < 64);
    if (!ok)
        return expr_fault(c, DIAG_TYPE_MISFIT,
                          "a weight is a float from 0 to 1, or u8, u16 or u32, whose largest value means 1",
                          "the weight of 'lerp' is %s%s", v[2]->lit ? "a literal of type " : "",
                          type_text(c, w->type));
    bool whole = type_is_integer(t) && type_is_uint(w->type);
    return expr_new(c, whole ? mixed_integers(c, t, a[0], a[1], w) : mixed_floats(c, t, a[0], a[1], w));
}

/* ---- powers and floats ----------------------------------------------------------------------- */

enum { LARGEST_POWER = 1024 };

static expr *power(cb_context *c, cb_op op, expr *const *v)
{
    const ir *x, *r = NULL;
    cb_type t;
    expr *f = common(c, op, 1, v, &x, &t);
    if (f)
        return f;
    int64_t n = 0;
    if (!ir_as_int(v[1]->node, &n) || n > LARGEST_POWER || n < -LARGEST_POWER)
        return expr_fault(c, DIAG_TYPE_MISFIT, "pow takes any exponent",
                          "the exponent of 'ipow' is a whole number from -%d to %d, known now",
                          LARGEST_POWER, LARGEST_POWER);
    if (n < 0 && !type_is_float(t))
        return expr_misfit(c, op, "a negative power is a fraction; convert to f32 first", t);
    for (int64_t k = n < 0 ? -n : n; k; k >>= 1) {
        if (k & 1)
            r = r ? ir_mul(c, r, x) : x;
        x = k > 1 ? ir_mul(c, x, x) : x;
    }
    const ir *one = ir_const(c, t, 1);
    return expr_new(c, !r ? one : n < 0 ? ir_div(c, one, r) : r);
}

static expr *of_float(cb_context *c, cb_op op, expr *v)
{
    cb_type t = v->node->type;
    if (!type_is_float(t))
        return expr_misfit(c, op, "it is for floats; convert with f32(...)", t);
    const ir *x = v->node, *inf = ir_float(c, t, INFINITY);
    if (op == CB_OP_FRACT)
        return expr_new(c, ir_sub(c, x, ir_un(c, IR_TRUNC, x)));
    x = ir_un(c, IR_ABS, x);
    return expr_new(c, op == CB_OP_IS_INF ? ir_eq(c, x, inf) : ir_lt(c, x, inf));
}

static expr *fused(cb_context *c, cb_op op, expr *const *v)
{
    const ir *a[3];
    cb_type t;
    expr *f = expr_promote(c, op, 3, v, a, &t);
    if (f)
        return f;
    if (!type_is_float(t))
        return expr_misfit(c, op, "it is for floats; integers need no single rounding: x*y + z", t);
    return expr_new(c, ir_tri(c, IR_FMA, a[0], a[1], a[2]));
}

expr *expr_fixed(cb_context *c, cb_op op, uint32_t n, expr *const *v)
{
    switch ((int)op) {
    case CB_OP_WIDE_ADD: case CB_OP_WIDE_SUB: case CB_OP_WIDE_MUL: return widening(c, op, v);
    case CB_OP_WIDE_SHL: case CB_OP_WIDE_SHR: return wide_shift(c, op, v);
    case CB_OP_ROUND_SHL: case CB_OP_ROUND_SHR: return rounded_shift(c, op, v);
    case CB_OP_MUL_SHR: case CB_OP_ROUND_MUL_SHR: return shifted_product(c, op, v);
    case CB_OP_ABSD: return distance(c, op, v);
    case CB_OP_LERP: return mixture(c, op, v);
    case CB_OP_POPCOUNT: case CB_OP_CLZ: case CB_OP_CTZ: return bit_count(c, op, v[0]);
    case CB_OP_CONCAT_BITS: return concatenated(c, op, n, v);
    case CB_OP_MUX: return mux(c, op, n, v);
    case CB_OP_SCATTER: case CB_OP_GATHER: return places(c, op, n, v);
    case CB_OP_IPOW: return power(c, op, v);
    case CB_OP_FMA: return fused(c, op, v);
    case CB_OP_FRACT: case CB_OP_IS_INF: case CB_OP_IS_FINITE: return of_float(c, op, v[0]);
    default: return exact2(c, op, v);
    }
}
