/* dsl/expr.c: values: literals, promotion and every operation.
 *
 * A literal has no type of its own until it meets an operand that has one:
 *
 *     u8 value:  in + 1        1 is u8                  in + 300     fault: 300 does not fit u8
 *     i32 value: x * 0.5       both become f32          x < 1 << 4   two literals alone are i32
 *
 * Nothing is reported here: what is wrong comes back as a poison value with a fault (front.h).
 */
#include "front.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

const struct op_info op_info[CB_OP_COUNT] = {
#define CB_X(id, word, least, most, brief) {#word, brief, least, most},
    CB_OPS(CB_X)
#undef CB_X
};

/* How an equation writes the operation, for messages. */
static const char *op_sign(cb_op op)
{
    static const struct {
        cb_op op;
        const char *sign;
    } infix[] = {
        {CB_OP_ADD, "+"},    {CB_OP_SUB, "-"},     {CB_OP_MUL, "*"},     {CB_OP_DIV, "/"},
        {CB_OP_MOD, "%"},    {CB_OP_NEG, "-"},     {CB_OP_EQ, "=="},     {CB_OP_NE, "!="},
        {CB_OP_LT, "<"},     {CB_OP_LE, "<="},     {CB_OP_GT, ">"},      {CB_OP_GE, ">="},
        {CB_OP_BOTH, "&&"},  {CB_OP_EITHER, "||"}, {CB_OP_NEGATE, "!"},  {CB_OP_BIT_AND, "&"},
        {CB_OP_BIT_OR, "|"}, {CB_OP_BIT_XOR, "^"}, {CB_OP_BIT_NOT, "~"}, {CB_OP_SHL, "<<"},
        {CB_OP_SHR, ">>"},
    };
    for (size_t i = 0; i < COUNT_OF(infix); i++)
        if (infix[i].op == op)
            return infix[i].sign;
    return op_info[op].word;
}

static const char *type_text(cb_context *c, cb_type t)
{
    char b[16];
    return ctx_string(c, type_name(t, b));
}

/* ---- making ---------------------------------------------------------------------------------- */

expr *expr_new(cb_context *c, const ir *node)
{
    expr *e = NEW(c->a, expr);
    e->ctx = c;
    e->node = node;
    e->nvalues = 1;
    return e;
}

expr *expr_fault(cb_context *c, diag_code code, const char *help, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fault *f = NEW(c->a, fault);
    f->code = code;
    f->text = arena_vprintf(c->a, fmt, ap);
    f->help = help;
    va_end(ap);
    expr *e = expr_new(c, ir_poison(c, f->text));
    e->fault = f;
    return e;
}

expr *expr_literal_int(cb_context *c, int64_t v, bool big)
{
    cb_type t = big ? T_U64 : type_can_hold(T_I32, v) ? T_I32 : T_I64;
    expr *e = expr_new(c, ir_int(c, t, v));
    e->lit = big ? LIT_BIG : LIT_INT;
    e->value.i = v;
    return e;
}

expr *expr_literal_float(cb_context *c, double v)
{
    expr *e = expr_new(c, ir_float(c, T_F32, v));
    e->lit = LIT_FLOAT;
    e->value.f = v;
    return e;
}

static double lit_double(const expr *e)
{
    return e->lit == LIT_FLOAT ? e->value.f
           : e->lit == LIT_BIG ? (double)(uint64_t)e->value.i
                               : (double)e->value.i;
}

/* Is the integer literal exactly the double d? */
static bool lit_equals(const expr *e, double d)
{
    if (e->lit == LIT_BIG)
        return d < 18446744073709551616.0 && (uint64_t)d == (uint64_t)e->value.i;
    return d >= -9223372036854775808.0 && d < 9223372036854775808.0 && (int64_t)d == e->value.i;
}

const ir *expr_fit(cb_context *c, const expr *e, cb_type t)
{
    if (type_is_float(t)) {
        double d = lit_double(e), r = value_round(t, d);
        bool fits = e->lit == LIT_FLOAT ? isinf(d) || !isinf(r) : !isinf(r) && lit_equals(e, r);
        return fits ? ir_float(c, t, d) : NULL;
    }
    switch (e->lit) {
    case LIT_INT:
        if (type_is_bool(t))
            return e->value.i == 0 || e->value.i == 1 ? ir_int(c, t, e->value.i) : NULL;
        if (t.code > CB_UINT || (type_is_uint(t) && e->value.i < 0) ||
            !type_can_hold(t, e->value.i))
            return NULL;
        return ir_int(c, t, e->value.i);
    case LIT_BIG: return type_eq(t, T_U64) ? ir_int(c, t, e->value.i) : NULL;
    case LIT_FLOAT:
    case LIT_NONE: break;
    }
    return NULL;
}

