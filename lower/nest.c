/* lower/nest.c: the loop nest of a scheduled pipeline as a person reads it.
 *
 *     produce out:
 *       parallel yo:
 *         store blur_x:
 *           for yi in [0, 31]:
 *             produce blur_x:
 *               for y:
 *                 vectorized x.v in [0, 31]:
 *                   blur_x(...) = ...
 *             consume blur_x:
 *               ...
 *
 * Loops, who is computed, used and stored where, which branch of a specialised stage, and nothing else:
 * no lets, no guards, no bounds that are not constants. It can be read off the nest after any pass; before the bounds of stages
 * are known it shows the schedule as written, later what became of it. */
#include "lower.h"

typedef struct nest {
    text *t;
    cb_context *ctx;
} nest;

static void line(nest *N, int depth, const char *fmt, ...) CB_PRINTF(3, 4);
static void line(nest *N, int depth, const char *fmt, ...)
{
    va_list ap;
    text_printf(N->t, "%*s", 2 * depth, "");
    va_start(ap, fmt);
    text_put(N->t, arena_vprintf(N->ctx->a, fmt, ap));
    va_end(ap);
    text_put(N->t, "\n");
}

static const char *kind_word(ir_loop_kind k)
{
    switch (k) {
    case LOOP_SERIAL: return "for";
    case LOOP_PARALLEL: return "parallel";
    case LOOP_VECTOR: return "vectorized";
    case LOOP_UNROLL: return "unrolled";
    case LOOP_GPU_BLOCK: return "gpu_block";
    case LOOP_GPU_THREAD: return "gpu_thread";
    case LOOP_GPU_LANE: return "gpu_lane";
    }
    return "for";
}

static void print_loop(nest *N, const ir *s, int depth)
{
    int64_t min, extent;
    const char *word = kind_word(s->u.info->kind), *name = ir_sym_name(N->ctx, for_sym(s));
    if (ir_as_int(for_min(s), &min) && ir_as_int(for_extent(s), &extent))
        line(N, depth, "%s %s in [%lld, %lld]:", word, name, (long long)min,
             (long long)(min + extent - 1));
    else line(N, depth, "%s %s:", word, name);
}

static void print_store(nest *N, const ir *s, int depth)
{
    const char *name = ir_sym_name(N->ctx, s->u.info->sym);
    unsigned lanes = s->arg[0]->type.lanes;
    if (lanes > 1) line(N, depth, "%s[%u lanes] = ...", name, lanes);
    else line(N, depth, "%s[...] = ...", name);
}

static void print(nest *N, const ir *s, int depth, int level);

/* Answering a query computes nothing: only the rest is shown. */
static void print_branches(nest *N, const ir *s, int depth, int level)
{
    size_t before = N->t->n;
    line(N, depth, "if %s:", ir_text(N->ctx, s->arg[0]));
    size_t head = N->t->n;
    print(N, s->arg[1], depth + 1, level + 1);
    bool empty = N->t->n == head;
    if (empty)
        N->t->at[N->t->n = before] = 0;
    else
        line(N, depth, "else:");
    print(N, s->arg[2], depth + !empty, level + 1);
}

static void print(nest *N, const ir *s, int depth, int level)
{
    cb_context *c = N->ctx;
    const char *name = ir_is_stmt(s) && s->u.info->sym ? ir_sym_name(c, s->u.info->sym) : "";
    if (!ir_is_stmt(s) || level > c->depth_limit) return;
    switch ((ir_op)s->op) {
    case IR_FOR:
        print_loop(N, s, depth++);
        break;
    case IR_IF:
        if (s->nargs < 3) break; /* a guard */
        print_branches(N, s, depth, level);
        return;
    case IR_PRODUCE:
        line(N, depth++, "produce %s:", name);
        break;
    case IR_CONSUME:
        line(N, depth++, "consume %s:", name);
        break;
    case IR_REALIZE:
        line(N, depth++, "store %s:", name);
        break;
    case IR_ALLOCATE:
        line(N, depth++, "store %s%s:", name,
             s->u.info->memory == MEM_STACK ? " on the stack" : "");
        break;
    case IR_PROVIDE:
        line(N, depth, "%s(...) = ...", name);
        return;
    case IR_STORE:
        print_store(N, s, depth);
        return;
    case IR_PAR_CALL:
        line(N, depth, "parallel call of body %u", s->u.info->index);
        return;
    default:
        break;
    }
    for (uint32_t i = 0; i < s->nargs; i++) print(N, s->arg[i], depth, level + 1);
}

void low_print_nest(text *t, const low *L)
{
    nest N = {.t = t, .ctx = L->ctx};
    if (L->body) print(&N, L->body, 0, 0);
    for (uint32_t i = 0; i < L->functions.n; i++) {
        const low_function *f = L->functions.at[i];
        line(&N, 0, "body %u, for each %s:", i, ir_sym_name(L->ctx, f->index));
        if (f->body) print(&N, f->body, 1, 0);
    }
}
