/* lower/simplify.c: the simplifier's engine.
 *
 *     min(x + 1, x + 3) - x        1
 *     select(x <= 7, y, z)         y        under the fact 0 <= x <= 7
 *
 * An expression is rewritten from its leaves upward; every distinct node once, with the answers
 * kept as long as the facts are the same. A node whose operands are simple passes three stations:
 * the normal form of its operation (normal.c), the rules of simplify.rules, what facts decide. What
 * a station builds, it builds with the constructors below, so results need no second visit.
 */
#include "rules.h"
#include "simp.h"

enum { NEST_LIMIT = 300 };

/* ---- rules ----------------------------------------------------------------------------------- */

#define RULE_BIN(op, a, b) simp_bin(S, op, a, b)
#define RULE_UN(op, a) simp_un(S, op, a)
#define RULE_SELECT(a, b, d) simp_select(S, a, b, d)
#define RULE_CAST(t, a) simp_cast(S, t, a)
#define RULE_BROADCAST(a, n) simp_broadcast(S, a, (unsigned)(n))
#define RULE_RAMP(a, b, n) simp_ramp(S, a, b, (unsigned)(n))
#define RULE_NUMBER(t, v) ir_const(S->c, t, (double)(v))
#include "simplify_rules.inc"

/* ---- casts ----------------------------------------------------------------------------------- */

/* Is this term of an index: no memory, so that it costs little to widen it by itself? */
static bool is_index_atom(const ir *a)
{
    switch ((int)a->op) {
    case IR_VAR: case IR_FIELD: return true;
    case IR_MIN:
    case IR_MAX:
    case IR_DIV:
    case IR_MOD:
    case IR_MUL:
    case IR_RAMP:
    case IR_BROADCAST: break;
    default: return false;
    }
    if (a->depth > 12) return false;
    for (uint32_t i = 0; i < a->nargs; i++) {
        lin L;
        if (simp_is_number(a->arg[i])) continue;
        lin_of(&L, a->arg[i], false);
        if (L.n == 1 && L.t[0].atom == a->arg[i] && !is_index_atom(a->arg[i])) return false;
        for (uint32_t k = 0; k < L.n; k++)
            if (L.t[k].atom != a->arg[i] && !is_index_atom(L.t[k].atom)) return false;
    }
    return true;
}

/* (i64)(x*4 + y + 3) = (i64)x*4 + (i64)y + 3: an i32 sum does not overflow. */
static const ir *widen_sum(const facts *S, const ir *n)
{
    lin L, W;
    lin_of(&L, n->arg[0], false);
    if (L.n == 1 && L.t[0].coef == 1 && L.k == 0) return n;
    lin_zero(&W, n->type, false);
    if (!lin_add_const(&W, L.k)) return n;
    for (uint32_t i = 0; i < L.n; i++)
        if (!is_index_atom(L.t[i].atom)) return n;
    for (uint32_t i = 0; i < L.n; i++)
        if (!lin_add(&W, simp_cast(S, n->type, L.t[i].atom), L.t[i].coef)) return n;
    const ir *r = simp_lin(S, &W);
    return r ? r : n;
}

const ir *normal_cast(const facts *S, const ir *n)
{
    const ir *a = n->arg[0];
    if (!type_no_overflow(a->type) || !type_no_overflow(n->type) || n->type.bits <= a->type.bits)
        return n;
    if (a->op == IR_RAMP)
        return simp_ramp(S, simp_cast(S, n->type, a->arg[0]), simp_cast(S, n->type, a->arg[1]),
                         a->type.lanes / a->arg[0]->type.lanes);
    return widen_sum(S, n);
}

/* ---- one node -------------------------------------------------------------------------------- */

/* op(broadcast(a), broadcast(b)) = broadcast(op(a, b)), for operations that work lane by lane. */
static const ir *lift_broadcast(const facts *S, const ir *n)
{
    unsigned times = 0;
    const ir *arg[3];
    ir_class cls = ir_ops[n->op].cls;
    if (n->type.lanes == 1 || n->nargs > 3 || cls == IRC_LEAF) return n;
    if (cls == IRC_OTHER && n->op != IR_SELECT && n->op != IR_CAST && n->op != IR_ABS &&
        n->op != IR_IS_NAN && n->op != IR_LIKELY && n->op != IR_ABSD && n->op != IR_MUL_SHR &&
        n->op != IR_ROUND_MUL_SHR && n->op != IR_FMA)
        return n;
    for (uint32_t i = 0; i < n->nargs; i++) {
        const ir *a = n->arg[i];
        if (a->op != IR_BROADCAST) return n;
        unsigned k = a->type.lanes / a->arg[0]->type.lanes;
        if (simp_is_number(a)) continue; /* repeats as often as one likes */
        if (times && k != times) return n;
        times = k;
    }
    if (!times) return n;
    unsigned lanes = n->type.lanes / times;
    for (uint32_t i = 0; i < n->nargs; i++) {
        const ir *a = n->arg[i]->arg[0];
        arg[i] = a->type.lanes == lanes ? a : ir_broadcast(S->c, a, lanes);
    }
    const ir *inner =
        ir_node(S->c, (ir_op)n->op, type_lanes(n->type, lanes), n->u.bits, arg, n->nargs);
    return simp_broadcast(S, simp_node(S, inner), times);
}

