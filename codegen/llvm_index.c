/* codegen/llvm_index.c: flat indices as sums.
 *
 * An index is emitted here and not by llvm_expr.c, because here it may be assumed not to overflow: an index that overflows belongs
 * to an access that does not happen, and the sums and products it is made of serve nothing else. In an innermost loop over i
 *
 *     (y*w + i*32 + 5) + (2*i + 1)*s + min(i, m)   is   y*w + s  +  min(i, m)  +  32 times i  +  2 times i*s  +  5
 *                                                       fixed       base          step          paced           k
 *
 * What is fixed is computed before the loop, what i is multiplied by is counted (llvm_loop.c), and k is told to the instructions. A
 * name stands for the sum it was given, so that nothing gets lost behind names.
 */
#include "llvm_index.h"

static LLVMValueRef nsw(cg *g, LLVMOpcode op, LLVMValueRef a, LLVMValueRef b)
{
    if (op == LLVMAdd)
        return LLVMBuildNSWAdd(g->b, a, b, "");
    return op == LLVMSub ? LLVMBuildNSWSub(g->b, a, b, "") : LLVMBuildNSWMul(g->b, a, b, "");
}

LLVMValueRef cg_sum(cg *g, LLVMValueRef a, LLVMValueRef b, bool minus)
{
    if (!b)
        return a;
    if (!a)
        return minus ? nsw(g, LLVMSub, cg_i64(g, 0), b) : b;
    return nsw(g, minus ? LLVMSub : LLVMAdd, a, b);
}

/* ---- lines: indices of one lane -------------------------------------------------------------- */

static int64_t add_k(int64_t a, int64_t b, bool minus)
{
    return (int64_t)(minus ? (uint64_t)a - (uint64_t)b : (uint64_t)a + (uint64_t)b);
}

static int64_t times_k(int64_t a, int64_t b) { return (int64_t)((uint64_t)a * (uint64_t)b); }

/* x times k, where NULL is 0. */
static LLVMValueRef times(cg *g, LLVMValueRef x, int64_t k)
{
    return x ? nsw(g, LLVMMul, x, cg_i64(g, k)) : NULL;
}

/* a + sign*b; of two different paces one becomes part of the base. */
void cg_add_line(cg *g, cg_line *a, const cg_line *b, bool minus)
{
    LLVMValueRef base = b->base;
    if (b->paced && a->paced && a->pace != b->pace) {
        base = cg_sum(g, base, cg_stepped(g, b->paced, b->pace), false);
    } else if (b->paced) {
        a->pace = b->pace;
        a->paced = add_k(a->paced, b->paced, minus);
    }
    a->fixed = cg_sum(g, a->fixed, b->fixed, minus);
    a->base = cg_sum(g, a->base, base, minus);
    a->step = add_k(a->step, b->step, minus);
    a->k = add_k(a->k, b->k, minus);
}

static void multiply(cg *g, cg_line *l, int64_t k)
{
    l->fixed = times(g, l->fixed, k);
    l->base = times(g, l->base, k);
    l->step = times_k(l->step, k);
    l->paced = times_k(l->paced, k);
    l->k = times_k(l->k, k);
}

LLVMValueRef cg_changing(cg *g, const cg_line *l)
{
    LLVMValueRef v = l->base;
    if (l->paced)
        v = cg_sum(g, v, cg_stepped(g, l->paced, l->pace), false);
    return cg_sum(g, v, l->step ? cg_stepped(g, l->step, 0) : NULL, false);
}

/* All but k, as one number or NULL. */
static LLVMValueRef run_time(cg *g, const cg_line *l) { return cg_sum(g, l->fixed, cg_changing(g, l), false); }

LLVMValueRef cg_whole(cg *g, const cg_line *l)
{
    LLVMValueRef v = run_time(g, l);
    return cg_sum(g, v, l->k || !v ? cg_i64(g, l->k) : NULL, false);
}

/* Does the name stand for the same value all through the innermost loop? */
static bool is_fixed(cg *g, ir_sym s) { return g->innermost && !map_get(&g->changing, s, NULL); }

static const cg_line *named(cg *g, ir_sym s) { return map_getp(&g->lines, (const void *)(uintptr_t)s); }

LLVMValueRef cg_symbol_wide(cg *g, ir_sym s)
{
    const cg_line *l = named(g, s);
    return l ? cg_whole(g, l) : LLVMBuildSExt(g->b, cg_expr(g, ir_var(g->ctx, s)), g->i64, "");
}

/* What is taken as one number. */
static void leaf(cg *g, const ir *n, cg_line *l)
{
    LLVMValueRef v = cg_expr(g, n);
    if (n->type.bits == 32)
        v = LLVMBuildSExt(g->b, v, g->i64, "");
    *(g->innermost && !ir_uses_any(g->ctx, n, &g->changing) ? &l->fixed : &l->base) = v;
}

