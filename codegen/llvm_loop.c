/* codegen/llvm_loop.c: loops that lowering left serial.
 *
 *     for i in [m, m+n): body        if (n > 0) { i = m; do { body; } while (++i < m + n); }
 *
 * What a loop multiplies its variable by to find its data is added up instead, once for each constant and for each stride:
 *
 *     a[i*32 + 5] + b[i*32 + r]      i32 = m*32; do { a[i32 + 5] + b[r + i32]; i32 += 32; } while (++i < m + n);
 *
 * LLVM would do so too (loop strength reduction), but weighs every way to put the sums together, in up to half of the time that
 * code generation takes. So it is not told what a variable counts: between the phi and its uses stands llvm.expect, which means
 * nothing and costs nothing, but hides from LLVM that the value is the next of a sequence.
 */
#include "llvm.h"

bool cg_is_loop(const ir *n) { return n->op == IR_FOR || n->op == IR_PAR_CALL; }

/* v, of which LLVM does not see what it is. */
static LLVMValueRef hidden(cg *g, LLVMValueRef v)
{
    LLVMValueRef args[2] = {v, cg_i64(g, 0)};
    return cg_intrinsic(g, "llvm.expect", args, 2);
}

/* Makes the loop count s, from `first`. */
static LLVMValueRef count(cg *g, cg_step s, LLVMValueRef first, const char *name)
{
    cg_loop *l = &g->loop;
    LLVMValueRef at = LLVMGetFirstInstruction(l->head);
    if (at)
        LLVMPositionBuilderBefore(g->b, at);
    else
        cg_go_on_in(g, l->head);
    s.phi = LLVMBuildPhi(g->b, g->i64, name);
    LLVMAddIncoming(s.phi, &first, &l->before, 1);
    if (l->steps.n)
        LLVMPositionBuilderBefore(g->b, l->steps.at[0].value);
    s.value = hidden(g, s.phi);
    vec_push(g->ctx->a, &l->steps, s);
    return s.value;
}

/* From the end of the loop's body back to its head, or on to `after`. */
static void repeat(cg *g, LLVMValueRef end, LLVMBasicBlockRef after)
{
    LLVMBasicBlockRef last = LLVMGetInsertBlock(g->b);
    LLVMValueRef next = NULL;
    for (uint32_t i = g->loop.steps.n; i-- > 0;) {
        const cg_step *s = &g->loop.steps.at[i];
        next = LLVMBuildNSWAdd(g->b, s->phi, s->by, "");
        LLVMAddIncoming(s->phi, &next, &last, 1);
    }
    LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntSLT, next, end, ""), g->loop.head, after);
    cg_go_on_in(g, after);
}

LLVMValueRef cg_stepped(cg *g, int64_t k, ir_sym pace)
{
    cg_loop *l = &g->loop;
    for (uint32_t i = 0; i < l->steps.n; i++)
        if (l->steps.at[i].k == k && l->steps.at[i].pace == pace)
            return l->steps.at[i].value;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b);
    LLVMPositionBuilderBefore(g->b, LLVMGetBasicBlockTerminator(l->before));
    cg_step s = {.k = k, .pace = pace, .by = cg_i64(g, k)};
    if (pace)
        s.by = LLVMBuildNSWMul(g->b, cg_symbol_wide(g, pace), s.by, "");
    LLVMValueRef value = count(g, s, LLVMBuildNSWMul(g->b, l->begin, s.by, ""), "");
    cg_go_on_in(g, here);
    return value;
}

/* Outermost loops with loops inside ask whether to stop; parallel ones do so in the runtime. */
static void check_cancelled(cg *g)
{
    LLVMTypeRef type = LLVMFunctionType(g->i32, &g->ptr, 1, 0);
    LLVMValueRef fn = cg_extern(g, "cb_rt_cancelled", type);
    cg_attribute(g, fn, LLVMAttributeFunctionIndex, "memory", 0xf);
    LLVMValueRef stop = LLVMBuildCall2(g->b, type, fn, &g->env, 1, "");
    stop = LLVMBuildICmp(g->b, LLVMIntNE, stop, cg_i32(g, 0), "");
    cg_fail_if(g, stop, cg_i32(g, CB_ERR_CANCELLED));
}

