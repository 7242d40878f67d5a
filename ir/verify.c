/* ir/verify.c: the typing rule of every operation, and the rule of scopes.
 *
 *     x + y      ADD i32 needs two i32 operands
 *     for x ...  x is a fresh symbol: bound once on every path from the root
 *
 * The constructors ask for the typing rule of each node they make, so that a wrong node never
 * exists; ir_verify asks again for a whole tree, and checks that symbols are bound before use and
 * never twice in one nest.
 */
#include "ir.h"

#include <string.h>

/* ---- typing ---------------------------------------------------------------------------------- */

#define CHECK(cond, message)                                                                     \
    do {                                                                                         \
        if (!(cond))                                                                             \
            return message;                                                                      \
    } while (0)

static bool same_kind(cb_type a, cb_type b) { return a.code == b.code && a.bits == b.bits; }
static bool is_bits(cb_type t) { return t.code <= CB_UINT && t.bits > 0; } /* integers and bool */
static bool is_scalar(const ir *n, cb_type t) { return type_eq(n->type, t); }

static const char *binary_error(ir_class cls, cb_type t, cb_type a, cb_type b)
{
    bool is_bool = type_is_bool(a);
    CHECK(a.lanes == b.lanes && a.lanes == t.lanes, "operands with different lanes");
    if (cls == IRC_SHIFT2) {
        CHECK(type_eq(a, t), "the result has not the type of the first operand");
        CHECK(type_is_integer(a) && type_is_integer(b), "operands are not integers");
        return NULL;
    }
    CHECK(type_eq(a, b), "operands of different types");
    CHECK(a.code != CB_HANDLE || cls == IRC_CMP2, "operands are handles");
    CHECK(a.bits > 0, "operands have no value");
    CHECK(cls != IRC_ARITH2 || !is_bool, "arithmetic on bool");
    CHECK(cls != IRC_LOGIC2 || is_bool, "operands are not bool");
    CHECK(cls != IRC_BIT2 || is_bits(a), "operands are not integers");
    CHECK(cls != IRC_INT2 || type_is_integer(a), "operands are not integers");
    CHECK(cls != IRC_MATH2 || type_is_float(a), "operands are not floats");
    if (cls == IRC_CMP2)
        CHECK(type_is_bool(t), "the result is not bool");
    else
        CHECK(type_eq(a, t), "the result has not the type of the operands");
    return NULL;
}

static const char *unary_error(ir_op op, cb_type t, cb_type a)
{
    switch (ir_ops[op].cls) {
    case IRC_LOGIC1: CHECK(type_is_bool(a), "the operand is not bool"); break;
    case IRC_BIT1: CHECK(is_bits(a), "the operand is not an integer"); break;
    case IRC_INT1: CHECK(type_is_integer(a), "the operand is not an integer"); break;
    case IRC_MATH1: CHECK(type_is_float(a), "the operand is not a float"); break;
    default: break;
    }
    CHECK(type_eq(t, a), "the result has not the type of the operand");
    return NULL;
}

static const char *leaf_error(ir_op op, cb_type t)
{
    switch ((int)op) {
    case IR_INT: CHECK((is_bits(t) || t.code == CB_HANDLE) && t.lanes == 1, "type"); break;
    case IR_FLOAT: CHECK(type_is_float(t) && t.lanes == 1, "type"); break;
    case IR_UNDEF: CHECK(t.bits > 0 && t.lanes == 1, "type"); break;
    case IR_VAR: CHECK(t.lanes >= 1 && t.bits > 0, "a variable without type"); break;
    default: break;
    }
    return NULL;
}

static const char *shuffle_error(cb_type t, const ir *n, const ir *const *args, uint32_t nargs)
{
    uint32_t lanes = 0;
    CHECK(nargs > 0, "no operands");
    for (uint32_t i = 0; i < nargs; i++) {
        CHECK(same_kind(args[i]->type, t), "operands of different types");
        lanes += args[i]->type.lanes;
    }
    for (uint32_t i = 0; n && i < t.lanes; i++)
        CHECK(n->u.lanes[i] >= 0 && (uint32_t)n->u.lanes[i] < lanes, "a lane that is not there");
    return NULL;
}

static const char *reduce_error(cb_type t, const ir *n, cb_type a)
{
    CHECK(same_kind(a, t), "the result has not the type of the operand");
    CHECK(t.lanes > 0 && a.lanes % t.lanes == 0, "lanes do not divide");
    if (!n)
        return NULL;
    switch ((int)n->u.i) {
    case IR_ADD:
    case IR_MUL:
    case IR_MIN:
    case IR_MAX: CHECK(!type_is_bool(a), "arithmetic on bool"); return NULL;
    case IR_AND:
    case IR_OR: CHECK(type_is_bool(a), "the operand is not bool"); return NULL;
    case IR_BIT_AND:
    case IR_BIT_OR:
    case IR_BIT_XOR: CHECK(is_bits(a), "the operand is not an integer"); return NULL;
    default: return "not a reduction";
    }
}

