/* codegen/llvm_expr.c: expressions to LLVM values.
 *
 *     (x + 1)*2   ->   %a = add i32 %x, 1
 *                      %b = mul i32 %a, 2
 *
 * Expressions are DAGs of any depth, so they are emitted from an explicit stack, operands first,
 * and remembered. The memory lasts for one statement: within it a load may stand for another of the
 * same address, beyond it not. Everything emitted in a statement dominates what is emitted later in
 * it, because control flow inside expressions (a load under a scalar predicate) rejoins at once.
 *
 * The index of a load is not emitted as a value here: llvm_vector.c looks at its shape.
 */
#include "llvm.h"

void cg_forget(cg *g)
{
    if (g->memo.n > g->largest)
        g->largest = g->memo.n;
    map_clear(&g->memo);
    map_clear(&g->let_values);
}

void cg_unsupported(cg *g, const ir *n)
{
    diag_bug(&g->ctx->diags, "cg_llvm", "'%s' reached code generation", ir_ops[n->op].spelling);
}

/* ---- leaves ---------------------------------------------------------------------------------- */

static LLVMValueRef float_constant(cg *g, cb_type t, double v)
{
    if (t.bits != 16)
        return LLVMConstReal(t.bits == 64 ? g->f64 : g->f32, v);
    /* Small floats are kept as their bits; the constant folder knows how to make them. */
    ir_value in = {.f = v}, out;
    bool overflow = false;
    cb_type bits = {CB_UINT, 16, 1}, scalar = type_scalar(t);
    if (!value_eval(IR_REINTERPRET, bits, &scalar, &in, &out, &overflow))
        diag_bug(&g->ctx->diags, "cg_llvm", "no bits for a 16-bit float");
    return LLVMConstInt(g->i16, (unsigned long long)out.i & 0xffff, 0);
}

static LLVMValueRef variable(cg *g, const ir *n)
{
    LLVMValueRef v = NULL;
    uint64_t word;
    if (map_get(&g->vars, n->u.sym, &word))
        v = (LLVMValueRef)(uintptr_t)word;
    if (!v)
        diag_bug(&g->ctx->diags, "cg_llvm", "symbol '%s' (%u) has no value here",
                 ir_sym_name(g->ctx, n->u.sym), n->u.sym);
    return v;
}

static LLVMValueRef struct_field(cg *g, LLVMTypeRef type, LLVMValueRef p, unsigned field,
                                 LLVMTypeRef as)
{
    LLVMValueRef at = LLVMBuildStructGEP2(g->b, type, p, field, "");
    LLVMValueRef v = LLVMBuildLoad2(g->b, as, at, "");
    cg_mark_access(g, v, 0);
    return v;
}

static LLVMValueRef dim_field(cg *g, const cg_memory *m, unsigned dim, unsigned field)
{
    LLVMValueRef i = cg_i64(g, dim);
    LLVMValueRef at = LLVMBuildInBoundsGEP2(g->b, g->dim_type, m->dims, &i, 1, "");
    return struct_field(g, g->dim_type, at, field, field == 2 ? g->i64 : g->i32);
}

/* Numbers of the members of cb_buffer and of cb_type inside it. */
enum { B_SIZE, B_VERSION, B_HOST, B_DEVICE, B_OPS, B_FLAGS, B_CODE, B_BITS, B_LANES, B_RANK };

