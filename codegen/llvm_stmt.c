/* codegen/llvm_stmt.c: statements to basic blocks.
 *
 * Every function has one way out for errors: g->fail, a block whose phi holds the error code. An
 * allocation puts a block of its own in front of it, which frees and goes on to the outer one:
 *
 *     allocate a {                    fail_a: code = phi ...; free(*slot_a); goto fail
 *       assert c                      fail:   code = phi ...; return code
 *     }
 *
 * so that whatever fails inside leaves nothing behind. The pointer of an allocation is kept in a
 * slot besides, since an early `free` may stand anywhere in its body: it frees and clears the slot.
 *
 * A parallel loop calls the runtime with a closure on the stack: the values captured, and for each
 * buffer its base and, when it is an argument, its cb_buffer and dimensions.
 */
#include <string.h>

#include "llvm.h"

/* ---- blocks ---------------------------------------------------------------------------------- */

LLVMBasicBlockRef cg_block(cg *g, const char *name)
{
    return LLVMAppendBasicBlockInContext(g->llvm, g->fn, name);
}

void cg_go_on_in(cg *g, LLVMBasicBlockRef b) { LLVMPositionBuilderAtEnd(g->b, b); }

LLVMBasicBlockRef cg_begin_if(cg *g, LLVMValueRef cond)
{
    LLVMBasicBlockRef then = cg_block(g, "then"), after = cg_block(g, "after");
    LLVMBuildCondBr(g->b, cond, then, after);
    cg_go_on_in(g, then);
    return after;
}

void cg_end_if(cg *g, LLVMBasicBlockRef after)
{
    LLVMBuildBr(g->b, after);
    cg_go_on_in(g, after);
}

void cg_branch_off(cg *g, LLVMValueRef cond, LLVMBasicBlockRef unlikely)
{
    LLVMBasicBlockRef next = cg_block(g, "ok");
    LLVMValueRef br = LLVMBuildCondBr(g->b, cond, unlikely, next);
    LLVMMetadataRef weights[3] = {
        LLVMMDStringInContext2(g->llvm, "branch_weights", 14),
        LLVMValueAsMetadata(cg_i32(g, 1)),
        LLVMValueAsMetadata(cg_i32(g, 1 << 20)),
    };
    LLVMMetadataRef node = LLVMMDNodeInContext2(g->llvm, weights, 3);
    LLVMSetMetadata(br, g->md_prof, LLVMMetadataAsValue(g->llvm, node));
    cg_go_on_in(g, next);
}

/* A block that takes an error code. */
static LLVMBasicBlockRef fail_block(cg *g)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b), b = cg_block(g, "fail");
    cg_go_on_in(g, b);
    LLVMBuildPhi(g->b, g->i32, "code");
    if (here)
        cg_go_on_in(g, here);
    return b;
}

static LLVMValueRef fail_code(LLVMBasicBlockRef b) { return LLVMGetFirstInstruction(b); }

static void comes_from(LLVMBasicBlockRef fail, LLVMValueRef code, LLVMBasicBlockRef from)
{
    LLVMAddIncoming(fail_code(fail), &code, &from, 1);
}

/* From the current block, which ends here. */
void cg_fail_with(cg *g, LLVMValueRef code)
{
    comes_from(g->fail, code, LLVMGetInsertBlock(g->b));
    LLVMBuildBr(g->b, g->fail);
}

void cg_fail_if(cg *g, LLVMValueRef bad, LLVMValueRef code)
{
    comes_from(g->fail, code, LLVMGetInsertBlock(g->b));
    cg_branch_off(g, bad, g->fail);
}

void cg_check_code(cg *g, LLVMValueRef code)
{
    cg_fail_if(g, LLVMBuildICmp(g->b, LLVMIntNE, code, cg_i32(g, 0), ""), code);
}

/* ---- functions ------------------------------------------------------------------------------- */