static const char *coords_error(const ir *const *args, uint32_t n, unsigned lanes)
{
    for (uint32_t i = 0; i < n; i++)
        CHECK(type_eq(args[i]->type, type_lanes(T_I32, lanes)),
              "a coordinate is not i32 with the lanes of the value");
    return NULL;
}

static const char *other_error(ir_op op, cb_type t, const ir *n, const ir *const *args,
                               uint32_t nargs)
{
    cb_type a = nargs ? args[0]->type : T_VOID;
    switch ((int)op) {
    case IR_ABS:
        if (a.code == CB_INT)
            a.code = CB_UINT;
        CHECK(type_eq(t, a) && a.code != CB_HANDLE && !type_is_bool(a), "type");
        return NULL;
    case IR_SELECT:
        CHECK(type_eq(a, type_bool(t.lanes)),
              "the condition is not bool with the lanes of the value");
        CHECK(type_eq(args[1]->type, t) && type_eq(args[2]->type, t), "sides of different types");
        return NULL;
    case IR_CAST:
        CHECK(a.lanes == t.lanes, "lanes change");
        CHECK(a.code != CB_HANDLE && t.code != CB_HANDLE && a.bits && t.bits, "type");
        return NULL;
    case IR_REINTERPRET:
        CHECK((uint32_t)a.bits * a.lanes == (uint32_t)t.bits * t.lanes, "sizes differ");
        return NULL;
    case IR_IS_NAN:
        CHECK(type_is_float(a) && type_eq(t, type_bool(a.lanes)), "type");
        return NULL;
    case IR_ABSD:
        CHECK(type_eq(a, args[1]->type), "operands of different types");
        if (a.code == CB_INT)
            a.code = CB_UINT;
        CHECK(type_eq(t, a) && a.code != CB_HANDLE && !type_is_bool(a), "type");
        return NULL;
    case IR_MUL_SHR:
    case IR_ROUND_MUL_SHR:
        CHECK(type_eq(a, args[1]->type) && type_eq(a, t), "operands of different types");
        CHECK(type_is_integer(a) && type_is_integer(args[2]->type), "operands are not integers");
        CHECK(args[2]->type.lanes == t.lanes, "operands with different lanes");
        return NULL;
    case IR_FMA:
        CHECK(type_eq(a, args[1]->type) && type_eq(a, args[2]->type), "operands of different types");
        CHECK(type_is_float(a) && type_eq(a, t), "type");
        return NULL;
    case IR_LIKELY: CHECK(type_eq(a, t), "type"); return NULL;
    case IR_PLACES:
        CHECK(t.lanes == 1 && nargs >= 2, "one operand, or lanes");
        for (uint32_t i = 0; i < nargs; i++)
            CHECK(type_eq(args[i]->type, t), "operands of different types");
        return NULL;
    case IR_PROMISE:
        CHECK(type_eq(a, t) && type_eq(args[1]->type, t) && type_eq(args[2]->type, t), "type");
        return NULL;
    case IR_CALL: return coords_error(args, nargs, t.lanes);
    case IR_LOAD:
        CHECK(type_eq(a, type_lanes(T_I64, t.lanes)), "the index is not i64 with the lanes loaded");
        CHECK(type_eq(args[1]->type, type_bool(t.lanes)),
              "the predicate is not bool with the lanes loaded");
        return NULL;
    case IR_RAMP:
        CHECK(type_eq(a, args[1]->type), "base and stride of different types");
        CHECK(same_kind(a, t) && a.lanes && t.lanes % a.lanes == 0, "lanes do not divide");
        CHECK(a.code != CB_HANDLE && !type_is_bool(a), "type");
        return NULL;
    case IR_BROADCAST:
        CHECK(same_kind(a, t) && a.lanes && t.lanes % a.lanes == 0, "lanes do not divide");
        return NULL;
    case IR_SHUFFLE: return shuffle_error(t, n, args, nargs);
    case IR_REDUCE: return reduce_error(t, n, a);
    case IR_LET: CHECK(type_eq(t, args[1]->type), "type"); return NULL;
    case IR_C_CALL:
        CHECK(nargs && type_is_bool(args[nargs - 1]->type), "the last operand is not bool");
        for (uint32_t i = 0; i < nargs; i++)
            CHECK(args[i]->type.lanes == t.lanes, "lanes differ");
        return NULL;
    case IR_QUERY: CHECK(type_eq(t, T_I64), "type"); return NULL;
    case IR_QUERY_DIM: CHECK(type_eq(a, T_I64) && type_eq(t, T_I32), "type"); return NULL;
    default: return NULL;
    }
}

