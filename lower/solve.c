/* lower/solve.c: for which values of a symbol a condition holds, and how an expression moves with
 * one.
 *
 *     3*x + 1 <= n && 0 <= x       gives   x in [0, (n - 1)/3]
 *     max(x, y) < m                gives   nothing (y < m cannot be told), unless y < m is known
 *
 * The interval found is sufficient: the condition holds everywhere inside it. It is exact for
 * linear comparisons and conjunctions of them; of a disjunction it is what one side allows. Hints
 * (likely) are looked through.
 */
#include "bounds_of.h"

typedef struct solver {
    cb_context *c;
    const facts *S;
    ir_sym s;
    int budget;
} solver;

/* An interval; NULL ends are unbounded. */
typedef struct span_of {
    const ir *lo, *hi;
} span_of;

static bool solve(solver *V, const ir *cond, span_of *out, int depth);

static const ir *both(solver *V, ir_op op, const ir *a, const ir *b)
{
    return !a ? b : !b ? a : simp_bin(V->S, op, a, b);
}

static span_of intersect(solver *V, span_of a, span_of b)
{
    return (span_of){both(V, IR_MAX, a.lo, b.lo), both(V, IR_MIN, a.hi, b.hi)};
}

/* floor(rest/c), c > 0. */
static const ir *floor_of(solver *V, const lin *rest, int64_t c)
{
    const ir *e = simp_lin(V->S, rest);
    if (!e || !type_can_hold(type_scalar(rest->type), c)) return NULL;
    return simp_bin(V->S, IR_DIV, e, ir_int(V->c, rest->type, c));
}

/* In the type of the symbol. What does not fit saturates, as no value of the symbol lies beyond. */
static const ir *narrow(solver *V, const ir *e)
{
    cb_type t = ir_symbol_of(V->c, V->s)->type;
    if (!e || type_eq(e->type, t)) return e;
    if (e->op != IR_CAST || !type_eq(e->arg[0]->type, t)) {
        e = simp_bin(V->S, IR_MIN, e, ir_int(V->c, e->type, type_max(t)));
        e = simp_bin(V->S, IR_MAX, e, ir_int(V->c, e->type, type_min(t)));
    }
    return simp_cast(V->S, t, e);
}

static bool nonneg(solver *V, const lin *D, span_of *out, int depth);

/* D with the atom replaced by e (an operand of it, in the same place). */
static bool replaced(solver *V, const lin *rest, const ir *e, int64_t coef, span_of *out, int depth)
{
    lin M = *rest;
    return lin_add(&M, e, coef) && nonneg(V, &M, out, depth - 1);
}

/* coef*op(a, b) + rest >= 0 where both operands must do, or one of them. */
static bool through_pair(solver *V, const lin *rest, const ir *a, const ir *b, int64_t coef,
                         bool all, span_of *out, int depth)
{
    span_of x, y;
    if (all) {
        if (!replaced(V, rest, a, coef, &x, depth) || !replaced(V, rest, b, coef, &y, depth))
            return false;
        *out = intersect(V, x, y);
        return true;
    }
    if (ir_uses(V->c, a, V->s) && replaced(V, rest, a, coef, out, depth)) return true;
    return ir_uses(V->c, b, V->s) && replaced(V, rest, b, coef, out, depth);
}

/* coef*floor(x/c) + rest >= 0, coef = 1 or -1:  x + c*rest >= 0,  c*rest + c - 1 - x >= 0. */
static bool through_quotient(solver *V, const lin *rest, const ir *x, int64_t c, int64_t coef,
                             span_of *out, int depth)
{
    lin M = *rest;
    if (!lin_scale(&M, c) || !lin_add(&M, x, coef) || (coef < 0 && !lin_add_const(&M, c - 1)))
        return false;
    return nonneg(V, &M, out, depth - 1);
}

static bool through_atom(solver *V, const lin *D, uint32_t i, span_of *out, int depth)
{
    const ir *a = D->t[i].atom;
    lin rest = *D;
    int64_t coef = lin_take(&rest, i), c;
    if (a->op == IR_MIN || a->op == IR_MAX)
        return through_pair(V, &rest, a->arg[0], a->arg[1], coef, (a->op == IR_MIN) == (coef > 0),
                            out, depth);
    if (a->op == IR_SELECT)
        return through_pair(V, &rest, a->arg[1], a->arg[2], coef, true, out, depth);
    if (a->op == IR_DIV && (coef == 1 || coef == -1) && ir_as_int(a->arg[1], &c) && c > 0)
        return through_quotient(V, &rest, a->arg[0], c, coef, out, depth);
    return false;
}