static const char *lit_text(cb_context *c, const expr *e)
{
    switch (e->lit) {
    case LIT_FLOAT: return arena_printf(c->a, "%.9g", e->value.f);
    case LIT_BIG: return arena_printf(c->a, "%llu", (unsigned long long)e->value.i);
    case LIT_INT:
    case LIT_NONE: break;
    }
    return arena_printf(c->a, "%lld", (long long)e->value.i);
}

static expr *does_not_fit(cb_context *c, const expr *lit, cb_type t, const char *where)
{
    const char *tt = type_text(c, t);
    const char *help =
        lit->lit == LIT_FLOAT && !type_is_float(t)
            ? arena_printf(c->a, "convert it with %s(...)", tt)
            : "a literal takes the type of the other operand; convert that to a wider type first, "
              "for example i32(...)";
    return expr_fault(c, DIAG_LITERAL_RANGE, help, "%s does not fit the type %s of %s",
                      lit_text(c, lit), tt, where);
}

static expr *misfit(cb_context *c, cb_op op, const char *help, cb_type a)
{
    return expr_fault(c, DIAG_TYPE_MISFIT, help, "'%s' cannot be applied to %s", op_sign(op),
                      type_text(c, a));
}

/* ---- promotion ------------------------------------------------------------------------------- */

/* The first operand that is itself wrong, or has several values; NULL: all are single values. */
static expr *operand_fault(cb_context *c, uint32_t n, expr *const *v)
{
    for (uint32_t i = 0; i < n; i++) {
        if (v[i]->fault)
            return v[i];
        if (v[i]->nvalues > 1)
            return expr_several(c, v[i]);
    }
    return NULL;
}

/* The common type of literals that stand alone. */
static bool literal_type(uint32_t n, expr *const *v, uint32_t step, cb_type *t)
{
    bool real = false, big = false, wide = false, negative = false;
    for (uint32_t i = 0; i < n; i += step) {
        real |= v[i]->lit == LIT_FLOAT;
        big |= v[i]->lit == LIT_BIG;
        wide |= v[i]->lit == LIT_INT && !type_can_hold(T_I32, v[i]->value.i);
        negative |= v[i]->lit == LIT_INT && v[i]->value.i < 0;
    }
    *t = real ? T_F32 : big ? T_U64 : wide ? T_I64 : T_I32;
    return real || !(big && negative);
}

/* Converts v[0], v[step], ... to their common type. A fault, or NULL and the nodes in out. */
static expr *promote(cb_context *c, cb_op op, uint32_t n, expr *const *v, const ir **out,
                     cb_type *type)
{
    bool typed = false, real = false;
    cb_type t = T_I32;
    for (uint32_t i = 0; i < n; i++) {
        real |= v[i]->lit == LIT_FLOAT;
        if (v[i]->lit)
            continue;
        cb_type u = v[i]->node->type, both;
        if (typed && (type_is_bool(t) != type_is_bool(u) || !type_promote(t, u, &both)))
            return expr_fault(
                c, DIAG_TYPE_MISFIT,
                "convert one of them, or choose numbers by a condition with select(c, 1, 0)",
                "'%s' is given %s and %s, which have no common type", op_sign(op), type_text(c, t),
                type_text(c, u));
        t = typed ? both : u;
        typed = true;
    }
    if (!typed && !literal_type(n, v, 1, &t))
        return expr_fault(c, DIAG_LITERAL_RANGE, "convert one of them",
                          "no integer type holds both literals of '%s'", op_sign(op));
    if (typed && real && type_is_integer(t))
        t = T_F32;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = v[i]->lit ? expr_fit(c, v[i], t) : ir_cast(c, t, v[i]->node);
        if (!out[i])
            return does_not_fit(c, v[i], t, arena_printf(c->a, "'%s'", op_sign(op)));
    }
    *type = t;
    return NULL;
}

/* ---- operations ------------------------------------------------------------------------------ */

