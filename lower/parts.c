/* lower/parts.c: what is known beforehand of the parts in which a Func is computed inside loops.
 *
 *     f.x over [g.x.min, g.x.min + (g.x.max - g.x.min)/16*16 + 15], at loop s of g       extent: a multiple of 16
 *     g.x over [out.x.min + t*16, ...], at loop y of out, inside of t                    moves with t, not with y
 *
 * Pass `bounds` works from outer loops to inner ones. How far a part goes beyond its end when it is rounded up is needed
 * at outer levels, before the region of that part is worked out where it is computed. So parts are looked at first in terms
 * of the regions of their readers. What follows from that is expected, not proved: when the walk arrives where a part is
 * computed, it compares, and starts again without what was not so.
 */
#include "cover.h"
#include "simp.h"

bool parts_same_rest(const_range expected, const_range found)
{
    if (expected.modulus == 1)
        return true;
    if (expected.modulus == 0)
        return found.modulus == 0 && found.remainder == expected.remainder;
    return found.modulus % expected.modulus == 0 &&
           floor_mod(found.remainder - expected.remainder, expected.modulus) == 0;
}

/* ---- loops that a part moves with -------------------------------------------------------------------------- */

static const part *part_of_end(low *L, const part_facts *known, ir_sym s)
{
    for (uint32_t i = 0; i < L->funcs.n; i++) {
        const low_func *f = L->funcs.at[i];
        const part *p = map_getp(&known->of, f);
        for (uint32_t d = 0; p && d < f->rank; d++)
            if (f->region_min[d] == s || f->region_max[d] == s)
                return &p[d];
    }
    return NULL;
}

typedef struct mover {
    low *L;
    const part_facts *known;
    part *p;
} mover;

static void move_with(mover *m, ir_sym loop)
{
    for (uint32_t i = 0; i < m->p->moves_with.n; i++)
        if (m->p->moves_with.at[i] == loop)
            return;
    vec_push(m->L->ctx->a, &m->p->moves_with, loop);
}

/* The loops of stage s that make variable `dim` of it. */
static void move_with_variable(mover *m, const low_stage *s, uint32_t dim)
{
    for (uint32_t j = 0; j < s->nloops; j++)
        if (s->loops[j].dim == dim)
            move_with(m, s->loops[j].sym);
    for (uint32_t i = 0; i < s->plan->splits.n; i++) {
        const split_plan *p = &s->plan->splits.at[i];
        if (p->kind == SPLIT_FUSE) {
            if (p->outer == dim || p->inner == dim)
                move_with_variable(m, s, p->old);
        } else if (p->old == dim) {
            move_with_variable(m, s, p->outer);
            if (p->kind == SPLIT_SPLIT)
                move_with_variable(m, s, p->inner);
        }
    }
}

static void move_with_symbol(mover *m, ir_sym s)
{
    for (uint32_t i = 0; i < m->L->funcs.n; i++)
        for (uint32_t k = 0; k < m->L->funcs.at[i]->nstages; k++) {
            const low_stage *home = &m->L->funcs.at[i]->stages[k];
            for (uint32_t n = 0; n < home->nleaves; n++)
                for (uint32_t d = 0; d < home->leaf[n]->plan->dims_all.n; d++)
                    if (home->leaf[n]->dim_sym[d] == s)
                        move_with_variable(m, home->leaf[n], d);
        }
}

static bool find_movers(void *env, const ir *n)
{
    mover *m = env;
    if (n->op != IR_VAR)
        return true;
    const part *reader = part_of_end(m->L, m->known, n->u.sym);
    for (uint32_t i = 0; reader && i < reader->moves_with.n; i++)
        move_with(m, reader->moves_with.at[i]);
    move_with_symbol(m, n->u.sym);
    return true;
}

/* ---- parts --------------------------------------------------------------------------------------------------- */

void parts_note(low *L, part_facts *known, low_func *f, const box *b)
{
    cb_context *c = L->ctx;
    part *p = map_getp(&known->of, f);
    bool first = !p;
    if (first)
        p = NEW_ARRAY(c->a, part, f->rank + 1);
    for (uint32_t d = 0; d < f->rank; d++) {
        mover m = {L, known, &p[d]};
        const ir *extent = ir_addi(c, ir_sub(c, b->dim[d].hi, b->dim[d].lo), 1);
        const_range r = range_of(c, simplify(c, extent, NULL), NULL);
        p[d].extent = first || parts_same_rest(p[d].extent, r) ? r : (const_range){.modulus = 1};
        ir_visit(c, b->dim[d].lo, find_movers, &m);
        ir_visit(c, b->dim[d].hi, find_movers, &m);
    }
    if (first)
        map_putp(c->a, &known->of, f, p);
}

static bool is_loop_inside(low *L, ir_sym s, low_site here)
{
    low_site at;
    if (!here.stage || !low_find_loop(L, s, &at))
        return true;
    return at.stage == here.stage ? at.loop > here.loop : computed_inside(at.stage->f, here);
}

uint32_t parts_steady(low *L, const part_facts *known, const low_func *f, low_site here)
{
    const part *p = map_getp(&known->of, f);
    uint32_t steady = 0;
    for (uint32_t d = 0; p && d < f->rank && d < PARTS_DIMS; d++) {
        bool moves = false;
        for (uint32_t i = 0; i < p[d].moves_with.n; i++)
            moves |= is_loop_inside(L, p[d].moves_with.at[i], here);
        if (!moves)
            steady |= UINT32_C(1) << d;
    }
    return steady;
}