static const char *stores_error(const ir *const *args, uint32_t n, const ir *pred)
{
    for (uint32_t i = 0; i < n; i++)
        CHECK(args[i]->type.lanes == pred->type.lanes && args[i]->type.bits, "lanes differ");
    CHECK(type_is_bool(pred->type), "the predicate is not bool");
    return NULL;
}

static const char *region_error(const ir *const *args, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        CHECK(is_scalar(args[i], T_I32), "a bound is not a scalar i32");
    return NULL;
}

/* Which operands of a statement are statements? The rest are expressions. */
static bool operand_is_stmt(ir_op op, uint32_t i, uint32_t nargs)
{
    switch ((int)op) {
    case IR_BLOCK:
    case IR_FORK: return true;
    case IR_LET_STMT:
    case IR_PRODUCE:
    case IR_CONSUME:
    case IR_FOR:
    case IR_REALIZE:
    case IR_ALLOCATE:
    case IR_ACQUIRE:
    case IR_ATOMIC: return i + 1 == nargs;
    case IR_IF: return i > 0;
    default: return false;
    }
}

static const char *stmt_error(ir_op op, const ir *n, const ir *const *args, uint32_t nargs)
{
    const ir_info *info = n->u.info;
    const char *wrong = NULL;
    for (uint32_t i = 0; i < nargs; i++)
        CHECK(ir_is_stmt(args[i]) == operand_is_stmt(op, i, nargs),
              "a statement in the place of an expression, or the other way round");
    for (uint32_t i = 0; i < nargs; i++)
        if (ir_is_poison(args[i]))
            return NULL; /* reported already; nothing more can be said */
    switch ((int)op) {
    case IR_LET_STMT: CHECK(info->sym, "no symbol"); return NULL;
    case IR_ASSERT:
        CHECK(nargs >= 1 && is_scalar(args[0], T_BOOL), "the condition is not a scalar bool");
        CHECK(info->text, "no message");
        return NULL;
    case IR_PRINT: CHECK(info->text, "no message"); return NULL;
    case IR_FOR:
        CHECK(info->sym, "no symbol");
        return region_error(args, 2);
    case IR_PROVIDE:
        CHECK(nargs == info->rank + info->nvalues + 1, "number of operands");
        wrong = stores_error(args, nargs - 1, args[nargs - 1]);
        return wrong ? wrong : coords_error(args, info->rank, args[nargs - 1]->type.lanes);
    case IR_STORE:
        CHECK(type_is_int(args[0]->type) && args[0]->type.bits == 64, "the index is not i64");
        return stores_error(args, 2, args[2]);
    case IR_REALIZE:
        CHECK(nargs == 2 * info->rank + 2, "number of operands");
        CHECK(is_scalar(args[nargs - 2], T_BOOL), "the condition is not a scalar bool");
        return region_error(args, 2 * info->rank);
    case IR_ALLOCATE:
        CHECK(is_scalar(args[0], T_I64), "the size is not a scalar i64");
        CHECK(is_scalar(args[1], T_BOOL), "the condition is not a scalar bool");
        CHECK(info->type.bits && info->type.lanes == 1, "no element type");
        return NULL;
    case IR_IF:
        CHECK(nargs == 2 || nargs == 3, "number of operands");
        CHECK(is_scalar(args[0], T_BOOL), "the condition is not a scalar bool");
        return NULL;
    case IR_PAR_CALL:
        CHECK(nargs >= 2 && is_scalar(args[0], T_I64) && is_scalar(args[1], T_I64),
              "begin and end are not scalar i64");
        return NULL;
    case IR_SET_DIM:
        CHECK(is_scalar(args[2], T_I64), "the stride is not a scalar i64");
        return region_error(args, 2);
    case IR_PREFETCH:
        for (uint32_t i = 0; i < nargs; i++)
            CHECK(is_scalar(args[i], T_I32) || (nargs == 1 && is_scalar(args[i], T_I64)), "a coordinate is not a scalar i32");
        return NULL;
    default: return NULL;
    }
}

const char *ir_type_error(ir_op op, cb_type t, const ir *n, const ir *const *args, uint32_t nargs)
{
    ir_class cls = ir_ops[op].cls;
    CHECK(ir_ops[op].nargs < 0 || (uint32_t)ir_ops[op].nargs == nargs, "number of operands");
    if (cls == IRC_STMT)
        return stmt_error(op, n, args, nargs);
    for (uint32_t i = 0; i < nargs; i++)
        CHECK(!ir_is_stmt(args[i]), "a statement in the place of an expression");
    switch (cls) {
    case IRC_LEAF: return leaf_error(op, t);
    case IRC_ARITH2:
    case IRC_CMP2:
    case IRC_LOGIC2:
    case IRC_BIT2:
    case IRC_INT2:
    case IRC_SHIFT2:
    case IRC_MATH2: return binary_error(cls, t, args[0]->type, args[1]->type);
    case IRC_LOGIC1:
    case IRC_BIT1:
    case IRC_INT1:
    case IRC_MATH1: return unary_error(op, t, args[0]->type);
    case IRC_OTHER: return other_error(op, t, n, args, nargs);
    case IRC_STMT: break;
    }
    return NULL;
}