static ir_op ir_op_of(cb_op op)
{
    switch (op) {
    case CB_OP_ADD: return IR_ADD;
    case CB_OP_SUB: return IR_SUB;
    case CB_OP_MUL: return IR_MUL;
    case CB_OP_DIV: return IR_DIV;
    case CB_OP_MOD: return IR_MOD;
    case CB_OP_DIV_TZ: return IR_DIV_TZ;
    case CB_OP_MOD_TZ: return IR_MOD_TZ;
    case CB_OP_MIN: return IR_MIN;
    case CB_OP_MAX: return IR_MAX;
    case CB_OP_ABS: return IR_ABS;
    case CB_OP_EQ: return IR_EQ;
    case CB_OP_NE: return IR_NE;
    case CB_OP_LT:
    case CB_OP_GT: return IR_LT;
    case CB_OP_LE:
    case CB_OP_GE: return IR_LE;
    case CB_OP_BOTH: return IR_AND;
    case CB_OP_EITHER: return IR_OR;
    case CB_OP_NEGATE: return IR_NOT;
    case CB_OP_BIT_AND: return IR_BIT_AND;
    case CB_OP_BIT_OR: return IR_BIT_OR;
    case CB_OP_BIT_XOR: return IR_BIT_XOR;
    case CB_OP_BIT_NOT: return IR_BIT_NOT;
    case CB_OP_SHL: return IR_SHL;
    case CB_OP_SHR: return IR_SHR;
    case CB_OP_SQRT: return IR_SQRT;
    case CB_OP_EXP: return IR_EXP;
    case CB_OP_LOG: return IR_LOG;
    case CB_OP_SIN: return IR_SIN;
    case CB_OP_COS: return IR_COS;
    case CB_OP_TAN: return IR_TAN;
    case CB_OP_ASIN: return IR_ASIN;
    case CB_OP_ACOS: return IR_ACOS;
    case CB_OP_ATAN: return IR_ATAN;
    case CB_OP_SINH: return IR_SINH;
    case CB_OP_COSH: return IR_COSH;
    case CB_OP_TANH: return IR_TANH;
    case CB_OP_FLOOR: return IR_FLOOR;
    case CB_OP_CEIL: return IR_CEIL;
    case CB_OP_ROUND: return IR_ROUND;
    case CB_OP_TRUNC: return IR_TRUNC;
    case CB_OP_POW: return IR_POW;
    case CB_OP_ATAN2: return IR_ATAN2;
    case CB_OP_HYPOT: return IR_HYPOT;
    case CB_OP_ERF: return IR_ERF;
    case CB_OP_EXP2: return IR_EXP2;
    case CB_OP_EXPM1: return IR_EXPM1;
    case CB_OP_LOG2: return IR_LOG2;
    case CB_OP_LOG10: return IR_LOG10;
    case CB_OP_LOG1P: return IR_LOG1P;
    case CB_OP_ASINH: return IR_ASINH;
    case CB_OP_ACOSH: return IR_ACOSH;
    case CB_OP_ATANH: return IR_ATANH;
    case CB_OP_FAST_EXP: return IR_FAST_EXP;
    case CB_OP_FAST_LOG: return IR_FAST_LOG;
    case CB_OP_FAST_SIN: return IR_FAST_SIN;
    case CB_OP_FAST_COS: return IR_FAST_COS;
    case CB_OP_FAST_INVERSE: return IR_FAST_INVERSE;
    case CB_OP_FAST_INVERSE_SQRT: return IR_FAST_INVERSE_SQRT;
    case CB_OP_FAST_POW: return IR_FAST_POW;
    case CB_OP_IS_NAN: return IR_IS_NAN;
    case CB_OP_LIKELY: return IR_LIKELY;
    case CB_OP_CLAMP:
    case CB_OP_NEG:
    case CB_OP_SELECT:
    CB_FIXED_CASES:
    case CB_OP_STRICT:
    case CB_OP_COUNT: break;
    }
    return IR_POISON;
}

static const char need_number[] = "conditions are not numbers; write select(c, 1, 0)";
static const char need_bool[] = "write a comparison, for example x != 0";

static expr *fold(cb_context *c, cb_op op, uint32_t n, const ir *const *a)
{
    const ir *r = a[0];
    for (uint32_t i = 1; i < n; i++)
        r = ir_bin(c, ir_op_of(op), r, a[i]);
    return expr_new(c, r);
}