static bool commutes(ir_op op)
{
    switch ((int)op) {
    case IR_ADD:
    case IR_MUL:
    case IR_MIN:
    case IR_MAX:
    case IR_EQ:
    case IR_NE:
    case IR_AND:
    case IR_OR:
    case IR_SAT_ADD: case IR_HALF_ADD: case IR_HALF_ADD_UP: case IR_ABSD:
    case IR_BIT_AND: case IR_BIT_OR: case IR_BIT_XOR: return true;
    default: return false;
    }
}

/* Constants stand on the right of operations that commute. */
static const ir *constant_right(const facts *S, const ir *n)
{
    if (!commutes((ir_op)n->op) || !simp_is_number(n->arg[0]) || simp_is_number(n->arg[1]))
        return n;
    return ir_bin(S->c, (ir_op)n->op, n->arg[1], n->arg[0]);
}

/* The first station. */
static const ir *normalise(const facts *S, const ir *n)
{
    bool exact = n->nargs && type_no_overflow(n->arg[0]->type);
    switch ((int)n->op) {
    case IR_ADD: case IR_SUB: case IR_MUL: return exact ? normal_sum(S, n) : n;
    case IR_DIV: case IR_MOD: return exact ? normal_div_mod(S, n) : n;
    case IR_MIN: case IR_MAX: return normal_min_max(S, n);
    case IR_EQ: case IR_NE: case IR_LT: case IR_LE: return exact ? normal_compare(S, n) : n;
    case IR_AND: case IR_OR: return normal_logic(S, n);
    case IR_CAST: return normal_cast(S, n);
    default: return n;
    }
}

/* Comparisons of types that wrap, by their constant ranges. */
static const ir *decide_by_range(const facts *S, const ir *n)
{
    if (n->op != IR_LT && n->op != IR_LE && n->op != IR_EQ && n->op != IR_NE) return n;
    if (!type_is_integer(n->arg[0]->type) || type_no_overflow(n->arg[0]->type)) return n;
    const_range a = simp_range(S, n->arg[0]), b = simp_range(S, n->arg[1]);
    bool below = a.has_hi && b.has_lo && a.hi < b.lo, above = a.has_lo && b.has_hi && a.lo > b.hi;
    if (n->op == IR_EQ || n->op == IR_NE)
        return below || above ? ir_int(S->c, n->type, n->op == IR_NE) : n;
    if (below || (n->op == IR_LE && a.has_hi && b.has_lo && a.hi <= b.lo))
        return ir_int(S->c, n->type, 1);
    if (above || (n->op == IR_LT && a.has_lo && b.has_hi && a.lo >= b.hi))
        return ir_int(S->c, n->type, 0);
    return n;
}

static const ir *simplify_node(const facts *S, const ir *n)
{
    const ir *r;
    if (n->nargs == 0 || simp_is_number(n)) return n;
    r = constant_right(S, n);
    if (r != n) return simp_node(S, r);
    r = lift_broadcast(S, n);
    if (r != n) return r;
    r = simp_divided_ramp(S, n);
    if (r != n) return r;
    n = normalise(S, n);
    if (n->nargs == 0 || simp_is_number(n)) return n;
    r = apply_rules(S, n);
    if (r) return r;
    n = decide_by_range(S, n);
    if (S->any && type_is_bool(n->type)) {
        int known = facts_known(S, n);
        if (known >= 0) return ir_int(S->c, n->type, known);
    }
    return n;
}

static const ir *simp_leaf(const facts *S, const ir *n)
{
    if (n->op != IR_VAR || !S->any) return n;
    const sym_fact *x = facts_symbol(S, n->u.sym);
    if (x && x->lo && x->lo == x->hi && !x->named && type_eq(x->lo->type, n->type)) return x->lo;
    if (x && x->range.has_lo && x->range.has_hi && x->range.lo == x->range.hi &&
        (type_is_integer(n->type) || type_is_bool(n->type)))
        return ir_int(S->c, n->type, x->range.lo);
    int known = type_is_bool(n->type) ? facts_known(S, n) : -1;
    return known >= 0 ? ir_int(S->c, n->type, known) : n;
}

