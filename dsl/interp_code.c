/* dsl/interp_code.c: expressions as arrays of instructions over slots, operands first, shared nodes
 * once. (in(x - 1, y) + 3)/2 becomes
 *
 *     slot 0 = x (environment)   slot 1 = 1   slot 3 = y   slot 5 = 3   slot 7 = 2
 *     slot 2 = SUB 0 1      slot 4 = CALL in 2 3      slot 6 = ADD 4 5      slot 8 = DIV 6 7
 */
#include "interp.h"

typedef struct compiler {
    cb_context *ctx;
    arena *a;
    const code_symbols *syms;
    icode *code;
    map slot_of; /* node -> slot */
    map lets;    /* symbol -> slot */
} compiler;

static uint32_t new_slot(compiler *C, ir_value v)
{
    vec_push(C->a, &C->code->slot, v);
    return C->code->slot.n - 1;
}

static uint32_t compile_var(compiler *C, const ir *n)
{
    ir_sym s = n->u.sym;
    uint64_t w;
    if (map_get(&C->lets, s, &w))
        return (uint32_t)w;
    if (map_get(&C->syms->env, s, &w)) {
        uint32_t slot = new_slot(C, (ir_value){0});
        vec_push(C->a, &C->code->env_dst, slot);
        vec_push(C->a, &C->code->env_src, (uint32_t)w);
        return slot;
    }
    if (map_get(&C->syms->value, s, &w))
        return new_slot(C, (union { uint64_t u; ir_value v; }){w}.v);
    diag_bug(&C->ctx->diags, "interp", "'%s' has no value", ir_sym_name(C->ctx, s));
}

static bool slot_of(const compiler *C, const ir *n, uint32_t *slot)
{
    uint64_t w;
    if (!map_get(&C->slot_of, (uint64_t)(uintptr_t)n, &w))
        return false;
    *slot = (uint32_t)w;
    return true;
}

/* The operands are compiled already. */
static uint32_t compile_op(compiler *C, const ir *n)
{
    instr in = {.op = (ir_op)n->op, .type = n->type, .nargs = n->nargs};
    if (n->type.lanes != 1 || (n->op != IR_CALL && n->op != IR_C_CALL && (n->nargs > 3 || n->nargs == 0)))
        diag_bug(&C->ctx->diags, "interp", "%s in a definition", ir_ops[n->op].id);
    if (n->op == IR_CALL) {
        in.callee = C->syms->func(C->syms->user, n->u.ref.sym);
        in.value = n->u.ref.index;
    }
    if (n->op == IR_C_CALL)
        in.c_call = n;
    if (C->syms->strict)
        in.op = ir_strict_op(in.op, in.type);
    in.first = C->code->arg.n;
    for (uint32_t i = 0; i < n->nargs; i++) {
        uint32_t slot = 0;
        slot_of(C, n->arg[i], &slot);
        vec_push(C->a, &C->code->arg, slot);
        if (i < 3)
            in.operand[i] = n->arg[i]->type;
    }
    in.dst = new_slot(C, (ir_value){0});
    vec_push(C->a, &C->code->at, in);
    return in.dst;
}

/* Its value is that of its first operand. */
static uint32_t compile_effect(compiler *C, const ir *n)
{
    const effect_kind *kind = ir_symbol_of(C->ctx, n->u.ref.sym)->aux;
    if (!kind)
        diag_bug(&C->ctx->diags, "interp", "a call of '%s'", ir_sym_name(C->ctx, n->u.ref.sym));
    ieffect e = {*kind, n, NEW_ARRAY(C->a, uint32_t, n->nargs)};
    for (uint32_t i = 0; i < n->nargs; i++)
        slot_of(C, n->arg[i], &e.slot[i]);
    vec_push(C->a, &C->code->effects, e);
    return e.slot[0];
}

static uint32_t compile_node(compiler *C, const ir *n)
{
    uint32_t slot = 0;
    switch ((int)n->op) {
    case IR_INT:
    case IR_FLOAT: return new_slot(C, value_of(n));
    case IR_FIELD: return new_slot(C, C->syms->field(C->syms->user, n));
    case IR_VAR: return compile_var(C, n);
    case IR_STRING: return new_slot(C, (ir_value){0});
    case IR_IMPURE: return compile_effect(C, n);
    case IR_LET: slot_of(C, n->arg[1], &slot); return slot;
    default: return compile_op(C, n);
    }
}

/* The first operand of n that is not compiled yet, or NULL. The value of a LET is bound before its
 * body is compiled. */
static const ir *waits_for(compiler *C, const ir *n)
{
    uint32_t slot;
    for (uint32_t i = 0; i < n->nargs; i++) {
        if (!slot_of(C, n->arg[i], &slot))
            return n->arg[i];
        if (n->op == IR_LET && i == 0)
            map_put(C->a, &C->lets, n->u.sym, slot);
    }
    return NULL;
}

static uint32_t compile(compiler *C, const ir *root)
{
    vec(const ir *) stack = {0};
    uint32_t slot = 0;
    vec_push(C->a, &stack, root);
    while (stack.n) {
        const ir *n = stack.at[stack.n - 1], *first = waits_for(C, n);
        if (first) {
            vec_push(C->a, &stack, first);
            continue;
        }
        if (!slot_of(C, n, &slot)) {
            slot = compile_node(C, n);
            map_put(C->a, &C->slot_of, (uint64_t)(uintptr_t)n, slot);
        }
        stack.n--;
    }
    return slot;
}

icode *code_new(cb_context *c, arena *a, const code_symbols *syms, const ir *const *root,
                uint32_t n)
{
    compiler C = {.ctx = c, .a = a, .syms = syms, .code = NEW(a, icode)};
    C.code->root = NEW_ARRAY(a, uint32_t, n);
    for (uint32_t i = 0; i < n; i++)
        C.code->root[i] = compile(&C, root[i]);
    C.code->missing = NEW_ARRAY(a, uint8_t, C.code->slot.n);
    C.code->slack = NEW_ARRAY(a, double, C.code->slot.n);
    return C.code;
}
