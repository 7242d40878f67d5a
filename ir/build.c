/* ir/build.c: the only place nodes are made.
 *
 * Expressions are interned: the table below holds every expression of the context, so asking twice
 * for `x + 1` gives one pointer. An operation whose operands are all constants becomes a constant
 * by the rules of value.c (unless it is a signed overflow, which has no value and stays):
 *
 *     ir_add(c, ir_i32(c, 2), ir_i32(c, 3))                       the node 5
 *     ir_addi(c, x, 0)                                            x
 *     ir_mul(c, broadcast(2, 8), broadcast(3, 8))                 broadcast(6, 8)
 */
#include "ir.h"

#include <string.h>

/* ---- payloads -------------------------------------------------------------------------------- */

/* Payload words are made through the union, so that every reader finds its member. */
typedef union payload {
    int64_t i;
    double f;
    ir_sym sym;
    ir_ref ref;
    const char *s;
    const int32_t *lanes;
    uint64_t bits;
} payload;

static uint64_t bits_of_sym(ir_sym s)
{
    payload p = {.bits = 0};
    p.sym = s;
    return p.bits;
}

static uint64_t bits_of_ref(ir_sym s, uint32_t index)
{
    payload p = {.ref = {s, index}};
    return p.bits;
}

static uint64_t bits_of_float(double v) { return (payload){.f = v}.bits; }
static uint64_t bits_of_string(const char *s)
{
    payload p = {.bits = 0};
    p.s = s;
    return p.bits;
}

/* ---- the intern table ------------------------------------------------------------------------ */

static uint32_t mix(uint32_t h, uint64_t v)
{
    uint64_t m = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(m >> 32) ^ (uint32_t)m;
}

/* Depends on structure and ids only, not on addresses. */
static uint32_t hash_of(ir_op op, cb_type t, uint64_t bits, const ir *const *args, uint32_t nargs)
{
    payload p = {.bits = bits};
    uint32_t h = mix(op, (uint64_t)t.code | (uint64_t)t.bits << 8 | (uint64_t)t.lanes << 16);
    if (op == IR_STRING || op == IR_POISON) {
        for (const char *s = p.s ? p.s : ""; *s; s++)
            h = mix(h, (unsigned char)*s);
    } else if (op == IR_SHUFFLE) {
        for (unsigned i = 0; i < t.lanes; i++)
            h = mix(h, (uint32_t)p.lanes[i]);
    } else {
        h = mix(h, bits);
    }
    for (uint32_t i = 0; i < nargs; i++)
        h = mix(h, args[i]->id);
    return h;
}

static bool same_node(const ir *n, ir_op op, cb_type t, uint64_t bits, const ir *const *args,
                      uint32_t nargs)
{
    return n->op == op && type_eq(n->type, t) && n->u.bits == bits && n->nargs == nargs &&
           (nargs == 0 || memcmp(n->arg, args, nargs * sizeof *args) == 0);
}

static void grow_table(cb_context *c)
{
    uint32_t more = c->table_cap ? c->table_cap * 2 : 1024;
    const ir **table = NEW_ARRAY(c->a, const ir *, more);
    for (uint32_t i = 0; i < c->table_cap; i++) {
        if (!c->table[i])
            continue;
        uint32_t k = c->table[i]->hash & (more - 1);
        while (table[k])
            k = (k + 1) & (more - 1);
        table[k] = c->table[i];
    }
    c->table = table;
    c->table_cap = more;
}

static uint16_t depth_over(const ir *const *args, uint32_t nargs)
{
    unsigned d = 0;
    for (uint32_t i = 0; i < nargs; i++)
        if (args[i]->depth > d)
            d = args[i]->depth;
    return (uint16_t)(d < UINT16_MAX ? d + 1 : d);
}

static ir *new_node(cb_context *c, ir_op op, cb_type t, const ir *const *args, uint32_t nargs)
{
    ir *n = arena_alloc(c->a, sizeof *n + nargs * sizeof *args);
    n->op = (uint16_t)op;
    n->type = t;
    n->nargs = nargs;
    n->id = c->next_id++;
    n->depth = depth_over(args, nargs);
    if (nargs)
        memcpy(n->arg, args, nargs * sizeof *args);
    return n;
}

