/* codegen/llvm_message.c: messages of compiled code: assertions, prints and what went wrong in a C function.
 *
 *     assert c, BAD_RANK, "'%s' has %d dimensions", "in", n
 *
 *         if (!c) { slots[0] = n; goto report(BAD_RANK, "'in' has %d dimensions", 1); }
 *
 * What is known goes into the text here. All that fails towards one exit shares one call, which stands in a block of its own and
 * takes code, text and number of slots by phis: a check is a comparison, a branch and three constants, and there are dozens of checks
 * in a pipeline whose loops are few. */
#include "llvm.h"

#include <inttypes.h>
#include <string.h>

enum { MESSAGE_SLOTS = 8 };

/* A message argument in its 64-bit slot. */
static LLVMValueRef slot_value(cg *g, const ir *n)
{
    LLVMValueRef v = cg_expr(g, n);
    if (n->op == IR_STRING || n->type.code == CB_HANDLE)
        return v;
    if (type_is_float(n->type))
        return LLVMBuildBitCast(g->b, cg_cast(g, T_F64, n->type, v), g->i64, "");
    return cg_cast(g, T_I64, n->type, v);
}

/* The values that a message is made of, in memory. */
static LLVMValueRef message_slots(cg *g, LLVMValueRef *args, unsigned n)
{
    if (!g->slots)
        g->slots = cg_alloca(g, g->i64, MESSAGE_SLOTS, 8); /* shared: one message at a time */
    LLVMValueRef slots = n <= MESSAGE_SLOTS ? g->slots : cg_alloca(g, g->i64, n, 8);
    for (unsigned i = 0; i < n; i++) {
        LLVMValueRef k = cg_i64(g, i);
        LLVMBuildStore(g->b, args[i], LLVMBuildInBoundsGEP2(g->b, g->i64, slots, &k, 1, ""));
    }
    return slots;
}

/* ---- texts ------------------------------------------------------------------------------------- */

static void put_escaped(text *t, const char *s)
{
    for (; *s; s++) text_putn(t, *s == '%' ? "%%" : s, *s == '%' ? 2 : 1);
}

const char *cg_escaped(cg *g, const char *s)
{
    text t;
    text_init(&t, g->ctx->a);
    put_escaped(&t, s);
    return text_str(&t);
}

static bool put_known(text *t, char slot, const ir *a)
{
    int64_t k;
    if (slot == 's' && a->op == IR_STRING) put_escaped(t, a->u.s);
    else if (slot == 'd' && ir_as_int(a, &k)) text_printf(t, "%" PRId64, k);
    else return false;
    return true;
}

/* The text with the arguments that are constants put in; the others are left in `args`, *n of them. */
static const char *message_text(cg *g, const char *format, const ir *const *arg, unsigned count, const ir **args, unsigned *n)
{
    text t;
    unsigned used = 0;
    text_init(&t, g->ctx->a);
    *n = 0;
    for (const char *s = format; *s;) {
        unsigned length = *s == '%' && s[1] ? 2 : 1;
        const ir *a = length == 2 && strchr("sdutf", s[1]) && used < count ? arg[used++] : NULL;
        if (!a || !put_known(&t, s[1], a)) {
            text_putn(&t, s, length);
            if (a) args[(*n)++] = a;
        }
        s += length;
    }
    return text_str(&t);
}

/* ---- the one call ------------------------------------------------------------------------------ */

static void call_report(cg *g, LLVMValueRef code, LLVMValueRef message, LLVMValueRef slots, LLVMValueRef n)
{
    LLVMTypeRef types[5] = {g->ptr, g->i32, g->ptr, g->ptr, g->i32};
    LLVMTypeRef type = LLVMFunctionType(g->i32, types, 5, 0);
    LLVMValueRef fn = cg_extern(g, "cb_rt_error", type);
    cg_attribute(g, fn, LLVMAttributeFunctionIndex, "cold", 0);
    LLVMValueRef arg[5] = {g->env, code, message, slots, n};
    LLVMBuildCall2(g->b, type, fn, arg, 5, "");
}