static LLVMValueRef field(cg *g, const ir *n)
{
    cg_memory *m = cg_memory_of(g, n->u.ref.sym);
    LLVMTypeRef t = g->buffer_type;
    LLVMValueRef p = m->header, a, b;
    if (!p)
        diag_bug(&g->ctx->diags, "cg_llvm", "'%s' is not an argument buffer",
                 ir_sym_name(g->ctx, n->u.ref.sym));
    unsigned dim = n->u.ref.index % 16;
    switch ((ir_buffer_field)(n->u.ref.index / 16)) {
    case FIELD_MIN: return dim_field(g, m, dim, 0);
    case FIELD_EXTENT: return dim_field(g, m, dim, 1);
    case FIELD_STRIDE: return dim_field(g, m, dim, 2);
    case FIELD_TYPE_CODE:
        return LLVMBuildZExt(g->b, struct_field(g, t, p, B_CODE, g->i8), g->i32, "");
    case FIELD_TYPE_BITS:
        return LLVMBuildZExt(g->b, struct_field(g, t, p, B_BITS, g->i8), g->i32, "");
    case FIELD_RANK: return struct_field(g, t, p, B_RANK, g->i32);
    case FIELD_IS_NULL: return LLVMBuildIsNull(g->b, p, "");
    case FIELD_HOST_NULL: return LLVMBuildIsNull(g->b, struct_field(g, t, p, B_HOST, g->ptr), "");
    case FIELD_IS_QUERY:
        a = LLVMBuildIsNull(g->b, struct_field(g, t, p, B_HOST, g->ptr), "");
        b = LLVMBuildIsNull(g->b, struct_field(g, t, p, B_DEVICE, g->i64), "");
        return LLVMBuildAnd(g->b, a, b, "");
    case FIELD_BAD_VERSION:
        a = struct_field(g, t, p, B_SIZE, g->i32);
        a = LLVMBuildICmp(g->b, LLVMIntULT, a, cg_i32(g, (int64_t)sizeof(cb_buffer)), "");
        b = struct_field(g, t, p, B_VERSION, g->i32);
        b = LLVMBuildICmp(g->b, LLVMIntNE, b, cg_i32(g, CB_BUFFER_VERSION), "");
        return LLVMBuildOr(g->b, a, b, "");
    case FIELD_HOST_LOW:
        a = LLVMBuildPtrToInt(g->b, struct_field(g, t, p, B_HOST, g->ptr), g->i64, "");
        return LLVMBuildTrunc(g->b, LLVMBuildAnd(g->b, a, cg_i64(g, 4095), ""), g->i32, "");
    case FIELD_COUNT: break;
    }
    diag_bug(&g->ctx->diags, "cg_llvm", "unknown buffer field");
}

/* ---- one node, its operands being there ------------------------------------------------------ */

static LLVMValueRef operand(cg *g, const ir *n)
{
    return (LLVMValueRef)map_getp(&g->memo, n);
}

static LLVMValueRef extern_call(cg *g, const ir *n)
{
    LLVMValueRef *arg = NEW_ARRAY(g->ctx->a, LLVMValueRef, n->nargs + 1);
    for (uint32_t i = 0; i < n->nargs; i++) {
        LLVMValueRef v = operand(g, n->arg[i]);
        arg[i] = type_is_bool(n->arg[i]->type) ? cg_cast(g, T_U8, n->arg[i]->type, v) : v;
    }
    bool is_bool = type_is_bool(n->type);
    LLVMTypeRef result = cg_type(g, type_scalar(is_bool ? T_U8 : n->type));
    LLVMValueRef v =
        cg_call_lanes(g, ir_sym_name(g->ctx, n->u.ref.sym), result, arg, n->nargs, false);
    return is_bool ? cg_cast(g, n->type, type_lanes(T_U8, n->type.lanes), v) : v;
}

static LLVMValueRef reinterpret(cg *g, const ir *n)
{
    LLVMTypeRef to = cg_type(g, n->type);
    LLVMValueRef v = operand(g, n->arg[0]);
    return LLVMTypeOf(v) == to ? v : LLVMBuildBitCast(g->b, v, to, "");
}

static LLVMValueRef shuffle(cg *g, const ir *n)
{
    LLVMValueRef *part = NEW_ARRAY(g->ctx->a, LLVMValueRef, n->nargs + 1);
    for (uint32_t i = 0; i < n->nargs; i++)
        part[i] = operand(g, n->arg[i]);
    return cg_shuffle(g, part, n->nargs, n->u.lanes, n->type.lanes);
}

static LLVMValueRef c_call(cg *g, const ir *n)
{
    LLVMValueRef *arg = NEW_ARRAY(g->ctx->a, LLVMValueRef, n->nargs);
    for (uint32_t i = 0; i < n->nargs; i++)
        arg[i] = operand(g, n->arg[i]);
    return cg_c_call(g, n, arg);
}

static LLVMValueRef query(cg *g, const ir *n)
{
    LLVMValueRef *arg = NEW_ARRAY(g->ctx->a, LLVMValueRef, n->nargs + 1);
    for (uint32_t i = 0; i < n->nargs; i++)
        arg[i] = operand(g, n->arg[i]);
    return cg_query(g, n, arg);
}