enum { LOOPS_IN_SIGHT = 64 };

/* Some of LLVM's passes take time quadratic in what lies in a line: to know what holds in a loop
 * they look at every branch before it, back to the last place where paths join (a chain of a
 * thousand stages), and within a block they ask for every load whether anything in between needs
 * it (a sum of ten thousand terms). Here paths join that they cannot take for one:
 *
 *     never = 0;  ...  if (volatile never) never = 0;
 */
void cg_end_of_sight(cg *g)
{
    LLVMValueRef never = cg_alloca(g, g->i32, 1, 4), zero = cg_i32(g, 0);
    LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b);
    cg_go_on_in(g, g->entry);
    LLVMBuildStore(g->b, zero, never);
    cg_go_on_in(g, here);
    LLVMValueRef seen = LLVMBuildLoad2(g->b, g->i32, never, "");
    LLVMSetVolatile(seen, 1);
    LLVMBasicBlockRef after = cg_begin_if(g, LLVMBuildICmp(g->b, LLVMIntNE, seen, zero, ""));
    LLVMSetVolatile(LLVMBuildStore(g->b, zero, never), 1);
    LLVMBuildBr(g->b, after);
    cg_go_on_in(g, after);
}

void cg_range(cg *g, ir_sym sym, LLVMValueRef begin, LLVMValueRef end, bool some, const ir *body, bool ask)
{
    LLVMBasicBlockRef after = cg_block(g, "done"), head = cg_block(g, "loop");
    if (some)
        LLVMBuildBr(g->b, head);
    else
        LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntSLT, begin, end, ""), head, after);
    cg_loop outer = g->loop;
    g->loop = (cg_loop){.begin = begin, .before = LLVMGetInsertBlock(g->b), .head = head};
    LLVMValueRef i = count(g, (cg_step){.k = 1, .by = cg_i64(g, 1)}, begin, ir_sym_name(g->ctx, sym));
    cg_go_on_in(g, head);
    g->innermost = !ir_any_stmt(g->ctx, body, cg_is_loop);
    if (g->innermost)
        map_clear(&g->changing);
    bool is_wide = ir_symbol_of(g->ctx, sym)->type.bits == 64;
    cg_bind(g, sym, is_wide ? i : LLVMBuildTrunc(g->b, i, g->i32, ""), NULL);
    cg_bind_count(g, sym, i);
    if (ask)
        check_cancelled(g);
    g->loop_depth++;
    cg_stmt(g, body);
    g->loop_depth--;
    g->innermost = false;
    repeat(g, end, after);
    g->loop = outer;
    if (++g->loops % LOOPS_IN_SIGHT == 0)
        cg_end_of_sight(g);
}

static LLVMValueRef to_i64(cg *g, const ir *n)
{
    LLVMValueRef v = cg_wide(g, n);
    return v ? v : cg_cast(g, T_I64, n->type, cg_expr(g, n));
}

void cg_for(cg *g, const ir *s)
{
    int64_t n;
    if (s->u.info->kind != LOOP_SERIAL)
        diag_bug(&g->ctx->diags, "cg_llvm", "a loop that is not serial reached code generation");
    cg_forget(g);
    LLVMValueRef begin = to_i64(g, for_min(s));
    bool known = ir_as_int(for_extent(s), &n);
    if (known && n <= 0)
        return;
    if (known && n == 1) {
        cg_bind(g, for_sym(s), cg_expr(g, for_min(s)), for_min(s));
        cg_stmt(g, for_body(s));
        return;
    }
    LLVMValueRef extent = to_i64(g, for_extent(s));
    LLVMValueRef end = LLVMBuildNSWAdd(g->b, begin, extent, "");
    bool ask = g->loop_depth == 0 && ir_any_stmt(g->ctx, for_body(s), cg_is_loop);
    cg_range(g, for_sym(s), begin, end, known, for_body(s), ask);
}