void cg_function_begin(cg *g, LLVMValueRef fn)
{
    g->fn = fn;
    g->env = LLVMGetParam(fn, 0);
    map_clear(&g->vars);
    map_clear(&g->lines);
    map_clear(&g->lets);
    map_clear(&g->memory);
    cg_forget(g);
    g->loop_depth = 0;
    g->loops = 0;
    g->slots = g->zero_slot = g->room = NULL;
    g->reporter = (cg_reporter){NULL};
    g->room_bytes = 0;
    g->entry = cg_block(g, "entry");
    g->fail = fail_block(g);
    g->last_fail = g->fail;
    g->start = cg_block(g, "start");
    cg_go_on_in(g, g->start);
}

/* What was stored past the caches is there for other threads from here on: x86 orders such stores only when told to. */
static void settle_streams(cg *g)
{
    if (!g->streams)
        return;
    if (g->target->arch != ARCH_X86_64) {
        LLVMBuildFence(g->b, LLVMAtomicOrderingSequentiallyConsistent, 0, "");
        return;
    }
    cg_call_named(g, "llvm.x86.sse.sfence", NULL, 0, g->nothing, NULL, 0);
}

void cg_function_end(cg *g)
{
    settle_streams(g);
    LLVMBuildRet(g->b, cg_i32(g, 0));
    cg_go_on_in(g, g->last_fail);
    LLVMValueRef code = fail_code(g->last_fail);
    if (LLVMCountIncoming(code)) {
        settle_streams(g);
        LLVMBuildRet(g->b, code);
    } else {
        LLVMDeleteBasicBlock(g->last_fail);
    }
    cg_go_on_in(g, g->entry);
    LLVMBuildBr(g->b, g->start);
}

LLVMValueRef cg_alloca(cg *g, LLVMTypeRef t, uint64_t count, unsigned align)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b);
    cg_go_on_in(g, g->entry);
    LLVMValueRef p = count == 1 ? LLVMBuildAlloca(g->b, t, "")
                                : LLVMBuildAlloca(g->b, LLVMArrayType2(t, count), "");
    if (align)
        LLVMSetAlignment(p, align);
    cg_go_on_in(g, here);
    return p;
}

cg_memory *cg_memory_of(cg *g, ir_sym buffer)
{
    cg_memory *m = map_getp(&g->memory, (const void *)(uintptr_t)buffer);
    if (!m)
        diag_bug(&g->ctx->diags, "cg_llvm", "buffer '%s' (%u) does not exist here",
                 ir_sym_name(g->ctx, buffer), buffer);
    return m;
}

static bool is_memory(const ir *n)
{
    return n->op == IR_LOAD || n->op == IR_IMPURE || n->op == IR_C_CALL || n->op == IR_FIELD || n->op == IR_QUERY_DIM;
}

/* Names a value. `value`, when given, is the expression behind it: vectors remember it, so that an
 * index hidden behind a name keeps its shape, unless computing it later could give another. */
void cg_bind(cg *g, ir_sym s, LLVMValueRef v, const ir *value)
{
    arena *a = g->ctx->a;
    if (g->innermost)
        map_put(a, &g->changing, s, 1);
    map_put(a, &g->vars, s, (uint64_t)(uintptr_t)v);
    cg_bind_line(g, s, value);
    bool vector = value && value->type.lanes > 1 && type_is_integer(value->type);
    map_put(a, &g->lets, s, vector && !ir_any(g->ctx, value, is_memory) ? (uint64_t)(uintptr_t)value : 0);
}

static LLVMValueRef fresh_expr(cg *g, const ir *n)
{
    cg_forget(g);
    return cg_expr(g, n);
}

/* ---- allocations ----------------------------------------------------------------------------- */

enum { SMALL_STACK = 16 << 10, LARGEST_STACK = 1 << 20 };

typedef struct allocation {
    cg_memory *memory;
    LLVMBasicBlockRef outer; /* the fail block around */
} allocation;