static LLVMValueRef emit(cg *g, const ir *n)
{
    cb_type t = n->type;
    cg_dot d;
    if (cg_find_dot(g, n, &d))
        return cg_emit_dot(g, &d, d.acc ? operand(g, d.acc) : NULL, operand(g, d.a), d.b ? operand(g, d.b) : NULL);
    LLVMValueRef a = n->nargs > 0 ? operand(g, n->arg[0]) : NULL;
    LLVMValueRef b = n->nargs > 1 ? operand(g, n->arg[1]) : NULL;
    switch ((ir_op)n->op) {
    case IR_INT: return LLVMConstInt(cg_type(g, t), (unsigned long long)n->u.i, 1);
    case IR_FLOAT: return float_constant(g, t, n->u.f);
    case IR_STRING: return LLVMBuildPtrToInt(g->b, cg_text(g, n->u.s), g->i64, "");
    case IR_VAR: return variable(g, n);
    case IR_FIELD: return field(g, n);
    case IR_ADD: case IR_SUB: case IR_MUL: case IR_DIV: case IR_MOD: case IR_DIV_TZ:
    case IR_MOD_TZ: case IR_MIN: case IR_MAX:
        return cg_arith(g, (ir_op)n->op, t, a, b);
    case IR_EQ: case IR_NE: case IR_LT: case IR_LE:
        return cg_compare(g, (ir_op)n->op, n->arg[0]->type, a, b);
    case IR_AND: case IR_BIT_AND: return LLVMBuildAnd(g->b, a, b, "");
    case IR_OR: case IR_BIT_OR: return LLVMBuildOr(g->b, a, b, "");
    case IR_BIT_XOR: return LLVMBuildXor(g->b, a, b, "");
    case IR_NOT: case IR_BIT_NOT: return LLVMBuildNot(g->b, a, "");
    case IR_SHL: case IR_SHR:
        return cg_shift(g, n->op == IR_SHL, t, n->arg[1]->type, a, b);
    case IR_ABS: return cg_abs(g, n->arg[0]->type, a);
    case IR_SELECT: return LLVMBuildSelect(g->b, a, b, operand(g, n->arg[2]), "");
    case IR_CAST: return cg_cast(g, t, n->arg[0]->type, a);
    case IR_REINTERPRET: return reinterpret(g, n);
    IR_MATH_CASES:
    IR_STRICT_CASES:
        return cg_math(g, (ir_op)n->op, t, (LLVMValueRef[]){a, b}, n->nargs);
    case IR_IS_NAN:
        a = cg_widen(g, n->arg[0]->type, a);
        return LLVMBuildFCmp(g->b, LLVMRealUNO, a, a, "");
    IR_FIXED_CASES:
    case IR_FMA:
        return cg_fixed(g, n, (LLVMValueRef[]){a, b, n->nargs > 2 ? operand(g, n->arg[2]) : NULL});
    case IR_LIKELY: case IR_PROMISE: return a;
    case IR_LOAD: return cg_load(g, n);
    case IR_RAMP: return cg_ramp(g, t, a, b, t.lanes / n->arg[0]->type.lanes);
    case IR_BROADCAST: return cg_splat(g, a, t.lanes / n->arg[0]->type.lanes);
    case IR_SHUFFLE: return shuffle(g, n);
    case IR_REDUCE: return cg_reduce(g, (ir_op)n->u.i, n->arg[0]->type, a, t.lanes);
    case IR_LET: return b;
    case IR_IMPURE: return extern_call(g, n);
    case IR_C_CALL: return c_call(g, n);
    case IR_QUERY: return query(g, n);
    case IR_QUERY_DIM: return cg_query_dim(g, n, a);
    case IR_EXTERN_STAGE: case IR_EXTERN_CALL:
    case IR_POISON: case IR_UNDEF: case IR_PLACES: case IR_CALL: case IR_LET_STMT: case IR_ASSERT: case IR_PRINT: case IR_PRODUCE:
    case IR_CONSUME: case IR_FOR: case IR_PROVIDE: case IR_STORE: case IR_REALIZE:
    case IR_ALLOCATE: case IR_FREE: case IR_BLOCK: case IR_IF: case IR_EVALUATE: case IR_PAR_CALL:
    case IR_FORK: case IR_ACQUIRE: case IR_ATOMIC: case IR_SET_DIM: case IR_PREFETCH:
    case IR_OP_COUNT: break;
    }
    cg_unsupported(g, n);
}

