/* dsl/random.c: random numbers: a hash of where a definition is evaluated.
 *
 *     noise(x, y) = random_uint()     h = mix(7)   (the seventh call of its scope)
 *                                     h = mix(h ^ y)
 *                                     noise(x, y) = mix(h ^ x)
 *
 * So they are the same under every schedule, in every lane and in the interpreter. A call is a
 * stand-in until the definition it becomes part of says what its coordinates are: its Vars and, in
 * an update, the variables of its domain, the innermost last. Calls with a seed depend on it alone.
 */
#include "front.h"

/* A stand-in: IMPURE {symbol, call}, operand: the seed. call 0: the seed was given. */
static ir_sym stand_in(cb_context *c)
{
    front *F = front_of(c);
    if (!F->random)
        F->random = ir_sym_new(c, "random", SYM_EXTERN, T_U32, NULL);
    return F->random;
}

expr *expr_random(cb_context *c, cb_random_kind kind, uint32_t n, expr *const *v, cb_loc loc)
{
    scope *s = scope_need(c, loc);
    const ir *seed = ir_int(c, T_U32, 0);
    uint32_t call = 0;
    char type[16];
    if (!s) {
        expr *e = expr_fault(c, DIAG_NO_SCOPE, NULL, "random numbers outside of a scope");
        e->fault->reported = true;
        return e;
    }
    if (n > 1)
        return expr_fault(c, DIAG_OPERAND_COUNT, "random_float() or random_float(seed)",
                          "random numbers take a seed or nothing, not %u operands", n);
    if (n) {
        if (v[0]->fault || v[0]->nvalues > 1)
            return v[0]->fault ? v[0] : expr_several(c, v[0]);
        if (!type_is_integer(v[0]->node->type))
            return expr_fault(c, DIAG_TYPE_MISFIT, "convert it: i32(...)",
                              "a seed is an integer, not %s", type_name(v[0]->node->type, type));
        seed = ir_cast(c, T_U32, v[0]->node);
    } else {
        call = ++s->root->randoms;
    }
    union {
        ir_ref ref;
        uint64_t bits;
    } payload = {.ref = {stand_in(c), call}};
    const ir *h = ir_node(c, IR_IMPURE, T_U32, payload.bits, &seed, 1);
    switch (kind) {
    case CB_RANDOM_UINT: break;
    case CB_RANDOM_INT: h = ir_reinterpret(c, T_I32, h); break;
    case CB_RANDOM_FLOAT: /* 24 bits, exactly, in [0, 1) */
        h = ir_bin(c, IR_SHR, h, ir_int(c, T_U32, 8));
        h = ir_mul(c, ir_cast(c, T_F32, ir_reinterpret(c, T_I32, h)),
                   ir_float(c, T_F32, 1.0 / 16777216));
        break;
    }
    return expr_new(c, h);
}

/* ---- the hash -------------------------------------------------------------------------------- */

static const ir *xor_shifted(cb_context *c, const ir *h, int by)
{
    return ir_bin(c, IR_BIT_XOR, h, ir_bin(c, IR_SHR, h, ir_int(c, T_U32, by)));
}

/* A bijection of 32 bits in which every bit of h decides about half of the others. */
static const ir *mix(cb_context *c, const ir *h)
{
    h = xor_shifted(c, h, 16);
    h = xor_shifted(c, ir_mul(c, h, ir_int(c, T_U32, 0x7feb352d)), 15);
    return xor_shifted(c, ir_mul(c, h, ir_int(c, T_U32, 0x846ca68b)), 16);
}

typedef struct placing {
    cb_context *c;
    uint32_t n;
    const ir *const *coord;
} placing;

static const ir *place(ir_mapper *m, const ir *n)
{
    const placing *P = m->env;
    cb_context *c = P->c;
    n = ir_map(m, n);
    if (n->op != IR_IMPURE || n->u.ref.sym != front_of(c)->random)
        return n;
    /* calls that are counted and seeds that are given begin at different places */
    const ir *h = n->u.ref.index ? ir_int(c, T_U32, n->u.ref.index) : mix(c, n->arg[0]);
    h = mix(c, h);
    for (uint32_t i = 0; i < P->n; i++)
        h = mix(c, ir_bin(c, IR_BIT_XOR, h, ir_cast(c, T_U32, P->coord[i])));
    return h;
}

const ir *random_place(cb_context *c, const ir *e, uint32_t n, const ir *const *coord)
{
    if (!front_of(c)->random)
        return e;
    placing P = {c, n, coord};
    ir_mapper m = {.ctx = c, .fn = place, .env = &P};
    return ir_apply(&m, e);
}

/* ---- entry ----------------------------------------------------------------------------------- */

typedef struct request {
    cb_context *c;
    cb_random_kind kind;
    int n;
    const cb_expr *v;
    cb_site at;
    expr *out;
} request;

static void make(void *env)
{
    request *q = env;
    expr *v[1];
    if (q->n == 1)
        v[0] = expr_in(q->c, q->v[0]);
    q->out = expr_random(q->c, q->kind, q->n < 0 ? 2 : (uint32_t)q->n, v, site_loc(q->c, q->at));
}

cb_expr cb_random(cb_random_kind kind, int n, const cb_expr *v, cb_site at)
{
    request q = {cb_current(), kind, n, v, at, NULL};
    if (!q.c)
        front_no_scope(at, "a random number");
    else if (front_try(q.c, make, &q))
        return (cb_expr){q.out};
    return (cb_expr){NULL};
}