static _Noreturn void too_deep(cb_context *c)
{
    diag *d = diag_begin(&c->diags, DIAG_TOO_DEEP, (cb_loc){0},
                         "an expression is nested more than %d levels deep", c->depth_limit);
    diag_help(&c->diags, d, "split it into several Funcs, or sum in a balanced tree or an RDom");
    diag_end(&c->diags, d);
    guard_fail(&c->esc);
}

/* A depth limit above what `depth` counts would never be seen. */
static bool is_too_deep(const cb_context *c, const ir *n)
{
    return n->depth == UINT16_MAX || (c->depth_limit > 0 && n->depth > c->depth_limit);
}

static const ir *intern(cb_context *c, ir_op op, cb_type t, uint64_t bits, const ir *const *args,
                        uint32_t nargs)
{
    if (2 * (c->ntable + 1) > c->table_cap)
        grow_table(c);
    uint32_t h = hash_of(op, t, bits, args, nargs), mask = c->table_cap - 1, k = h & mask;
    for (; c->table[k]; k = (k + 1) & mask)
        if (c->table[k]->hash == h && same_node(c->table[k], op, t, bits, args, nargs))
            return c->table[k];
    ir *n = new_node(c, op, t, args, nargs);
    n->u.bits = bits;
    n->hash = h;
    const char *wrong = ir_type_error(op, t, n, args, nargs);
    if (wrong)
        diag_bug(&c->diags, "ir_node", "%s: %s", ir_ops[op].id, wrong);
    if (is_too_deep(c, n))
        too_deep(c);
    c->table[k] = n;
    c->ntable++;
    return n;
}

/* ---- constants ------------------------------------------------------------------------------- */

/* The scalar constant that every lane of n is, or NULL. */
static const ir *constant_of(const ir *n)
{
    if (n->op == IR_BROADCAST)
        n = n->arg[0];
    return n->op == IR_INT || n->op == IR_FLOAT ? n : NULL;
}

static const ir *value_node(cb_context *c, cb_type t, ir_value v)
{
    cb_type s = type_scalar(t);
    const ir *n = type_is_float(t) ? intern(c, IR_FLOAT, s, bits_of_float(v.f), NULL, 0)
                                   : intern(c, IR_INT, s, (payload){.i = v.i}.bits, NULL, 0);
    return ir_broadcast(c, n, t.lanes);
}

/* The constant that op of constants is; NULL when it is none. */
static const ir *fold(cb_context *c, ir_op op, cb_type t, const ir *const *args, uint32_t nargs)
{
    ir_value v[3], r;
    cb_type types[3];
    bool overflow = false;
    if (nargs == 0 || nargs > 3 || t.code == CB_HANDLE || ir_ops[op].cls == IRC_STMT)
        return NULL;
    for (uint32_t i = 0; i < nargs; i++) {
        const ir *k = constant_of(args[i]);
        if (!k || k->type.code == CB_HANDLE || args[i]->type.lanes != t.lanes)
            return NULL;
        v[i] = value_of(k);
        types[i] = k->type;
    }
    if (PLANTED(c, FOLD_DIVISION) && op == IR_DIV && type_is_integer(t))
        op = IR_DIV_TZ;
    if (!value_eval(op, type_scalar(t), types, v, &r, &overflow) || overflow)
        return NULL;
    return value_node(c, t, r);
}

const ir *ir_node(cb_context *c, ir_op op, cb_type t, uint64_t bits, const ir *const *args,
                  uint32_t nargs)
{
    bool constants = nargs > 0;
    for (uint32_t i = 0; i < nargs; i++) {
        if (!args[i])
            diag_bug(&c->diags, "ir_node", "%s: operand %u is missing", ir_ops[op].id, i);
        if (ir_is_poison(args[i]))
            return args[i];
        constants = constants && constant_of(args[i]);
    }
    if (constants && op != IR_BROADCAST) {
        const char *wrong = ir_type_error(op, t, NULL, args, nargs);
        if (wrong)
            diag_bug(&c->diags, "ir_node", "%s: %s", ir_ops[op].id, wrong);
        const ir *n = fold(c, op, t, args, nargs);
        if (n)
            return n;
    }
    return intern(c, op, t, bits, args, nargs);
}

const ir *ir_poison(cb_context *c, const char *why)
{
    return intern(c, IR_POISON, T_VOID, bits_of_string(why ? ctx_string(c, why) : NULL), NULL, 0);
}