/* ---- the walk -------------------------------------------------------------------------------- */

static bool need(cg *g, const ir *n)
{
    if (map_getp(&g->memo, n))
        return false;
    vec_push(g->ctx->a, &g->work, n);
    return true;
}

/* A let whose symbol named another value earlier in this statement gets a fresh symbol, since what
 * was computed from the old one is remembered. */
static const ir *let_body(cg *g, const ir *n)
{
    const ir *seen = (const ir *)map_getp(&g->let_values, (const void *)(uintptr_t)n->u.sym);
    if (!seen) {
        map_put(g->ctx->a, &g->let_values, n->u.sym, (uint64_t)(uintptr_t)n->arg[0]);
        cg_bind(g, n->u.sym, operand(g, n->arg[0]), n->arg[0]);
    }
    if (!seen || seen == n->arg[0])
        return n->arg[1];
    uint64_t renamed;
    if (map_get(&g->let_values, (uint64_t)n->id << 32, &renamed))
        return (const ir *)(uintptr_t)renamed;
    ir_sym s = ir_sym_new(g->ctx, ir_sym_name(g->ctx, n->u.sym), SYM_LET, n->arg[0]->type, NULL);
    cg_bind(g, s, operand(g, n->arg[0]), n->arg[0]);
    const ir *var = ir_var_typed(g->ctx, s, n->arg[0]->type);
    const ir *body = ir_substitute1(g->ctx, n->arg[1], n->u.sym, var);
    map_put(g->ctx->a, &g->let_values, (uint64_t)n->id << 32, (uint64_t)(uintptr_t)body);
    return body;
}

/* Pushes the operands of n that have no value yet; true when there were some. */
enum { DEEPER = 32 };

/* Puts operands that are not there yet on the stack, to be emitted from the left. One on the
 * right that is much deeper comes first: else all the left ones of a long nest would wait for it
 * in registers. */
static bool need_operands(cg *g, const ir *n)
{
    bool more = false;
    if (n->op == IR_LET) {
        if (need(g, n->arg[0]))
            return true;
        return need(g, let_body(g, n));
    }
    const ir *instead = cg_instead(g, n);
    if (instead != n)
        return need(g, instead);
    if (n->op == IR_LOAD) /* address and predicate are its own affair */
        return false;
    cg_dot d;
    if (cg_find_dot(g, n, &d)) {
        more |= d.b && need(g, d.b);
        more |= need(g, d.a);
        more |= d.acc && need(g, d.acc);
        return more;
    }
    uint32_t before = g->work.n;
    for (uint32_t i = n->nargs; i-- > 0;)
        more |= need(g, n->arg[i]);
    if (g->work.n == before + 2 && n->nargs == 2 && n->arg[1]->depth > n->arg[0]->depth + DEEPER) {
        g->work.at[before] = n->arg[0];
        g->work.at[before + 1] = n->arg[1];
    }
    return more;
}

enum { EXPRESSIONS_IN_SIGHT = 1500 }; /* of one statement */

LLVMValueRef cg_expr(cg *g, const ir *root)
{
    uint32_t bottom = g->work.n;
    /* Loads emit their index by a call from inside, so indices of indices nest. */
    if (++g->depth > 1000) {
        diag_error(&g->ctx->diags, DIAG_TOO_DEEP, (cb_loc){0},
                   "more than 1000 loads nested in each other's indices");
        guard_fail(&g->ctx->esc);
    }
    vec_push(g->ctx->a, &g->work, root);
    while (g->work.n > bottom) {
        const ir *n = g->work.at[g->work.n - 1];
        if (!map_getp(&g->memo, n)) {
            if (need_operands(g, n))
                continue;
            const ir *same = n->op == IR_LET ? let_body(g, n) : cg_instead(g, n);
            LLVMValueRef v = same != n ? operand(g, same) : emit(g, n);
            map_putp(g->ctx->a, &g->memo, n, v);
            if (g->memo.n % EXPRESSIONS_IN_SIGHT == 0)
                cg_end_of_sight(g);
        }
        g->work.n--;
    }
    g->depth--;
    return operand(g, root);
}