static expr *arithmetic(cb_context *c, cb_op op, uint32_t n, expr *const *v)
{
    const ir *a[16];
    cb_type t;
    expr *f = promote(c, op, n, v, a, &t);
    if (f)
        return f;
    if (type_is_bool(t) || t.code == CB_HANDLE)
        return misfit(c, op, need_number, t);
    if ((op == CB_OP_DIV_TZ || op == CB_OP_MOD_TZ) && !type_is_integer(t))
        return misfit(c, op, "it is for integers; use / or %", t);
    if (op == CB_OP_CLAMP)
        return expr_new(c, ir_max(c, ir_min(c, a[0], a[2]), a[1]));
    return fold(c, op, n, a);
}

static expr *sign(cb_context *c, cb_op op, expr *e)
{
    bool neg = op == CB_OP_NEG;
    if (e->lit == LIT_FLOAT)
        return expr_literal_float(c, neg ? -e->value.f : fabs(e->value.f));
    if (e->lit == LIT_BIG && neg && e->value.i != INT64_MIN)
        return expr_fault(c, DIAG_LITERAL_RANGE, "the smallest integer is -9223372036854775808",
                          "-%llu does not fit any type", (unsigned long long)e->value.i);
    if (e->lit == LIT_BIG)
        return neg ? expr_literal_int(c, INT64_MIN, false) : e;
    if (e->lit == LIT_INT) {
        if (!neg && e->value.i >= 0)
            return e;
        return e->value.i == INT64_MIN ? expr_literal_int(c, INT64_MIN, true)
                                       : expr_literal_int(c, -e->value.i, false);
    }
    cb_type t = e->node->type;
    if (type_is_bool(t) || t.code == CB_HANDLE)
        return misfit(c, op, need_number, t);
    if (!neg)
        return type_is_uint(t) ? e : expr_new(c, ir_un(c, IR_ABS, e->node));
    return expr_new(c,
                    ir_sub(c, type_is_float(t) ? ir_float(c, t, -0.0) : ir_int(c, t, 0), e->node));
}

static expr *comparison(cb_context *c, cb_op op, expr *const *v)
{
    const ir *a[2];
    cb_type t;
    expr *f = promote(c, op, 2, v, a, &t);
    if (f)
        return f;
    if (type_is_bool(t) && op != CB_OP_EQ && op != CB_OP_NE)
        return misfit(c, op, need_number, t);
    bool swap = op == CB_OP_GT || op == CB_OP_GE;
    return expr_new(c, ir_bin(c, ir_op_of(op), a[swap], a[!swap]));
}

static expr *condition(cb_context *c, cb_op op, expr *e, const ir **out)
{
    if (e->lit && (e->lit != LIT_INT || (e->value.i != 0 && e->value.i != 1)))
        return misfit(c, op, need_bool, e->node->type);
    if (!e->lit && !type_is_bool(e->node->type))
        return misfit(c, op, need_bool, e->node->type);
    *out = e->lit ? ir_bool(c, e->value.i != 0) : e->node;
    return NULL;
}

static expr *logic(cb_context *c, cb_op op, uint32_t n, expr *const *v)
{
    const ir *a[16];
    for (uint32_t i = 0; i < n; i++) {
        expr *f = condition(c, op, v[i], &a[i]);
        if (f)
            return f;
    }
    return op == CB_OP_NEGATE ? expr_new(c, ir_not(c, a[0])) : fold(c, op, n, a);
}

/* (c1, a1, c2, a2, ..., b) */
static expr *choice(cb_context *c, uint32_t n, expr *const *v)
{
    if (n % 2 == 0)
        return expr_fault(c, DIAG_OPERAND_COUNT,
                          "select(c, a, b), or select(c1, a1, c2, a2, ..., b)",
                          "select takes an odd number of operands, not %u", n);
    const ir *cond[8], *value[8];
    expr *pick[8];
    uint32_t k = n / 2;
    for (uint32_t i = 0; i < k; i++) {
        expr *f = condition(c, CB_OP_SELECT, v[2 * i], &cond[i]);
        if (f)
            return f;
        pick[i] = v[2 * i + 1];
    }
    pick[k] = v[n - 1];
    cb_type t;
    expr *f = promote(c, CB_OP_SELECT, k + 1, pick, value, &t);
    if (f)
        return f;
    const ir *r = value[k];
    for (uint32_t i = k; i-- > 0;)
        r = ir_select(c, cond[i], value[i], r);
    return expr_new(c, r);
}