/* D >= 0. */
static bool nonneg(solver *V, const lin *D, span_of *out, int depth)
{
    *out = (span_of){NULL, NULL};
    if (depth <= 0 || V->budget-- <= 0) return false;
    uint32_t at = UINT32_MAX, others = 0, other = 0;
    for (uint32_t i = 0; i < D->n; i++) {
        const ir *a = D->t[i].atom;
        bool is_s = (a->op == IR_VAR && a->u.sym == V->s) ||
                    (a->op == IR_CAST && a->arg[0]->op == IR_VAR && a->arg[0]->u.sym == V->s);
        if (is_s)
            at = i;
        else if (ir_uses(V->c, a, V->s))
            other = i, others++;
    }
    if (others) return through_atom(V, D, other, out, depth);
    if (at == UINT32_MAX) { /* free of s: must be true anyway */
        lin M = *D;
        M.math = true;
        return prove_nonneg(V->S, &M, 60);
    }
    lin rest = *D;
    int64_t coef = lin_take(&rest, at);
    if (coef == INT64_MIN) return false;
    const ir *q = floor_of(V, &rest, coef < 0 ? -coef : coef);
    if (!q) return false;
    if (coef > 0)
        out->lo = narrow(V, simp_bin(V->S, IR_SUB, ir_int(V->c, q->type, 0), q));
    else
        out->hi = narrow(V, q);
    return true;
}

static bool solve_compare(solver *V, const ir *cond, span_of *out, int depth)
{
    lin D;
    span_of other;
    if (!type_no_overflow(cond->arg[0]->type) || !lin_diff(&D, cond->arg[1], cond->arg[0], false))
        return false;
    if (cond->op == IR_LT && !lin_add_const(&D, -1)) return false;
    if (!nonneg(V, &D, out, depth)) return false;
    if (cond->op != IR_EQ) return true;
    if (!lin_scale(&D, -1) || !nonneg(V, &D, &other, depth)) return false;
    *out = intersect(V, *out, other);
    return true;
}

static bool solve(solver *V, const ir *cond, span_of *out, int depth)
{
    span_of other;
    *out = (span_of){NULL, NULL};
    if (depth <= 0) return false;
    if (ir_is_true(cond)) return true;
    if (!ir_uses(V->c, cond, V->s)) return can_prove(V->c, cond, V->S);
    switch ((int)cond->op) {
    case IR_LE: case IR_LT: case IR_EQ: return solve_compare(V, cond, out, depth);
    case IR_AND:
        if (!solve(V, cond->arg[0], out, depth - 1) || !solve(V, cond->arg[1], &other, depth - 1))
            return false;
        *out = intersect(V, *out, other);
        return true;
    case IR_OR:
        if (!ir_uses(V->c, cond->arg[0], V->s) || !ir_uses(V->c, cond->arg[1], V->s)) return false;
        return solve(V, cond->arg[0], out, depth - 1) || solve(V, cond->arg[1], out, depth - 1);
    default: return false;
    }
}

bool solve_for(cb_context *c, const ir *cond, ir_sym s, const facts *f, const ir **lo,
               const ir **hi)
{
    solver V = {.c = c, .S = simp_facts(c, f), .s = s, .budget = 200};
    span_of r = {NULL, NULL};
    *lo = *hi = NULL;
    cond = simp(V.S, without_hints(c, cond));
    if (!ir_uses(c, cond, s) || !solve(&V, cond, &r, 40)) return false;
    *lo = r.lo;
    *hi = r.hi;
    return true;
}

/* ---- how an expression moves ----------------------------------------------------------------- */

typedef struct mover {
    cb_context *c;
    const facts *S;
    ir_sym s;
    map memo; /* expression -> monotone + 1 */
    int depth;
} mover;

static monotone flip(monotone m)
{
    return m == MONO_INCREASING ? MONO_DECREASING : m == MONO_DECREASING ? MONO_INCREASING : m;
}

static monotone join(monotone a, monotone b)
{
    if (a == MONO_CONSTANT) return b;
    if (b == MONO_CONSTANT || a == b) return a;
    return MONO_UNKNOWN;
}

static monotone mono(mover *M, const ir *e);

static bool known_sign(mover *M, const ir *e, int sign)
{
    lin L;
    const_range r = simp_range(M->S, e);
    if (sign > 0 ? r.has_lo && r.lo >= 0 : r.has_hi && r.hi <= 0) return true;
    lin_of(&L, e, true);
    return type_no_overflow(e->type) && lin_scale(&L, sign) && prove_nonneg(M->S, &L, 60);
}

