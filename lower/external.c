/* lower/external.c: stages computed by C functions, as statements and questions.
 *
 *     f by C function blur3(g, w)          let q = query f(f.min, f.extent, ..., w)
 *                                          let g.min = q.min[1] ...         region of g
 *                                          compute f by its C function with (region of f, of g, w)
 *
 * A query asks the function once per level of the nest: it tells the region of its output that it
 * will compute (slots 0 .. rank - 1) and what it needs of each buffer it is given (the slots after
 * those, in order). In the nest a query is a region symbol, `f.query`, until bounds inference binds
 * it where it binds the regions of f.
 */
#include "lower.h"

low_func *low_given(const low_stage *s, uint32_t i)
{
    return s->given[i]->op == IR_CALL ? ir_symbol_of(s->f->L->ctx, s->given[i]->u.ref.sym)->aux : NULL;
}

/* First of the slots about argument i. */
static uint32_t slot_of(const low_stage *s, uint32_t i)
{
    uint32_t slot = s->f->rank;
    if (PLANTED(s->f->L->ctx, EXTERN_SLOTS))
        return slot;
    for (uint32_t k = 0; k < i; k++) {
        const low_func *g = low_given(s, k);
        slot += g ? g->rank : 0;
    }
    return slot;
}

static const ir *slot_dim(cb_context *c, const ir *q, uint32_t slot, bool extent)
{
    return ir_node(c, IR_QUERY_DIM, T_I32, 2 * (uint64_t)slot + extent, &q, 1);
}

const ir *low_query(const low_stage *s, const box *region)
{
    cb_context *c = s->f->L->ctx;
    vec(const ir *) args = {0};
    for (uint32_t d = 0; d < s->f->rank; d++) {
        const ir *lo = region->dim[d].lo, *hi = region->dim[d].hi;
        vec_push(c->a, &args, lo);
        vec_push(c->a, &args, simplify(c, ir_addi(c, ir_sub(c, hi, lo), 1), NULL));
    }
    for (uint32_t i = 0; i < s->ngiven; i++)
        if (!low_given(s, i))
            vec_push(c->a, &args, s->given[i]);
    ir key = {.u.ref = {s->f->sym, 0}};
    return ir_node(c, IR_QUERY, T_I64, key.u.bits, args.at, args.n);
}

static const ir *slot_max(cb_context *c, const ir *q, uint32_t slot)
{
    return ir_addi(c, ir_add(c, slot_dim(c, q, slot, false), slot_dim(c, q, slot, true)), -1);
}

void low_query_region(const low_stage *s, const ir *q, box *region)
{
    cb_context *c = s->f->L->ctx;
    for (uint32_t d = 0; d < s->f->rank; d++) {
        region->dim[d].lo = slot_dim(c, q, d, false);
        region->dim[d].hi = slot_max(c, q, d);
    }
}

static const ir *stage_over(const low_stage *s, const ir *q, const ir *const *min,
                            const ir *const *extent)
{
    cb_context *c = s->f->L->ctx;
    vec(const ir *) args = {0};
    for (uint32_t d = 0; d < s->f->rank; d++) {
        vec_push(c->a, &args, min[d]);
        vec_push(c->a, &args, extent[d]);
    }
    for (uint32_t i = 0; i < s->ngiven; i++) {
        const low_func *g = low_given(s, i);
        for (uint32_t d = 0; g && d < g->rank; d++) {
            vec_push(c->a, &args, slot_dim(c, q, slot_of(s, i) + d, false));
            vec_push(c->a, &args, slot_dim(c, q, slot_of(s, i) + d, true));
        }
    }
    for (uint32_t i = 0; i < s->ngiven; i++)
        if (!low_given(s, i))
            vec_push(c->a, &args, s->given[i]);
    ir_info info = {.sym = s->f->sym, .loc = s->f->src->defs.at[0]->loc};
    return ir_stmt(c, IR_EXTERN_STAGE, &info, args.at, args.n);
}

const ir *low_extern_core(const low_stage *s)
{
    cb_context *c = s->f->L->ctx;
    const low_func *f = s->f;
    const ir **min = NEW_ARRAY(c->a, const ir *, f->rank + 1);
    const ir **extent = NEW_ARRAY(c->a, const ir *, f->rank + 1);
    for (uint32_t d = 0; d < f->rank; d++) {
        min[d] = ir_var(c, f->region_min[d]);
        extent[d] = ir_addi(c, ir_sub(c, ir_var(c, f->region_max[d]), min[d]), 1);
    }
    return stage_over(s, ir_var(c, f->query), min, extent);
}

const ir *low_extern_over(const low_stage *s, const ir *q, const box *region)
{
    cb_context *c = s->f->L->ctx;
    const ir **min = NEW_ARRAY(c->a, const ir *, s->f->rank + 1);
    const ir **extent = NEW_ARRAY(c->a, const ir *, s->f->rank + 1);
    for (uint32_t d = 0; d < s->f->rank; d++) {
        min[d] = region->dim[d].lo;
        extent[d] = ir_addi(c, ir_sub(c, region->dim[d].hi, min[d]), 1);
    }
    return stage_over(s, q, min, extent);
}

void low_extern_reads(const ir *n, low *L, ir_sym func, void (*use)(void *env, const ir *const *dims), void *env)
{
    low_func *f = ir_symbol_of(L->ctx, n->u.info->sym)->aux;
    const low_stage *s = &f->stages[0];
    uint32_t at = 2 * f->rank;
    for (uint32_t i = 0; i < s->ngiven; i++) {
        const low_func *g = low_given(s, i);
        if (!g)
            continue;
        if (g->sym == func)
            use(env, n->arg + at);
        at += 2 * g->rank;
    }
}

bool low_given_to_c(const low_func *f)
{
    for (uint32_t i = 0; i < f->readers.n; i++)
        if (low_is_extern(f->readers.at[i]->f))
            return true;
    return false;
}
