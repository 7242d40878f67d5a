/* lower/fold.c: pass `fold`: storage of a sliding window is a circular buffer.
 *
 *     realize f([0, w], [-1, h + 2])  { ... f(x, y - 1) + f(x, y + 1) ... }
 * =>  realize f([0, w], [0, 4])       { ... f(x, (y - 1) % 4) + f(x, (y + 1) % 4) ... }
 *
 * slide.c found that only the last few rows are alive; their number, rounded up to a power of two, is
 * fold_factor.
 */
#include "lower.h"

static const ir *fold_node(ir_mapper *m, const ir *n)
{
    cb_context *c = m->ctx;
    const ir *r = ir_map(m, n);
    if (r->op != IR_CALL && r->op != IR_PROVIDE && r->op != IR_REALIZE && r->op != IR_PREFETCH)
        return r;
    ir_sym s = r->op == IR_CALL ? r->u.ref.sym : r->u.info->sym;
    const low_func *f = ir_symbol_of(c, s)->aux;
    if (!f->fold_factor)
        return r;
    const ir **args = arena_copy(c->a, r->arg, sizeof *args * r->nargs);
    const ir *rows = ir_i32(c, PLANTED(c, FOLD_SMALL) ? (f->fold_factor + 1) / 2 : f->fold_factor);
    if (r->op == IR_REALIZE) {
        args[2 * f->fold_dim] = ir_i32(c, 0);
        args[2 * f->fold_dim + 1] = rows;
        return ir_with_args(c, r, args);
    }
    args[f->fold_dim] = ir_mod(c, args[f->fold_dim], rows);
    if (r->op != IR_CALL)
        return ir_with_args(c, r, args);
    return ir_call(c, s, r->u.ref.index, r->type, args, f->rank);
}

void low_fold(low *L)
{
    ir_mapper m = {.ctx = L->ctx, .fn = fold_node};
    L->body = ir_apply(&m, L->body);
}