static void line_of(cg *g, const ir *n, int depth, cg_line *l);

enum { DEEP = 64 }; /* levels of an index */

void cg_line_of(cg *g, const ir *n, cg_line *l) { line_of(g, n, DEEP, l); }

static bool all_fixed(const cg_line *l) { return !l->base && !l->step && !l->paced; }

void cg_multiply_line(cg *g, cg_line *a, const cg_line *b)
{
    bool fixed = g->innermost && all_fixed(a) && all_fixed(b);
    LLVMValueRef v = nsw(g, LLVMMul, cg_whole(g, a), cg_whole(g, b));
    *a = (cg_line){0};
    *(fixed ? &a->fixed : &a->base) = v;
}

/* a*b, where neither is a constant: what a counts is counted in steps of b, if b is a name for something fixed. */
static void product(cg *g, const ir *n, int depth, cg_line *l)
{
    cg_line b;
    bool second = n->arg[1]->op == IR_VAR && is_fixed(g, n->arg[1]->u.sym);
    const ir *by = n->arg[second ? 1 : 0];
    line_of(g, n->arg[second ? 0 : 1], depth, l);
    line_of(g, by, depth, &b);
    if (by->op != IR_VAR || !is_fixed(g, by->u.sym) || !l->step || l->paced) {
        cg_multiply_line(g, l, &b);
        return;
    }
    LLVMValueRef scale = cg_whole(g, &b), fixed = cg_sum(g, l->fixed, l->k ? cg_i64(g, l->k) : NULL, false);
    *l = (cg_line){.fixed = fixed ? nsw(g, LLVMMul, fixed, scale) : NULL,
                   .base = l->base ? nsw(g, LLVMMul, l->base, scale) : NULL,
                   .pace = by->u.sym, .paced = l->step};
}

/* A scalar signed index. Below `depth` levels it is taken as a whole. */
static void line_of(cg *g, const ir *n, int depth, cg_line *l)
{
    cg_line b;
    int64_t c;
    *l = (cg_line){0};
    if (ir_as_int(n, &l->k))
        return;
    const cg_line *known = n->op == IR_VAR ? named(g, n->u.sym) : NULL;
    bool deep = depth-- > 0 && cg_is_index(n->type);
    if (known && is_fixed(g, n->u.sym)) {
        *l = (cg_line){.fixed = run_time(g, known), .k = known->k};
    } else if (known) {
        *l = *known;
    } else if (deep && (cg_is_widening(n) || n->op == IR_LIKELY || n->op == IR_PROMISE)) {
        line_of(g, n->arg[0], depth, l);
    } else if (deep && (n->op == IR_ADD || n->op == IR_SUB)) {
        line_of(g, n->arg[0], depth, l);
        line_of(g, n->arg[1], depth, &b);
        cg_add_line(g, l, &b, n->op == IR_SUB);
    } else if (deep && n->op == IR_MUL && ir_as_int(n->arg[1], &c)) {
        line_of(g, n->arg[0], depth, l);
        multiply(g, l, c);
    } else if (deep && n->op == IR_MUL) {
        product(g, n, depth, l);
    } else {
        leaf(g, n, l);
    }
}

LLVMValueRef cg_wide(cg *g, const ir *n)
{
    cg_line l;
    if (n->type.lanes != 1 || !cg_is_index(n->type))
        return NULL;
    cg_line_of(g, n, &l);
    return cg_whole(g, &l);
}

void cg_bind_count(cg *g, ir_sym s, LLVMValueRef i)
{
    cg_line *l = NEW(g->ctx->a, cg_line);
    *l = g->innermost ? (cg_line){.step = 1} : (cg_line){.base = i};
    map_put(g->ctx->a, &g->lines, s, (uint64_t)(uintptr_t)l);
}

void cg_bind_line(cg *g, ir_sym s, const ir *value)
{
    map_put(g->ctx->a, &g->lines, s, 0);
    if (!value || value->type.lanes != 1 || !cg_is_index(value->type))
        return;
    cg_line *l = NEW(g->ctx->a, cg_line);
    cg_line_of(g, value, l);
    if (!g->innermost)
        *l = (cg_line){.base = run_time(g, l), .k = l->k};
    map_put(g->ctx->a, &g->lines, s, (uint64_t)(uintptr_t)l);
}

/* ---- shapes: indices of many ----------------------------------------------------------------- */

static bool shape_of(cg *g, const ir *n, int depth, cg_shape *s);