/* The same choice among several values at once. NULL: they are single ones. */
static expr *choice_of_tuples(cb_context *c, uint32_t n, expr *const *v)
{
    uint32_t count = 0;
    expr *part[CB_MAX_VALUES], *one[16];
    for (uint32_t i = 0; i < n; i++) {
        bool value = i % 2 || i + 1 == n;
        if (v[i]->fault)
            return v[i];
        if (value && count && v[i]->nvalues != count)
            return expr_fault(c, DIAG_VALUE_COUNT, "all choices have the same number of values",
                              "select is given %u values and %u", count, v[i]->nvalues);
        if (value)
            count = v[i]->nvalues;
    }
    if (n % 2 == 0 || count < 2)
        return NULL;
    for (uint32_t k = 0; k < count; k++) {
        for (uint32_t i = 0; i < n; i++) {
            bool value = i % 2 || i + 1 == n;
            if (!value && v[i]->nvalues > 1)
                return expr_several(c, v[i]);
            one[i] = value ? expr_pick(c, v[i], k) : v[i];
        }
        part[k] = choice(c, n, one);
    }
    return expr_tuple(c, count, part);
}

static expr *bits(cb_context *c, cb_op op, uint32_t n, expr *const *v)
{
    const ir *a[16];
    cb_type t;
    expr *f = promote(c, op, n, v, a, &t);
    if (f)
        return f;
    if (t.code > CB_UINT)
        return misfit(c, op,
                      "bits are those of integers; see reinterpret and the integer conversions", t);
    return op == CB_OP_BIT_NOT ? expr_new(c, ir_un(c, IR_BIT_NOT, a[0])) : fold(c, op, n, a);
}

static expr *shift(cb_context *c, cb_op op, expr *const *v)
{
    for (int i = 0; i < 2; i++)
        if (!type_is_integer(v[i]->node->type))
            return misfit(c, op, "both operands of a shift are integers", v[i]->node->type);
    return expr_new(c, ir_bin(c, ir_op_of(op), v[0]->node, v[1]->node));
}

static expr *math(cb_context *c, cb_op op, uint32_t n, expr *const *v)
{
    const ir *a[2];
    cb_type t;
    expr *f = promote(c, op, n, v, a, &t);
    if (f)
        return f;
    if (type_is_bool(t) || t.code == CB_HANDLE)
        return misfit(c, op, need_number, t);
    for (uint32_t i = 0; i < n && !type_is_float(t); i++) {
        a[i] = v[i]->lit ? expr_fit(c, v[i], T_F32) : ir_cast(c, T_F32, v[i]->node);
        if (!a[i])
            return does_not_fit(c, v[i], T_F32, arena_printf(c->a, "'%s'", op_sign(op)));
    }
    return expr_new(c, n == 1 ? ir_un(c, ir_op_of(op), a[0]) : ir_bin(c, ir_op_of(op), a[0], a[1]));
}

static bool is_float_operation(const ir *n)
{
    bool works = n->nargs && n->op != IR_CALL;
    return works && (type_is_float(n->type) || type_is_float(n->arg[n->nargs - 1]->type));
}

/* Without an operation on floats in it, strict would say nothing: most likely it was meant to
 * reach into the definition of what is read. */
static expr *strictly(cb_context *c, expr *e)
{
    bool constant = e->node->op == IR_FLOAT; /* of constants: done already, each rounded once */
    if (constant || ir_any(c, e->node, is_float_operation))
        return expr_new(c, ir_strict(c, e->node));
    bool is_func = e->node->op == IR_CALL && ir_symbol_of(c, e->node->u.ref.sym)->kind == SYM_FUNC;
    if (is_func && type_is_float(e->node->type)) {
        const char *f = ir_sym_name(c, e->node->u.ref.sym);
        return expr_fault(c, DIAG_STRICT_NOTHING,
                          arena_printf(c->a, "write strict around the operations in the definition of '%s'", f),
                          "strict does not reach into '%s': an element of it is a value, not an operation", f);
    }
    return expr_fault(c, DIAG_STRICT_NOTHING, "leave strict out: everything else is exact already",
                      "there is no operation on floats for strict in here");
}