void cg_report(cg *g, LLVMValueRef code, const char *message, LLVMValueRef *args, unsigned n)
{
    LLVMValueRef slots = message_slots(g, args, n);
    call_report(g, code, message ? cg_text(g, message) : LLVMConstNull(g->ptr), slots, cg_i32(g, n));
}

/* The block that reports and goes to the error exit of this place. */
static cg_reporter *reporter(cg *g)
{
    cg_reporter *r = &g->reporter;
    if (r->exit == g->fail) return r;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b);
    *r = (cg_reporter){.exit = g->fail, .block = cg_block(g, "report")};
    cg_go_on_in(g, r->block);
    r->code = LLVMBuildPhi(g->b, g->i32, "code");
    r->message = LLVMBuildPhi(g->b, g->ptr, "message");
    r->n = LLVMBuildPhi(g->b, g->i32, "n");
    call_report(g, r->code, r->message, message_slots(g, NULL, 0), r->n);
    cg_fail_with(g, r->code);
    cg_go_on_in(g, here);
    return r;
}

/* Control comes to the reporter from the current block. */
static void comes_to_report(cg *g, cg_reporter *r, int code, const char *message, unsigned n)
{
    LLVMBasicBlockRef from = LLVMGetInsertBlock(g->b);
    LLVMValueRef v[3] = {cg_i32(g, code), cg_text(g, message), cg_i32(g, n)};
    LLVMAddIncoming(r->code, &v[0], &from, 1);
    LLVMAddIncoming(r->message, &v[1], &from, 1);
    LLVMAddIncoming(r->n, &v[2], &from, 1);
}

void cg_fail(cg *g, int code, const char *message, LLVMValueRef *args, unsigned n)
{
    if (n > MESSAGE_SLOTS) {
        LLVMValueRef number = cg_i32(g, code);
        cg_report(g, number, message, args, n);
        cg_fail_with(g, number);
        return;
    }
    cg_reporter *r = reporter(g);
    message_slots(g, args, n);
    comes_to_report(g, r, code, message, n);
    LLVMBuildBr(g->b, r->block);
}

void cg_assert(cg *g, const ir *s)
{
    unsigned n;
    const ir **left = NEW_ARRAY(g->ctx->a, const ir *, s->nargs);
    const char *message = message_text(g, s->u.info->text, s->arg + 1, s->nargs - 1, left, &n);
    cg_forget(g);
    LLVMValueRef cond = cg_expr(g, s->arg[0]);
    if (cg_lanes(cond) > 1)
        cond = cg_reduce(g, IR_AND, s->arg[0]->type, cond, 1);
    cond = LLVMBuildNot(g->b, cond, "");
    if (!n) {
        cg_reporter *r = reporter(g);
        comes_to_report(g, r, s->u.info->code, message, 0);
        cg_branch_off(g, cond, r->block);
        return;
    }
    LLVMBasicBlockRef cold = cg_block(g, "error");
    cg_branch_off(g, cond, cold);
    LLVMBasicBlockRef next = LLVMGetInsertBlock(g->b);
    cg_go_on_in(g, cold);
    LLVMValueRef *args = NEW_ARRAY(g->ctx->a, LLVMValueRef, n);
    for (unsigned i = 0; i < n; i++)
        args[i] = slot_value(g, left[i]);
    cg_fail(g, s->u.info->code, message, args, n);
    cg_go_on_in(g, next);
    cg_forget(g); /* what the cold block computed is not known here */
}

/* cb_rt_print(env, text, args, n) */
void cg_print(cg *g, const ir *s)
{
    LLVMTypeRef types[4] = {g->ptr, g->ptr, g->ptr, g->i32};
    LLVMTypeRef type = LLVMFunctionType(g->nothing, types, 4, 0);
    LLVMValueRef *args = NEW_ARRAY(g->ctx->a, LLVMValueRef, s->nargs + 1);
    cg_forget(g);
    for (unsigned i = 0; i < s->nargs; i++)
        args[i] = slot_value(g, s->arg[i]);
    LLVMValueRef arg[4] = {g->env, cg_text(g, s->u.info->text), message_slots(g, args, s->nargs),
                           cg_i32(g, s->nargs)};
    LLVMBuildCall2(g->b, type, cg_extern(g, "cb_rt_print", type), arg, 4, "");
}