static bool shape_of_sum(cg *g, const ir *n, int depth, cg_shape *s)
{
    cg_shape b;
    if (!shape_of(g, n->arg[0], depth, s) || !shape_of(g, n->arg[1], depth, &b))
        return false;
    bool minus = n->op == IR_SUB;
    cg_add_line(g, &s->line, &b.line, minus);
    for (unsigned i = 0; i < s->n; i++)
        s->off[i] += minus ? -b.off[i] : b.off[i];
    return true;
}

/* Does the index have the form: one base, constant distances? Vectors of i32 and i64 only. */
static bool shape_of(cg *g, const ir *n, int depth, cg_shape *s)
{
    int64_t k;
    const ir *value;
    if (!cg_is_index(n->type) || depth-- == 0)
        return false;
    unsigned lanes = n->type.lanes;
    if (lanes == 1) {
        *s = (cg_shape){.n = 1, .off = NEW_ARRAY(g->ctx->a, int64_t, 1)};
        cg_line_of(g, n, &s->line);
        s->off[0] = s->line.k;
        s->line.k = 0;
        return true;
    }
    if (cg_is_widening(n) || n->op == IR_LIKELY || n->op == IR_PROMISE)
        return shape_of(g, n->arg[0], depth, s);
    if (n->op == IR_ADD || n->op == IR_SUB)
        return shape_of_sum(g, n, depth, s);
    if (n->op == IR_MUL && ir_as_int(n->arg[1], &k)) {
        if (!shape_of(g, n->arg[0], depth, s))
            return false;
        multiply(g, &s->line, k);
        for (unsigned i = 0; i < lanes; i++)
            s->off[i] *= k;
        return true;
    }
    if (n->op == IR_VAR) {
        value = (const ir *)map_getp(&g->lets, (const void *)(uintptr_t)n->u.sym);
        return value && shape_of(g, value, depth, s);
    }
    bool ramp = n->op == IR_RAMP && ir_as_int(n->arg[1], &k);
    if (!ramp && n->op != IR_BROADCAST)
        return false;
    cg_shape b;
    if (!shape_of(g, n->arg[0], depth, &b))
        return false;
    *s = (cg_shape){.line = b.line, .n = lanes};
    s->off = NEW_ARRAY(g->ctx->a, int64_t, lanes);
    for (unsigned i = 0; i < lanes; i++)
        s->off[i] = b.off[i % b.n] + (ramp ? (int64_t)(i / b.n) * k : 0);
    return true;
}

/* The same, shifted by `more` (NULL: 0). */
static bool slices_of(cg *g, const ir *n, int depth, LLVMValueRef more, cg_shapes *out)
{
    cg_shape s;
    if (!cg_is_index(n->type) || depth == 0)
        return false;
    if (shape_of(g, n, 16, &s)) {
        s.line.base = cg_sum(g, s.line.base, more, false);
        vec_push(g->ctx->a, out, s);
        return true;
    }
    if (n->op == IR_VAR) {
        const ir *value = (const ir *)map_getp(&g->lets, (const void *)(uintptr_t)n->u.sym);
        return value && slices_of(g, value, depth - 1, more, out);
    }
    if (cg_is_widening(n))
        return slices_of(g, n->arg[0], depth - 1, more, out);
    if (n->op == IR_ADD || n->op == IR_SUB) {
        bool minus = n->op == IR_SUB;
        for (int side = 0; side < (minus ? 1 : 2); side++) {
            cg_shape b;
            const ir *other = n->arg[1 - side];
            if (other->op == IR_BROADCAST && other->arg[0]->type.lanes == 1 &&
                shape_of(g, other->arg[0], 16, &b)) {
                b.line.k = b.off[0];
                more = cg_sum(g, more, cg_whole(g, &b.line), minus);
                return slices_of(g, n->arg[side], depth - 1, more, out);
            }
        }
        return false;
    }
    if (n->op != IR_RAMP)
        return false;
    const ir *stride = n->arg[1];
    while (stride->op == IR_BROADCAST)
        stride = stride->arg[0];
    if (stride->type.lanes > 1)
        return false;
    LLVMValueRef step = cg_wide(g, stride);
    unsigned copies = n->type.lanes / n->arg[0]->type.lanes;
    cg_shapes inner = {0};
    if (!slices_of(g, n->arg[0], depth - 1, more, &inner))
        return false;
    for (unsigned i = 0; i < copies; i++) {
        LLVMValueRef by = i ? nsw(g, LLVMMul, step, cg_i64(g, i)) : NULL;
        for (uint32_t k = 0; k < inner.n; k++) {
            s = inner.at[k];
            s.by = cg_sum(g, s.by, by, false);
            vec_push(g->ctx->a, out, s);
        }
    }
    return true;
}

bool cg_slices_of(cg *g, const ir *n, cg_shapes *out) { return slices_of(g, n, 16, NULL, out); }