expr *expr_promote(cb_context *c, cb_op op, uint32_t n, expr *const *v, const ir **out, cb_type *t)
{
    return promote(c, op, n, v, out, t);
}

expr *expr_misfit(cb_context *c, cb_op op, const char *help, cb_type t)
{
    return misfit(c, op, help, t);
}

expr *expr_op(cb_context *c, cb_op op, uint32_t n, expr *const *v)
{
    if ((unsigned)op >= CB_OP_COUNT)
        return expr_fault(c, DIAG_OPERAND_COUNT, "operations are listed in carbide.h",
                          "there is no operation %d", (int)op);
    const struct op_info *o = &op_info[op];
    if (n < o->least || n > o->most) {
        const char *many =
            o->least == o->most
                ? arena_printf(c->a, "%u operand%s", o->least, o->least == 1 ? "" : "s")
                : arena_printf(c->a, "%u to %u operands", o->least, o->most);
        return expr_fault(c, DIAG_OPERAND_COUNT, arena_printf(c->a, "%s: %s", o->word, o->brief),
                          "'%s' takes %s, not %u", op_sign(op), many, n);
    }
    expr *bad = op == CB_OP_SELECT ? choice_of_tuples(c, n, v) : NULL;
    if (!bad)
        bad = operand_fault(c, n, v);
    if (bad)
        return bad;
    switch (op) {
    case CB_OP_ADD:
    case CB_OP_SUB:
    case CB_OP_MUL:
    case CB_OP_DIV:
    case CB_OP_MOD:
    case CB_OP_DIV_TZ:
    case CB_OP_MOD_TZ:
    case CB_OP_MIN:
    case CB_OP_MAX:
    case CB_OP_CLAMP: return arithmetic(c, op, n, v);
    case CB_OP_ABS:
    case CB_OP_NEG: return sign(c, op, v[0]);
    case CB_OP_EQ:
    case CB_OP_NE:
    case CB_OP_LT:
    case CB_OP_LE:
    case CB_OP_GT:
    case CB_OP_GE: return comparison(c, op, v);
    case CB_OP_BOTH:
    case CB_OP_EITHER:
    case CB_OP_NEGATE: return logic(c, op, n, v);
    case CB_OP_SELECT: return choice(c, n, v);
    case CB_OP_BIT_AND:
    case CB_OP_BIT_OR:
    case CB_OP_BIT_XOR:
    case CB_OP_BIT_NOT: return bits(c, op, n, v);
    case CB_OP_SHL:
    case CB_OP_SHR: return shift(c, op, v);
    case CB_OP_SQRT:
    case CB_OP_EXP:
    case CB_OP_LOG:
    case CB_OP_SIN:
    case CB_OP_COS:
    case CB_OP_TAN:
    case CB_OP_ASIN:
    case CB_OP_ACOS:
    case CB_OP_ATAN:
    case CB_OP_SINH:
    case CB_OP_COSH:
    case CB_OP_TANH:
    case CB_OP_FLOOR:
    case CB_OP_CEIL:
    case CB_OP_ROUND:
    case CB_OP_TRUNC:
    case CB_OP_POW:
    case CB_OP_ATAN2:
    case CB_OP_HYPOT:
    case CB_OP_ERF:
    case CB_OP_EXP2:
    case CB_OP_EXPM1:
    case CB_OP_LOG2:
    case CB_OP_LOG10:
    case CB_OP_LOG1P:
    case CB_OP_ASINH:
    case CB_OP_ACOSH:
    case CB_OP_ATANH:
    case CB_OP_FAST_EXP:
    case CB_OP_FAST_LOG:
    case CB_OP_FAST_SIN:
    case CB_OP_FAST_COS:
    case CB_OP_FAST_INVERSE:
    case CB_OP_FAST_INVERSE_SQRT:
    case CB_OP_FAST_POW: return math(c, op, n, v);
    CB_FIXED_CASES: return expr_fixed(c, op, n, v);
    case CB_OP_STRICT: return strictly(c, v[0]);
    case CB_OP_IS_NAN:
        if (!type_is_float(v[0]->node->type))
            return misfit(c, op, "only floating values can be NaN", v[0]->node->type);
        return expr_new(c, ir_un(c, IR_IS_NAN, v[0]->node));
    case CB_OP_LIKELY: return expr_new(c, ir_likely(c, v[0]->node));
    case CB_OP_COUNT: break;
    }
    return v[0];
}