const ir *ir_int(cb_context *c, cb_type t, int64_t v)
{
    return value_node(c, t, (ir_value){.i = value_wrap(t, v)});
}

const ir *ir_float(cb_context *c, cb_type t, double v)
{
    return value_node(c, t, (ir_value){.f = value_round(t, v)});
}

const ir *ir_const(cb_context *c, cb_type t, double v)
{
    if (type_is_float(t))
        return ir_float(c, t, v);
    ir_value in = {.f = v}, out;
    cb_type from = T_F64;
    bool overflow = false;
    value_eval(IR_CAST, type_scalar(t), &from, &in, &out, &overflow);
    return value_node(c, t, out);
}

const ir *ir_bool(cb_context *c, bool v) { return ir_int(c, T_BOOL, v); }
const ir *ir_i32(cb_context *c, int64_t v) { return ir_int(c, T_I32, v); }
const ir *ir_i64(cb_context *c, int64_t v) { return ir_int(c, T_I64, v); }

const ir *ir_string(cb_context *c, const char *s)
{
    return intern(c, IR_STRING, T_HANDLE, bits_of_string(ctx_string(c, s)), NULL, 0);
}

const ir *ir_var_typed(cb_context *c, ir_sym s, cb_type t)
{
    return intern(c, IR_VAR, t, bits_of_sym(s), NULL, 0);
}

const ir *ir_var(cb_context *c, ir_sym s)
{
    if (s == 0 || s >= c->syms.n)
        diag_bug(&c->diags, "ir_var", "there is no symbol %u", s);
    return ir_var_typed(c, s, ir_symbol_of(c, s)->type);
}

/* ---- operations ------------------------------------------------------------------------------ */

const ir *ir_bin(cb_context *c, ir_op op, const ir *a, const ir *b)
{
    const ir *args[] = {a, b};
    cb_type t = ir_ops[op].cls == IRC_CMP2 ? type_bool(a->type.lanes) : a->type;
    if (op == IR_ABSD && t.code == CB_INT)
        t.code = CB_UINT;
    if (ir_ops[op].nargs != 2)
        diag_bug(&c->diags, "ir_bin", "%s is not a binary operation", ir_ops[op].id);
    return ir_node(c, op, t, 0, args, 2);
}

ir_op ir_strict_op(ir_op op, cb_type t)
{
    static const struct {
        ir_op op, strict;
    } twins[] = {{IR_ADD, IR_STRICT_ADD}, {IR_SUB, IR_STRICT_SUB}, {IR_MUL, IR_STRICT_MUL},
                 {IR_DIV, IR_STRICT_DIV}, {IR_MOD, IR_STRICT_MOD}, {IR_MIN, IR_STRICT_MIN},
                 {IR_MAX, IR_STRICT_MAX}};
    for (size_t i = 0; i < COUNT_OF(twins); i++)
        if (op == twins[i].op && type_is_float(t))
            return twins[i].strict;
    return op;
}

const ir *ir_un(cb_context *c, ir_op op, const ir *a)
{
    cb_type t = a->type;
    if (op == IR_ABS && t.code == CB_INT)
        t.code = CB_UINT;
    else if (op == IR_IS_NAN)
        t = type_bool(t.lanes);
    if (ir_ops[op].nargs != 1)
        diag_bug(&c->diags, "ir_un", "%s is not a unary operation", ir_ops[op].id);
    return ir_node(c, op, t, 0, &a, 1);
}

const ir *ir_tri(cb_context *c, ir_op op, const ir *a, const ir *b, const ir *d)
{
    const ir *args[] = {a, b, d};
    if (op != IR_MUL_SHR && op != IR_ROUND_MUL_SHR && op != IR_FMA)
        diag_bug(&c->diags, "ir_tri", "%s is not an operation on three values", ir_ops[op].id);
    return ir_node(c, op, a->type, 0, args, 3);
}

static const ir *number(cb_context *c, cb_type t, int64_t k)
{
    return type_is_float(t) ? ir_float(c, t, (double)k) : ir_int(c, t, k);
}

const ir *ir_addi(cb_context *c, const ir *a, int64_t k)
{
    return k == 0 || ir_is_poison(a) ? a : ir_add(c, a, number(c, a->type, k));
}

const ir *ir_muli(cb_context *c, const ir *a, int64_t k)
{
    return k == 1 || ir_is_poison(a) ? a : ir_mul(c, a, number(c, a->type, k));
}