const ir *simp_node(const facts *S, const ir *n)
{
    simp_cache *m = S->cache;
    if (n->nargs == 0) return simp_leaf(S, n);
    const ir *r = map_getp(&m->simple, n);
    if (r) return r;
    if (m->depth >= NEST_LIMIT) return n;
    m->depth++;
    r = simplify_node(S, n);
    m->depth--;
    map_putp(S->c->a, &m->simple, n, r);
    if (r != n && r->nargs) map_putp(S->c->a, &m->simple, r, r);
    return r;
}

const ir *simp_bin(const facts *S, ir_op op, const ir *a, const ir *b)
{
    return simp_node(S, ir_bin(S->c, op, a, b));
}

const ir *simp_un(const facts *S, ir_op op, const ir *a)
{
    return simp_node(S, ir_un(S->c, op, a));
}

const ir *simp_select(const facts *S, const ir *cond, const ir *a, const ir *b)
{
    return simp_node(S, ir_select(S->c, cond, a, b));
}

const ir *simp_cast(const facts *S, cb_type t, const ir *a)
{
    return simp_node(S, ir_cast(S->c, t, a));
}

const ir *simp_broadcast(const facts *S, const ir *a, unsigned n)
{
    return simp_node(S, ir_broadcast(S->c, a, n));
}

const ir *simp_ramp(const facts *S, const ir *base, const ir *stride, unsigned n)
{
    if (ir_is_int(stride, 0)) return simp_broadcast(S, base, n);
    return simp_node(S, ir_ramp(S->c, base, stride, n));
}

/* ---- whole expressions ----------------------------------------------------------------------- */

/* Values that a let may as well not name: constants, symbols, and a symbol plus a constant. */
bool simp_is_cheap(const ir *v)
{
    if (v->op == IR_VAR || simp_is_number(v)) return true;
    if (v->op == IR_BROADCAST) return v->arg[0]->op == IR_VAR;
    return (v->op == IR_ADD || v->op == IR_SUB) && v->arg[0]->op == IR_VAR &&
           simp_is_number(v->arg[1]);
}

/* What must be simplified before n can be; pushed to the stack. */
typedef vec(const ir *) ir_stack;

static const ir *answer(const facts *S, const ir *n)
{
    return n->nargs == 0 ? simp_leaf(S, n) : map_getp(&S->cache->simple, n);
}

/* Pushes the operands of n that have no answer yet; false when there are none. */
static bool push_missing(const facts *S, ir_stack *work, const ir *n)
{
    bool any = false;
    for (uint32_t i = n->nargs; i-- > 0;)
        if (!answer(S, n->arg[i])) {
            vec_push(S->c->a, work, n->arg[i]);
            any = true;
        }
    return any;
}

static const ir *rebuild(const facts *S, const ir *n)
{
    const ir *small[4], **arg = small, *r;
    bool same = true;
    if (n->nargs > COUNT_OF(small)) arg = NEW_ARRAY(S->c->a, const ir *, n->nargs);
    for (uint32_t i = 0; i < n->nargs; i++) {
        arg[i] = answer(S, n->arg[i]);
        same = same && arg[i] == n->arg[i];
    }
    if (same) return simp_node(S, n);
    r = n->op == IR_BROADCAST ? ir_broadcast(S->c, arg[0], n->type.lanes / arg[0]->type.lanes)
                              : ir_node(S->c, (ir_op)n->op, n->type, n->u.bits, arg, n->nargs);
    return simp_node(S, r);
}

/* A let: pushes what is missing and gives NULL, or gives the answer. */
static const ir *simp_let(const facts *S, ir_stack *work, const ir *n)
{
    const ir *value = answer(S, n->arg[0]), *body = n->arg[1], *r;
    if (!value) {
        vec_push(S->c->a, work, n->arg[0]);
        return NULL;
    }
    if (simp_is_cheap(value)) body = ir_substitute1(S->c, body, n->u.sym, value);
    r = answer(S, body);
    if (!r) {
        vec_push(S->c->a, work, body);
        return NULL;
    }
    return ir_uses(S->c, r, n->u.sym) ? ir_let(S->c, n->u.sym, value, r) : r;
}

const ir *simp(const facts *S, const ir *e)
{
    if (!e) return NULL;
    const ir *r = answer(S, e);
    if (r) return r;
    ir_stack work = {0};
    vec_push(S->c->a, &work, e);
    while (work.n) {
        const ir *n = work.at[work.n - 1];
        if (answer(S, n)) {
            work.n--;
            continue;
        }
        if (n->op == IR_LET) {
            r = simp_let(S, &work, n);
            if (!r) continue;
        } else {
            if (push_missing(S, &work, n)) continue;
            r = rebuild(S, n);
        }
        work.n--;
        map_putp(S->c->a, &S->cache->simple, n, r);
    }
    return answer(S, e);
}

const ir *simplify(cb_context *c, const ir *e, const facts *f)
{
    return simp(simp_facts(c, f), e);
}
