/* lower/contracts.c: what a schedule promises to be true of the result: `expect vectorized(out,
 * 32)`.
 *
 * A loop's symbol carries the stage it belongs to, so that copies made by unrolling still know it;
 * vectorize notes under that stage how many lanes its widest store has. A schedule whose directives
 * are all honoured keeps such a promise by construction, unless the loop it speaks of is not the
 * one that was vectorized. */
#include "lower.h"

#include "../dsl/sched.h"

void low_mark_loops(low *L)
{
    for (uint32_t i = 0; i < L->funcs.n; i++)
        for (uint32_t k = 0; k < L->funcs.at[i]->nstages; k++) {
            const low_stage *home = &L->funcs.at[i]->stages[k];
            for (uint32_t n = 0; n < home->nleaves; n++) {
                low_stage *s = home->leaf[n];
                for (uint32_t l = 0; l < s->nloops; l++)
                    ir_symbol_of(L->ctx, s->loops[l].sym)->aux = s;
            }
        }
}

static const low_stage *stage_of(const low *L, stage_ref r)
{
    const cb_func_s *src = pipeline_func(L->pipe, r.func);
    for (uint32_t i = 0; i < L->funcs.n; i++) {
        const low_func *f = L->funcs.at[i];
        uint32_t k = (uint32_t)(r.update + 1);
        if (f->src == src && k < f->nstages) return &f->stages[k];
    }
    return NULL; /* not computed: its values turned out not to be needed */
}

static const directive *vector_directive(const low_stage *s)
{
    for (uint32_t l = 0; l < s->nloops; l++)
        if (s->loops[l].kind == LOOP_VECTOR) return s->plan->dims_all.at[s->loops[l].dim].from;
    return NULL;
}

static void broken(low *L, const contract *k, const low_stage *s, int64_t want, int64_t have)
{
    cb_context *c = L->ctx;
    text name;
    text_init(&name, c->a);
    stage_ref_print(&name, k->stage);
    diag *d = low_error(L, DIAG_CONTRACT_BROKEN, k->loc,
                        "'%s' was expected to store %lld lanes at a time, but stores %lld",
                        text_str(&name), (long long)want, (long long)have);
    if (k->excerpt) diag_excerpt(&c->diags, d, k->excerpt, 0, 0);
    const directive *from = s ? vector_directive(s) : NULL;
    if (from) diag_note(&c->diags, d, from->loc, "its vector loop was made here");
    else if (s)
        diag_note(&c->diags, d, s->plan->def->loc, "'%s' is defined here and has no vector loop",
                  text_str(&name));
    if (from)
        diag_help(&c->diags, d, "vectorize %lld iterations, or expect %lld lanes", (long long)want,
                  (long long)have);
    else
        diag_help(&c->diags, d, "add vectorize(LOOP, %lld) to '%s', or drop the expectation",
                  (long long)want, text_str(&name));
    diag_end(&c->diags, d);
}

void low_contracts(low *L)
{
    const schedule *sched = L->pipe->flat;
    for (uint32_t i = 0; sched && i < sched->contracts.n; i++) {
        const contract *k = &sched->contracts.at[i];
        const low_stage *s = stage_of(L, k->stage);
        int64_t want = 0;
        uint64_t have = 1;
        if (sched_value_const(sched, k->value, &want) != VALUE_CONST)
            continue; /* refused with the schedule */
        bool kept = false; /* by one of its leaves */
        for (uint32_t n = 0; s && n < s->nleaves && !kept; n++) {
            have = 1;
            map_get(&L->stage_lanes, (uint64_t)(uintptr_t)s->leaf[n], &have);
            kept = (int64_t)have == want;
        }
        if (!kept) broken(L, k, s ? s->leaf[s->nleaves - 1] : s, want, (int64_t)have);
    }
}