const ir *ir_select(cb_context *c, const ir *cond, const ir *a, const ir *b)
{
    const ir *args[] = {cond, a, b};
    return ir_node(c, IR_SELECT, a->type, 0, args, 3);
}

const ir *ir_cast(cb_context *c, cb_type t, const ir *a)
{
    t.lanes = a->type.lanes;
    if (ir_is_poison(a) || type_eq(t, a->type))
        return a;
    return ir_node(c, IR_CAST, t, 0, &a, 1);
}

const ir *ir_reinterpret(cb_context *c, cb_type t, const ir *a)
{
    if (ir_is_poison(a) || type_eq(t, a->type))
        return a;
    return ir_node(c, IR_REINTERPRET, t, 0, &a, 1);
}

const ir *ir_promise(cb_context *c, const ir *x, const ir *lo, const ir *hi)
{
    const ir *args[] = {x, lo, hi};
    return ir_node(c, IR_PROMISE, x->type, 0, args, 3);
}

const ir *ir_call(cb_context *c, ir_sym func, uint32_t value, cb_type t, const ir *const *coords,
                  uint32_t rank)
{
    return ir_node(c, IR_CALL, t, bits_of_ref(func, value), coords, rank);
}

const ir *ir_load(cb_context *c, cb_type t, ir_sym buffer, uint32_t mem, const ir *index,
                  const ir *pred)
{
    const ir *args[] = {index, pred};
    return ir_node(c, IR_LOAD, t, bits_of_ref(buffer, mem), args, 2);
}

/* ---- vectors --------------------------------------------------------------------------------- */

static cb_type repeated(cb_context *c, const char *where, cb_type t, unsigned n)
{
    if (n == 0 || (uint64_t)t.lanes * n > UINT16_MAX)
        diag_bug(&c->diags, where, "%u repetitions of %u lanes", n, t.lanes);
    return type_lanes(t, t.lanes * n);
}

const ir *ir_ramp(cb_context *c, const ir *base, const ir *stride, unsigned n)
{
    const ir *args[] = {base, stride};
    if (n == 1 || ir_is_poison(base))
        return base;
    return ir_node(c, IR_RAMP, repeated(c, "ir_ramp", base->type, n), 0, args, 2);
}

const ir *ir_broadcast(cb_context *c, const ir *a, unsigned n)
{
    if (n == 1 || ir_is_poison(a))
        return a;
    cb_type t = repeated(c, "ir_broadcast", a->type, n);
    if (a->op == IR_BROADCAST)
        a = a->arg[0]; /* the same lanes, and one form for every constant vector */
    return ir_node(c, IR_BROADCAST, t, 0, &a, 1);
}

const ir *ir_shuffle(cb_context *c, const ir *const *parts, uint32_t nparts, const int32_t *lanes,
                     uint32_t n)
{
    if (nparts == 0 || n == 0 || n > UINT16_MAX)
        diag_bug(&c->diags, "ir_shuffle", "%u lanes of %u parts", n, nparts);
    for (uint32_t i = 0; i < nparts; i++)
        if (ir_is_poison(parts[i]))
            return parts[i];
    bool same = nparts == 1 && parts[0]->type.lanes == n;
    for (uint32_t i = 0; i < n; i++)
        same = same && lanes[i] == (int32_t)i;
    if (same)
        return parts[0];
    payload p = {.bits = 0};
    p.lanes = (const int32_t *)(const void *)strtab_intern(
        c->a, &c->strings, (const char *)(const void *)lanes, n * sizeof *lanes);
    return ir_node(c, IR_SHUFFLE, type_lanes(parts[0]->type, n), p.bits, parts, nparts);
}

const ir *ir_reduce(cb_context *c, ir_op op, const ir *a, unsigned lanes)
{
    if (ir_is_poison(a) || lanes == a->type.lanes)
        return a;
    return ir_node(c, IR_REDUCE, type_lanes(a->type, lanes), (payload){.i = op}.bits, &a, 1);
}

const ir *ir_let(cb_context *c, ir_sym s, const ir *value, const ir *body)
{
    const ir *args[] = {value, body};
    return ir_node(c, IR_LET, body->type, bits_of_sym(s), args, 2);
}