static LLVMValueRef runtime_call(cg *g, const char *name, LLVMTypeRef result, LLVMTypeRef arg,
                                 LLVMValueRef v)
{
    LLVMTypeRef types[2] = {g->ptr, arg}, type = LLVMFunctionType(result, types, 2, 0);
    LLVMValueRef fn = cg_extern(g, name, type);
    /* It may touch what its arguments point to and memory of its own, so not what buffers hold. */
    cg_attribute(g, fn, LLVMAttributeFunctionIndex, "memory", 0xf);
    return LLVMBuildCall2(g->b, type, fn, (LLVMValueRef[]){g->env, v}, 2, "");
}

static void free_slot(cg *g, const cg_memory *m)
{
    LLVMValueRef p = LLVMBuildLoad2(g->b, g->ptr, m->slot, "");
    runtime_call(g, "cb_rt_free", g->nothing, g->ptr, p);
}

/* Memory from the runtime, or NULL where cond is false; out of memory is an error. */
static LLVMValueRef allocate_heap(cg *g, const ir *s, LLVMValueRef elements, LLVMValueRef cond)
{
    int64_t size = type_bytes(s->u.info->type) * (int64_t)s->u.info->type.lanes;
    LLVMValueRef most = cg_i64(g, INT64_MAX / size);
    LLVMValueRef fits = LLVMBuildICmp(g->b, LLVMIntULE, elements, most, "");
    LLVMValueRef bytes = LLVMBuildMul(g->b, elements, cg_i64(g, size), "");
    bytes = LLVMBuildSelect(g->b, fits, bytes, cg_i64(g, -1), "");
    LLVMBasicBlockRef before = LLVMGetInsertBlock(g->b), after = NULL;
    if (cond)
        after = cg_begin_if(g, cond);
    LLVMValueRef p = runtime_call(g, "cb_rt_alloc", g->ptr, g->i64, bytes);
    LLVMValueRef fn = LLVMGetCalledValue(p);
    cg_attribute(g, fn, LLVMAttributeReturnIndex, "noalias", 0);
    cg_attribute(g, fn, LLVMAttributeReturnIndex, "align", 64);
    LLVMBasicBlockRef cold = cg_block(g, "oom");
    cg_branch_off(g, LLVMBuildIsNull(g->b, p, ""), cold);
    LLVMBasicBlockRef got = LLVMGetInsertBlock(g->b);
    cg_go_on_in(g, cold);
    const char *name = cg_escaped(g, ir_sym_name(g->ctx, s->u.info->sym));
    cg_fail(g, CB_ERR_OUT_OF_MEMORY, arena_printf(g->ctx->a, "out of memory: '%s' needs %%d elements", name), &elements, 1);
    cg_go_on_in(g, got);
    if (!cond)
        return p;
    cg_end_if(g, after);
    LLVMValueRef phi = LLVMBuildPhi(g->b, g->ptr, "");
    LLVMValueRef from[2] = {LLVMConstNull(g->ptr), p};
    LLVMAddIncoming(phi, from, (LLVMBasicBlockRef[]){before, got}, 2);
    return phi;
}

static bool on_stack(const ir *s, uint64_t *bytes)
{
    int64_t n;
    if (!ir_as_int(s->arg[0], &n) || n < 0 || n > LARGEST_STACK)
        return false;
    *bytes = (uint64_t)n * type_bytes(s->u.info->type) * s->u.info->type.lanes;
    switch (s->u.info->memory) {
    case MEM_STACK: case MEM_REGISTER: return *bytes <= LARGEST_STACK;
    case MEM_AUTO: return *bytes <= SMALL_STACK;
    case MEM_HEAP: case MEM_SHARED: break;
    }
    return false;
}

static allocation allocate(cg *g, const ir *s)
{
    allocation a = {.memory = NEW(g->ctx->a, cg_memory), .outer = g->fail};
    uint64_t bytes;
    if (on_stack(s, &bytes)) {
        a.memory->base = cg_alloca(g, g->i8, bytes < 2 ? 2 : bytes, 64);
    } else {
        cg_forget(g);
        LLVMValueRef n = cg_expr(g, s->arg[0]);
        LLVMValueRef cond = ir_is_true(s->arg[1]) ? NULL : cg_expr(g, s->arg[1]);
        a.memory->base = allocate_heap(g, s, n, cond);
        a.memory->slot = cg_alloca(g, g->ptr, 1, 8);
        LLVMBuildStore(g->b, a.memory->base, a.memory->slot);
        g->fail = fail_block(g);
    }
    map_putp(g->ctx->a, &g->memory, (const void *)(uintptr_t)s->u.info->sym, a.memory);
    return a;
}

