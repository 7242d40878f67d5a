/* lower/values.c: pass `values`: the range of every Func's values, whatever its arguments.
 *
 *     bin(x) = clamp(in(x)/16, 0, 15)        values of bin lie in [0, 15]
 *     out(x) = table(bin(x))                 so table is needed on [0, 15], not everywhere
 *
 * A Func that updates read back is known by its type alone in those reads.
 */
#include "lower.h"

/* Reductions run over their domain, pure variables over everything. */
static interval_env *stage_env(low *L, const low_stage *s)
{
    interval_env *E = interval_env_new(L->ctx, L, NULL);
    for (uint32_t d = 0; d < s->f->rank; d++)
        if (s->args[d])
            interval_bind(E, s->args[d], NULL, NULL);
    for (uint32_t i = 0; i < s->nrvars; i++) {
        const ir *max = ir_addi(L->ctx, ir_add(L->ctx, s->rmin[i], s->rextent[i]), -1);
        interval_bind(E, s->rvars[i], interval_of(E, s->rmin[i]).lo, interval_of(E, max).hi);
    }
    return E;
}

/* The smaller or larger of two ends; NULL: none. */
static const ir *joined(cb_context *c, const ir *a, const ir *b, ir_op op)
{
    if (!a || !b)
        return NULL;
    if (type_is_bool(a->type))
        op = op == IR_MIN ? IR_AND : IR_OR;
    return simplify(c, ir_bin(c, op, a, b), NULL);
}

static void bound_values(low *L, low_func *f)
{
    arena *a = L->ctx->a;
    const ir **lo = NEW_ARRAY(a, const ir *, f->nvalues);
    const ir **hi = NEW_ARRAY(a, const ir *, f->nvalues);
    for (uint32_t k = 0; k < f->nstages; k++) {
        interval_env *E = stage_env(L, &f->stages[k]);
        for (uint32_t v = 0; v < f->nvalues; v++) {
            interval i = {0}; /* of what a C function computes nothing is known */
            if (!low_is_extern(f))
                i = interval_of(E, f->stages[k].values[v]);
            if (k == 0) {
                lo[v] = i.lo;
                hi[v] = i.hi;
                continue;
            }
            lo[v] = joined(L->ctx, lo[v], i.lo, IR_MIN);
            hi[v] = joined(L->ctx, hi[v], i.hi, IR_MAX);
        }
    }
    for (uint32_t v = 0; v < f->nvalues && PLANTED(L->ctx, VALUE_RANGE); v++)
        if (hi[v] && type_is_integer(hi[v]->type))
            hi[v] = ir_addi(L->ctx, hi[v], -1);
    f->value_min = lo; /* set only now: a read of f in its own updates must not see the range of */
    f->value_max = hi; /* fewer stages than came before it */
}

void low_value_bounds(low *L)
{
    for (uint32_t i = 0; i < L->funcs.n; i++)
        bound_values(L, L->funcs.at[i]);
}