const ir *ir_field(cb_context *c, ir_sym buffer, ir_buffer_field f, unsigned dim)
{
    cb_type t = T_I32;
    switch (f) {
    case FIELD_MIN:
    case FIELD_EXTENT:
    case FIELD_TYPE_CODE:
    case FIELD_TYPE_BITS:
    case FIELD_HOST_LOW:
    case FIELD_RANK: break;
    case FIELD_STRIDE: t = T_I64; break;
    case FIELD_IS_NULL:
    case FIELD_IS_QUERY:
    case FIELD_HOST_NULL:
    case FIELD_BAD_VERSION: t = T_BOOL; break;
    case FIELD_COUNT: diag_bug(&c->diags, "ir_field", "no such field");
    }
    return ir_node(c, IR_FIELD, t, bits_of_ref(buffer, (uint32_t)f * 16 + dim), NULL, 0);
}

/* ---- statements ------------------------------------------------------------------------------ */

static const ir *stmt_with_info(cb_context *c, ir_op op, const ir_info *kept,
                                const ir *const *args, uint32_t nargs)
{
    for (uint32_t i = 0; i < nargs; i++)
        if (!args[i])
            diag_bug(&c->diags, "ir_stmt", "%s: operand %u is missing", ir_ops[op].id, i);
    ir *n = new_node(c, op, T_VOID, args, nargs);
    n->u.info = kept;
    const char *wrong = ir_type_error(op, T_VOID, n, args, nargs);
    if (wrong)
        diag_bug(&c->diags, "ir_stmt", "%s: %s", ir_ops[op].id, wrong);
    return n;
}

const ir *ir_stmt(cb_context *c, ir_op op, const ir_info *info, const ir *const *args,
                  uint32_t nargs)
{
    static const ir_info none;
    ir_info *kept = arena_copy(c->a, info ? info : &none, sizeof *info);
    if (kept->text)
        kept->text = ctx_string(c, kept->text);
    return stmt_with_info(c, op, kept, args, nargs);
}

const ir *ir_let_stmt(cb_context *c, ir_sym s, const ir *value, const ir *body)
{
    const ir *args[] = {value, body};
    return ir_stmt(c, IR_LET_STMT, &(ir_info){.sym = s}, args, 2);
}

const ir *ir_assert(cb_context *c, const ir *cond, int code, const char *message,
                    const ir *const *args, uint32_t nargs)
{
    const ir **all = NEW_ARRAY(c->a, const ir *, nargs + 1);
    all[0] = cond;
    for (uint32_t i = 0; i < nargs; i++)
        all[i + 1] = args[i];
    return ir_stmt(c, IR_ASSERT, &(ir_info){.code = code, .text = message}, all, nargs + 1);
}

const ir *ir_for(cb_context *c, ir_sym s, ir_loop_kind k, const ir *min, const ir *extent,
                 const ir *body)
{
    const ir *args[] = {min, extent, body};
    return ir_stmt(c, IR_FOR, &(ir_info){.sym = s, .kind = k}, args, 3);
}

const ir *ir_provide(cb_context *c, ir_sym func, const ir *const *coords, uint32_t rank,
                     const ir *const *values, uint32_t nvalues, const ir *pred)
{
    const ir **all = NEW_ARRAY(c->a, const ir *, rank + nvalues + 1);
    for (uint32_t i = 0; i < rank; i++)
        all[i] = coords[i];
    for (uint32_t i = 0; i < nvalues; i++)
        all[rank + i] = values[i];
    all[rank + nvalues] = pred;
    return ir_stmt(c, IR_PROVIDE, &(ir_info){.sym = func, .rank = rank, .nvalues = nvalues}, all,
                   rank + nvalues + 1);
}

const ir *ir_store(cb_context *c, ir_sym buffer, uint32_t mem, const ir *index, const ir *value,
                   const ir *pred)
{
    const ir *args[] = {index, value, pred};
    return ir_stmt(c, IR_STORE, &(ir_info){.sym = buffer, .mem = mem}, args, 3);
}

const ir *ir_block(cb_context *c, const ir *const *stmts, uint32_t n)
{
    uint32_t total = 0, k = 0;
    for (uint32_t i = 0; i < n; i++)
        if (stmts[i])
            total += stmts[i]->op == IR_BLOCK ? stmts[i]->nargs : 1;
    if (!total)
        return NULL;
    const ir **flat = NEW_ARRAY(c->a, const ir *, total);
    for (uint32_t i = 0; i < n; i++) {
        if (!stmts[i])
            continue;
        if (stmts[i]->op != IR_BLOCK)
            flat[k++] = stmts[i];
        else
            for (uint32_t j = 0; j < stmts[i]->nargs; j++)
                flat[k++] = stmts[i]->arg[j];
    }
    return total == 1 ? flat[0] : ir_stmt(c, IR_BLOCK, NULL, flat, total);
}