/* At the end of the body. */
static void deallocate(cg *g, const allocation *a)
{
    LLVMBasicBlockRef mine = g->fail, here = LLVMGetInsertBlock(g->b);
    if (!a->memory->slot)
        return;
    free_slot(g, a->memory);
    g->fail = a->outer;
    if (!LLVMCountIncoming(fail_code(mine))) {
        LLVMDeleteBasicBlock(mine);
        return;
    }
    cg_go_on_in(g, mine);
    free_slot(g, a->memory);
    cg_fail_with(g, fail_code(mine));
    cg_go_on_in(g, here);
}

static void emit_free(cg *g, const ir *s)
{
    cg_memory *m = cg_memory_of(g, s->u.info->sym);
    if (!m->slot)
        return; /* on the stack */
    free_slot(g, m);
    LLVMBuildStore(g->b, LLVMConstNull(g->ptr), m->slot);
}

/* ---- parallel loops -------------------------------------------------------------------------- */

/* What one captured symbol puts into the closure: up to three words. */
static unsigned captured_values(cg *g, ir_sym s, const ir *passed, LLVMValueRef v[3])
{
    if (ir_symbol_of(g->ctx, s)->kind != SYM_BUFFER) {
        v[0] = cg_expr(g, passed);
        return 1;
    }
    cg_memory *m = cg_memory_of(g, s);
    v[0] = m->base;
    v[1] = m->header;
    v[2] = m->dims;
    return m->header ? 3 : 1;
}

static void emit_par_call(cg *g, const ir *s)
{
    low_function *f = g->L->functions.at[s->u.info->index];
    cg_closure *c = &g->closures[s->u.info->index];
    unsigned n = f->captured.n;
    if (s->nargs != n + 2)
        diag_bug(&g->ctx->diags, "cg_llvm", "'%s' captures %u symbols, not %u", f->name, n,
                 s->nargs - 2);
    cg_forget(g);
    LLVMValueRef begin = cg_expr(g, s->arg[0]), end = cg_expr(g, s->arg[1]);
    LLVMValueRef *v = NEW_ARRAY(g->ctx->a, LLVMValueRef, 3 * (n + 1));
    LLVMTypeRef *t = NEW_ARRAY(g->ctx->a, LLVMTypeRef, 3 * (n + 1));
    unsigned used = 0;
    c->is_argument = NEW_ARRAY(g->ctx->a, bool, n + 1);
    for (unsigned i = 0; i < n; i++) {
        unsigned words = captured_values(g, f->captured.at[i], s->arg[i + 2], v + used);
        c->is_argument[i] = words == 3;
        used += words;
    }
    for (unsigned i = 0; i < used; i++)
        t[i] = LLVMTypeOf(v[i]);
    c->type = LLVMStructTypeInContext(g->llvm, t, used, 0);
    LLVMValueRef closure = cg_alloca(g, c->type, 1, 16);
    for (unsigned i = 0; i < used; i++)
        LLVMBuildStore(g->b, v[i], LLVMBuildStructGEP2(g->b, c->type, closure, i, ""));
    settle_streams(g);
    LLVMTypeRef types[5] = {g->ptr, g->i64, g->i64, g->ptr, g->ptr};
    LLVMTypeRef type = LLVMFunctionType(g->i32, types, 5, 0);
    LLVMValueRef arg[5] = {g->env, begin, end, c->fn, closure};
    LLVMValueRef fn = cg_extern(g, "cb_rt_par_for", type);
    cg_check_code(g, LLVMBuildCall2(g->b, type, fn, arg, 5, ""));
}