static monotone mono_product(mover *M, const ir *e)
{
    monotone a = mono(M, e->arg[0]), b = mono(M, e->arg[1]);
    if (a != MONO_CONSTANT && b != MONO_CONSTANT) return MONO_UNKNOWN;
    monotone m = a == MONO_CONSTANT ? b : a;
    const ir *factor = e->arg[a == MONO_CONSTANT ? 0 : 1];
    if (m == MONO_CONSTANT || type_is_float(e->type)) return m == MONO_CONSTANT ? m : MONO_UNKNOWN;
    if (known_sign(M, factor, 1)) return m;
    return known_sign(M, factor, -1) ? flip(m) : MONO_UNKNOWN;
}

static monotone mono_quotient(mover *M, const ir *e)
{
    monotone a = mono(M, e->arg[0]), b = mono(M, e->arg[1]);
    if (a == MONO_CONSTANT && b == MONO_CONSTANT) return a;
    if (b != MONO_CONSTANT || !type_is_integer(e->type)) return MONO_UNKNOWN;
    if (known_sign(M, e->arg[1], 1)) return a; /* x/0 = 0: still monotone, as a constant */
    return known_sign(M, e->arg[1], -1) ? flip(a) : MONO_UNKNOWN;
}

/* min(x, y) and the like follow their operands; select(c, x, y) too when c does not move. */
static monotone mono_node(mover *M, const ir *e)
{
    bool exact = type_no_overflow(e->type) || type_is_float(e->type), constant = true;
    switch ((int)e->op) {
    case IR_VAR: return e->u.sym == M->s ? MONO_INCREASING : MONO_CONSTANT;
    case IR_ADD: if (exact) return join(mono(M, e->arg[0]), mono(M, e->arg[1])); break;
    case IR_SUB: if (exact) return join(mono(M, e->arg[0]), flip(mono(M, e->arg[1]))); break;
    case IR_MUL: if (exact) return mono_product(M, e); break;
    case IR_DIV: return mono_quotient(M, e);
    case IR_MIN:
    case IR_MAX:
    case IR_AND:
    case IR_OR: return join(mono(M, e->arg[0]), mono(M, e->arg[1]));
    case IR_LT: case IR_LE: return join(flip(mono(M, e->arg[0])), mono(M, e->arg[1]));
    case IR_NOT: return flip(mono(M, e->arg[0]));
    case IR_LIKELY: case IR_BROADCAST: case IR_PROMISE: return mono(M, e->arg[0]);
    case IR_RAMP: return exact ? join(mono(M, e->arg[0]), mono(M, e->arg[1])) : MONO_UNKNOWN;
    case IR_SELECT:
        if (mono(M, e->arg[0]) == MONO_CONSTANT)
            return join(mono(M, e->arg[1]), mono(M, e->arg[2]));
        return MONO_UNKNOWN;
    case IR_CAST:
        if (type_no_overflow(e->type) && type_is_integer(e->arg[0]->type) &&
            e->arg[0]->type.bits <= e->type.bits &&
            !(type_is_uint(e->arg[0]->type) && e->arg[0]->type.bits == e->type.bits))
            return mono(M, e->arg[0]);
        if (type_is_float(e->type) || (type_is_integer(e->type) && type_is_float(e->arg[0]->type)))
            return mono(M, e->arg[0]);
        break;
    case IR_LET: return mono(M, ir_substitute1(M->c, e->arg[1], e->u.sym, e->arg[0]));
    default: break;
    }
    for (uint32_t i = 0; i < e->nargs && constant; i++)
        constant = mono(M, e->arg[i]) == MONO_CONSTANT;
    return constant ? MONO_CONSTANT : MONO_UNKNOWN;
}

static monotone mono(mover *M, const ir *e)
{
    uint64_t v;
    if (e->nargs && map_get(&M->memo, (uint64_t)(uintptr_t)e, &v)) return (monotone)(v - 1);
    if (M->depth > 400) return MONO_UNKNOWN;
    M->depth++;
    monotone m = mono_node(M, e);
    M->depth--;
    if (e->nargs) map_put(M->c->a, &M->memo, (uint64_t)(uintptr_t)e, (uint64_t)m + 1);
    return m;
}

monotone monotone_in(cb_context *c, const ir *e, ir_sym s, const facts *f)
{
    mover M = {.c = c, .S = simp_facts(c, f), .s = s};
    return mono(&M, simp(M.S, e));
}