const ir *ir_block2(cb_context *c, const ir *a, const ir *b)
{
    const ir *both[] = {a, b};
    return ir_block(c, both, 2);
}

const ir *ir_if(cb_context *c, const ir *cond, const ir *then_s, const ir *else_s)
{
    const ir *args[] = {cond, then_s, else_s};
    return ir_stmt(c, IR_IF, NULL, args, else_s ? 3 : 2);
}

/* ---- the same node with other operands ------------------------------------------------------- */

static const ir *expr_with_args(cb_context *c, const ir *n, const ir *const *args)
{
    cb_type t = n->type;
    switch (ir_ops[n->op].cls) {
    case IRC_LEAF: return n;
    case IRC_ARITH2:
    case IRC_CMP2:
    case IRC_LOGIC2:
    case IRC_BIT2:
    case IRC_INT2:
    case IRC_SHIFT2:
    case IRC_MATH2: return ir_bin(c, (ir_op)n->op, args[0], args[1]);
    case IRC_LOGIC1:
    case IRC_BIT1:
    case IRC_INT1:
    case IRC_MATH1: return ir_un(c, (ir_op)n->op, args[0]);
    case IRC_OTHER:
    case IRC_STMT: break;
    }
    switch ((int)n->op) {
    case IR_ABS:
    case IR_IS_NAN:
    case IR_LIKELY: return ir_un(c, (ir_op)n->op, args[0]);
    case IR_ABSD: return ir_bin(c, IR_ABSD, args[0], args[1]);
    case IR_MUL_SHR:
    case IR_ROUND_MUL_SHR:
    case IR_FMA: return ir_tri(c, (ir_op)n->op, args[0], args[1], args[2]);
    case IR_SELECT: return ir_select(c, args[0], args[1], args[2]);
    case IR_CAST: return ir_cast(c, t, args[0]);
    case IR_REINTERPRET:
        t.lanes = (uint16_t)(n->arg[0]->type.lanes ? (unsigned)t.lanes * args[0]->type.lanes /
                                                         n->arg[0]->type.lanes
                                                   : t.lanes);
        return ir_reinterpret(c, t, args[0]);
    case IR_PROMISE: return ir_promise(c, args[0], args[1], args[2]);
    case IR_RAMP: return ir_ramp(c, args[0], args[1], t.lanes / n->arg[0]->type.lanes);
    case IR_BROADCAST: return ir_broadcast(c, args[0], t.lanes / n->arg[0]->type.lanes);
    case IR_SHUFFLE: return ir_shuffle(c, args, n->nargs, n->u.lanes, t.lanes);
    case IR_REDUCE:
        return ir_reduce(c, (ir_op)n->u.i, args[0],
                         args[0]->type.lanes / (n->arg[0]->type.lanes / t.lanes));
    case IR_LET: return ir_let(c, n->u.sym, args[0], args[1]);
    case IR_CALL:
    case IR_C_CALL:
    case IR_LOAD: t.lanes = n->nargs ? args[0]->type.lanes : t.lanes; break;
    default: break;
    }
    return ir_node(c, (ir_op)n->op, t, n->u.bits, args, n->nargs);
}

/* Statements whose last operand is a body: without it there is nothing to do. */
static bool has_body(ir_op op)
{
    return op == IR_LET_STMT || op == IR_PRODUCE || op == IR_CONSUME || op == IR_FOR ||
           op == IR_REALIZE || op == IR_ALLOCATE || op == IR_ACQUIRE || op == IR_ATOMIC;
}