void cg_parallel_body(cg *g, unsigned index)
{
    low_function *f = g->L->functions.at[index];
    cg_closure *c = &g->closures[index];
    cg_function_begin(g, c->fn);
    LLVMValueRef closure = LLVMGetParam(c->fn, 3);
    unsigned field = 0;
    for (unsigned i = 0; i < f->captured.n; i++) {
        LLVMValueRef v[3] = {NULL, NULL, NULL};
        ir_sym s = f->captured.at[i];
        for (unsigned k = 0; k < (c->is_argument[i] ? 3 : 1); k++, field++) {
            LLVMValueRef at = LLVMBuildStructGEP2(g->b, c->type, closure, field, "");
            v[k] = LLVMBuildLoad2(g->b, LLVMStructGetTypeAtIndex(c->type, field), at, "");
            cg_mark_access(g, v[k], 0);
        }
        if (ir_symbol_of(g->ctx, s)->kind != SYM_BUFFER) {
            cg_bind(g, s, v[0], ir_var(g->ctx, s));
            continue;
        }
        cg_memory *m = NEW(g->ctx->a, cg_memory);
        *m = (cg_memory){.base = v[0], .header = v[1], .dims = v[2]};
        map_putp(g->ctx->a, &g->memory, (const void *)(uintptr_t)s, m);
    }
    cg_bind_tables(g); /* not by way of the closure: LLVM sees their elements */
    g->loop_depth = 1; /* the runtime asks for cancellation between chunks */
    cg_range(g, f->index, LLVMGetParam(c->fn, 1), LLVMGetParam(c->fn, 2), false, f->body, false);
    cg_function_end(g);
}

/* ---- other statements ------------------------------------------------------------------------ */

static void emit_set_dim(cg *g, const ir *s)
{
    cg_memory *m = cg_memory_of(g, s->u.info->sym);
    LLVMValueRef d = cg_i64(g, s->u.info->index), v[3];
    if (!m->dims)
        diag_bug(&g->ctx->diags, "cg_llvm", "'%s' has no dimensions to set",
                 ir_sym_name(g->ctx, s->u.info->sym));
    cg_forget(g);
    for (unsigned i = 0; i < 3; i++)
        v[i] = cg_expr(g, s->arg[i]);
    LLVMValueRef dim = LLVMBuildInBoundsGEP2(g->b, g->dim_type, m->dims, &d, 1, "");
    for (unsigned i = 0; i < 3; i++) {
        LLVMValueRef at = LLVMBuildStructGEP2(g->b, g->dim_type, dim, i, "");
        cg_mark_access(g, LLVMBuildStore(g->b, v[i], at), 0);
    }
}

static void emit_if(cg *g, const ir *s)
{
    LLVMValueRef cond = fresh_expr(g, s->arg[0]);
    if (cg_lanes(cond) > 1)
        diag_bug(&g->ctx->diags, "cg_llvm", "a branch on a vector reached code generation");
    if (s->nargs < 3) {
        LLVMBasicBlockRef after = cg_begin_if(g, cond);
        cg_stmt(g, s->arg[1]);
        cg_end_if(g, after);
        return;
    }
    LLVMBasicBlockRef then = cg_block(g, "then"), otherwise = cg_block(g, "else"),
                      after = cg_block(g, "after");
    LLVMBuildCondBr(g->b, cond, then, otherwise);
    cg_go_on_in(g, then);
    cg_stmt(g, s->arg[1]);
    LLVMBuildBr(g->b, after);
    cg_go_on_in(g, otherwise);
    cg_stmt(g, s->arg[2]);
    cg_end_if(g, after);
}

/* The address may be none of the buffer's. */
static void emit_prefetch(cg *g, const ir *s)
{
    enum { READ, SECOND_CACHE = 2, DATA = 1 };
    ir_sym b = s->u.info->sym;
    LLVMTypeRef t = cg_memory_type(g, ir_symbol_of(g->ctx, b)->type);
    LLVMValueRef index = cg_expr(g, s->arg[0]);
    LLVMValueRef arg[4] = {LLVMBuildGEP2(g->b, t, cg_memory_of(g, b)->base, &index, 1, ""), cg_i32(g, READ), cg_i32(g, SECOND_CACHE), cg_i32(g, DATA)};
    cg_intrinsic(g, "llvm.prefetch", arg, 4);
}