/* ---- scopes ---------------------------------------------------------------------------------- */

typedef struct verifier {
    cb_context *ctx;
    map bound; /* symbol -> 1 while in scope */
    map typed; /* expressions whose types were checked */
    map seen;  /* expressions checked in the current scope */
    int depth;
    const char *wrong;
} verifier;

static bool in_scope(const verifier *V, ir_sym s)
{
    uint64_t v;
    return map_get(&V->bound, s, &v) && v;
}

static bool must_be_bound(ir_sym_kind k)
{
    switch (k) {
    case SYM_VAR:
    case SYM_RVAR:
    case SYM_LOOP:
    case SYM_LET: return true;
    case SYM_NONE:
    case SYM_PARAM:
    case SYM_KNOB:
    case SYM_FUNC:
    case SYM_IMAGE:
    case SYM_REGION:
    case SYM_BUFFER:
    case SYM_EXTERN: return false;
    }
    return false;
}

static void fail(verifier *V, const ir *n, const char *what)
{
    if (!V->wrong)
        V->wrong = arena_printf(V->ctx->a, "%s (node %u): %s", ir_ops[n->op].id, n->id, what);
}

static void bind(verifier *V, const ir *n, ir_sym s)
{
    if (s == 0 || s >= V->ctx->syms.n)
        fail(V, n, "no symbol");
    else if (in_scope(V, s))
        fail(V, n, arena_printf(V->ctx->a, "'%s' (symbol %u) is bound twice in one nest",
                                ir_sym_name(V->ctx, s), s));
    map_put(V->ctx->a, &V->bound, s, 1);
    map_clear(&V->seen);
}

static void unbind(verifier *V, ir_sym s)
{
    map_put(V->ctx->a, &V->bound, s, 0);
    map_clear(&V->seen);
}

static void check_types(verifier *V, const ir *n)
{
    const char *wrong = ir_type_error((ir_op)n->op, n->type, n, n->arg, n->nargs);
    if (wrong)
        fail(V, n, wrong);
}

static void check_expr(verifier *V, const ir *n)
{
    if (V->wrong || map_getp(&V->seen, n))
        return;
    if (!map_getp(&V->typed, n)) {
        map_putp(V->ctx->a, &V->typed, n, n);
        check_types(V, n);
    }
    if (n->op == IR_VAR) {
        if (n->u.sym == 0 || n->u.sym >= V->ctx->syms.n)
            fail(V, n, "no symbol");
        else if (must_be_bound(ir_symbol_of(V->ctx, n->u.sym)->kind) && !in_scope(V, n->u.sym))
            fail(V, n, arena_printf(V->ctx->a, "'%s' (symbol %u) is used where it is not bound",
                                    ir_sym_name(V->ctx, n->u.sym), n->u.sym));
    } else if (n->op == IR_LET) {
        check_expr(V, n->arg[0]);
        bind(V, n, n->u.sym);
        check_expr(V, n->arg[1]);
        unbind(V, n->u.sym);
    } else {
        for (uint32_t i = 0; i < n->nargs; i++)
            check_expr(V, n->arg[i]);
    }
    map_putp(V->ctx->a, &V->seen, n, n);
}

static bool binds(ir_op op)
{
    return op == IR_LET_STMT || op == IR_FOR || op == IR_REALIZE || op == IR_ALLOCATE;
}

static void check_stmt(verifier *V, const ir *n)
{
    if (V->wrong)
        return;
    if (++V->depth > V->ctx->depth_limit) {
        fail(V, n, "statements are nested too deep");
        return;
    }
    check_types(V, n);
    ir_sym s = binds((ir_op)n->op) ? n->u.info->sym : 0;
    for (uint32_t i = 0; i < n->nargs && !V->wrong; i++) {
        if (!ir_is_stmt(n->arg[i])) {
            check_expr(V, n->arg[i]);
            continue;
        }
        if (s)
            bind(V, n, s);
        check_stmt(V, n->arg[i]);
        if (s)
            unbind(V, s);
    }
    V->depth--;
}

const char *ir_verify(cb_context *c, const ir *n, const map *bound)
{
    verifier V = {.ctx = c};
    for (uint32_t i = 0; bound && i < bound->n; i++)
        map_put(c->a, &V.bound, bound->entry[i].key, 1);
    if (ir_is_stmt(n))
        check_stmt(&V, n);
    else
        check_expr(&V, n);
    return V.wrong;
}