const ir *ir_with_args(cb_context *c, const ir *s, const ir *const *args)
{
    uint32_t n = s->nargs;
    if (n == 0 || memcmp(args, s->arg, n * sizeof *args) == 0)
        return s;
    if (!ir_is_stmt(s))
        return expr_with_args(c, s, args);
    if (s->op == IR_BLOCK)
        return ir_block(c, args, n);
    if (has_body((ir_op)s->op) && !args[n - 1])
        return NULL;
    if (s->op == IR_IF) {
        const ir *then_s = args[1], *else_s = n > 2 ? args[2] : NULL;
        if (!then_s && !else_s)
            return NULL;
        if (!then_s)
            return ir_if(c, ir_not(c, args[0]), else_s, NULL);
        if (n > 2 && !else_s)
            n = 2;
    }
    return stmt_with_info(c, (ir_op)s->op, s->u.info, args, n);
}

/* ---- reading constants ----------------------------------------------------------------------- */

bool ir_as_int(const ir *n, int64_t *v)
{
    const ir *k = constant_of(n);
    if (!k || k->op != IR_INT)
        return false;
    *v = k->u.i;
    return true;
}

bool ir_as_float(const ir *n, double *v)
{
    const ir *k = constant_of(n);
    if (!k || k->op != IR_FLOAT)
        return false;
    *v = k->u.f;
    return true;
}

bool ir_is_int(const ir *n, int64_t v)
{
    int64_t k;
    return ir_as_int(n, &k) && k == v;
}

/* ---- several places ------------------------------------------------------------------------- */

const ir *ir_places(cb_context *c, const ir *const *args, uint32_t n)
{
    return ir_node(c, IR_PLACES, args[0]->type, 0, args, n);
}

static bool find_places(void *env, const ir *n)
{
    uint32_t *count = env;
    if (n->op == IR_PLACES)
        *count = n->nargs;
    return !*count;
}

uint32_t ir_place_count(cb_context *c, const ir *const *e, uint32_t n)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < n && !count; i++)
        ir_visit(c, e[i], find_places, &count);
    return count ? count : 1;
}

/* The number of a node with an effect: one place more than it stands at in the upper bits, 0 when it is done for all. */
enum { PLACE_SHIFT = 27 };

static bool has_effect(const ir *n) { return n->op == IR_IMPURE || ir_is_impure_call(n); }

static const ir *numbered(cb_context *c, const ir *n, uint32_t place)
{
    ir copy = *n;
    copy.u.ref.index = (n->u.ref.index & ((1u << PLACE_SHIFT) - 1)) | (place + 1) << PLACE_SHIFT;
    return ir_node(c, (ir_op)n->op, n->type, copy.u.bits, n->arg, n->nargs);
}

static const ir *at_place(ir_mapper *m, const ir *n)
{
    const uint32_t *place = m->env;
    if (n->op == IR_PLACES)
        return ir_apply(m, n->arg[*place]);
    n = ir_map(m, n);
    return has_effect(n) && n->u.ref.index >> PLACE_SHIFT ? numbered(m->ctx, n, *place) : n;
}

const ir *ir_at_place(cb_context *c, const ir *e, uint32_t place)
{
    ir_mapper m = {.ctx = c, .fn = at_place, .env = &place};
    return ir_apply(&m, e);
}

static const ir *mark_places(ir_mapper *m, const ir *n)
{
    n = ir_map(m, n);
    return has_effect(n) && ir_place_count(m->ctx, &n, 1) > 1 ? numbered(m->ctx, n, 0) : n;
}

const ir *ir_mark_places(cb_context *c, const ir *e)
{
    ir_mapper m = {.ctx = c, .fn = mark_places};
    return ir_place_count(c, &e, 1) > 1 ? ir_apply(&m, e) : e;
}

/* ---- undef ----------------------------------------------------------------------------------- */

static bool is_undef(const ir *n) { return n->op == IR_UNDEF; }

bool ir_has_undef(cb_context *c, const ir *value) { return ir_any(c, value, is_undef); }

const ir *ir_split_undef(cb_context *c, const ir *n, const ir **when)
{
    const ir *wa, *wb;
    *when = ir_bool(c, true);
    if (n->op == IR_UNDEF)
        *when = ir_bool(c, false);
    if (n->op != IR_SELECT || !ir_has_undef(c, n))
        return n->op == IR_UNDEF ? NULL : n;
    const ir *cond = n->arg[0], *other = ir_not(c, cond);
    const ir *a = ir_split_undef(c, n->arg[1], &wa), *b = ir_split_undef(c, n->arg[2], &wb);
    *when = ir_or(c, ir_and(c, cond, wa), ir_and(c, other, wb));
    return !a ? b : !b ? a : ir_select(c, cond, a, b);
}