/* One statement; returns what is left to do in tail position, so that long chains of lets, checks
 * and allocations cost no recursion. */
static const ir *step(cg *g, const ir *s, allocation *opened)
{
    switch ((ir_op)s->op) {
    case IR_LET_STMT: {
        LLVMValueRef v = fresh_expr(g, s->arg[0]);
        cg_bind(g, s->u.info->sym, v, s->arg[0]);
        return s->arg[1];
    }
    case IR_PRODUCE: case IR_CONSUME: return s->arg[0];
    case IR_ALLOCATE: *opened = allocate(g, s); return s->arg[2];
    case IR_BLOCK:
        for (uint32_t i = 0; i + 1 < s->nargs; i++)
            cg_stmt(g, s->arg[i]);
        return s->nargs ? s->arg[s->nargs - 1] : NULL;
    case IR_ASSERT: cg_assert(g, s); return NULL;
    case IR_PRINT: cg_print(g, s); return NULL;
    case IR_FOR: cg_for(g, s); return NULL;
    case IR_IF: emit_if(g, s); return NULL;
    case IR_STORE: cg_forget(g); cg_store(g, s); return NULL;
    case IR_FREE: emit_free(g, s); return NULL;
    case IR_EVALUATE: fresh_expr(g, s->arg[0]); return NULL;
    case IR_PAR_CALL: emit_par_call(g, s); return NULL;
    case IR_SET_DIM: emit_set_dim(g, s); return NULL;
    case IR_PREFETCH: emit_prefetch(g, s); return NULL;
    case IR_EXTERN_CALL: cg_forget(g); cg_extern_stage(g, s); cg_forget(g); return NULL;
    case IR_EXTERN_STAGE: case IR_QUERY: case IR_QUERY_DIM:
    case IR_ATOMIC: cg_atomic(g, s); return NULL;
    case IR_PROVIDE: case IR_REALIZE: case IR_FORK: case IR_ACQUIRE:
    case IR_POISON: case IR_UNDEF: case IR_INT: case IR_FLOAT: case IR_STRING: case IR_VAR:
    case IR_ADD: case IR_SUB: case IR_MUL: case IR_DIV: case IR_MOD: case IR_DIV_TZ: case IR_MOD_TZ:
    case IR_MIN: case IR_MAX: case IR_ABS: case IR_EQ: case IR_NE: case IR_LT: case IR_LE:
    case IR_AND: case IR_OR: case IR_NOT: case IR_BIT_AND: case IR_BIT_OR: case IR_BIT_XOR:
    case IR_BIT_NOT: case IR_SHL: case IR_SHR: case IR_SELECT: case IR_CAST: case IR_REINTERPRET:
    IR_MATH_CASES:
    IR_STRICT_CASES:
    case IR_IS_NAN:
    IR_FIXED_CASES:
    case IR_FMA:
    case IR_LIKELY: case IR_PROMISE: case IR_PLACES: case IR_CALL: case IR_LOAD: case IR_FIELD: case IR_RAMP:
    case IR_BROADCAST:
    case IR_SHUFFLE:
    case IR_REDUCE:
    case IR_LET:
    case IR_IMPURE:
    case IR_C_CALL:
    case IR_OP_COUNT: break;
    }
    cg_unsupported(g, s);
}

void cg_stmt(cg *g, const ir *s)
{
    vec(allocation) open = {0};
    if (++g->stmt_depth > 2000) {
        diag_error(&g->ctx->diags, DIAG_TOO_DEEP, (cb_loc){0},
                   "loops and branches are nested more than 2000 deep");
        guard_fail(&g->ctx->esc);
    }
    while (s) {
        allocation opened = {NULL, NULL};
        s = step(g, s, &opened);
        if (opened.memory)
            vec_push(g->ctx->a, &open, opened);
    }
    while (open.n)
        deallocate(g, &vec_pop(&open));
    g->stmt_depth--;
}
