/* tests/unit/sched_fixture.h: a program made by hand, to be scheduled by text:
 *
 *     blur_x(x, y) = in(x, y) + in(x + 1, y)
 *     mid(x, y)    = blur_x(x, y)*2
 *     hist(i)      = 0;  hist(in(r.x, r.y)) += 1               reductions may be reordered
 *     wave(x, y)   = 0;  wave(q.x, q.y) = wave(q.x - 1, q.y)*2 and so may these
 *     slope(x, y)  = 0;  slope(p.x, p.y) = slope(p.x + 1, p.y - 1)*2    and these may not
 *     scan(x, y)   = 0;  scan(k.x, y) = scan(k.x - 1, y)*2     k has one dimension, of extent 16
 *     side(x, y)   = in(x, y)
 *     size(i)      = in(i, 0)
 *     sums(x, y)   = 0;  sums(x, 0) += in(x, n.x)              n has the extent size(3)
 *     out(x, y)    = mid(x, y - 1) + mid(x, y + 1) + hist(x) + wave(x, y) + scan(x, y) + sums(x, y)
 *                    + slope(x, y) + side(x, y)
 *     out(x, 0)   += side(x, 1)
 *
 * with parameters w (i32) and gain (f32).
 */
#ifndef TEST_SCHED_FIXTURE_H
#define TEST_SCHED_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../dsl/sched.h"

typedef struct world {
    cb_context *c;
    pipeline *p;
    guard guard;
    ir_sym x, y, i;
    cb_func_s *in, *blur_x, *mid, *hist, *wave, *slope, *scan, *size, *sums, *side, *out;
    int reports;
    char code[64];        /* of the first report */
    char messages[16384]; /* all of them, as printed */
} world;

static inline void world_sink(void *user, const diag *d)
{
    world *w = user;
    text t;
    text_init(&t, w->c->a);
    diag_render_text(&t, d);
    if (w->reports++ == 0)
        snprintf(w->code, sizeof w->code, "%s", diag_code_name(d->code));
    strncat(w->messages, text_str(&t), sizeof w->messages - strlen(w->messages) - 1);
}

static inline void world_clear(world *w)
{
    w->reports = 0;
    w->code[0] = w->messages[0] = 0;
}

static inline cb_func_s *add_func(world *w, const char *name, uint32_t rank, bool input)
{
    cb_func_s *f = NEW(w->c->a, cb_func_s);
    f->ctx = w->c;
    f->name = ctx_string(w->c, name);
    f->sym = ir_sym_new(w->c, f->name, input ? SYM_IMAGE : SYM_FUNC, T_I32, f);
    f->rank = rank;
    f->has_rank = true;
    f->nvalues = 1;
    f->types = NEW(w->c->a, cb_type);
    f->types[0] = T_I32;
    f->args = NEW_ARRAY(w->c->a, ir_sym, 2);
    f->args[0] = rank == 1 ? w->i : w->x;
    f->args[1] = w->y;
    f->is_input = input;
    f->loc = (cb_loc){"prog.c", 1, 0};
    if (input)
        vec_push(w->c->a, &w->p->inputs, f);
    else
        vec_push(w->c->a, &w->p->funcs, f);
    return f;
}

static inline const ir *at2(world *w, cb_func_s *f, const ir *a, const ir *b)
{
    const ir *args[] = {a, b};
    return ir_call(w->c, f->sym, 0, T_I32, args, f->rank);
}

static inline definition *add_def(world *w, cb_func_s *f, rdom *dom, const ir *a, const ir *b,
                                  const ir *value)
{
    definition *d = NEW(w->c->a, definition);
    d->kind = f->defs.n ? DEF_UPDATE : DEF_PURE;
    d->lhs = NEW_ARRAY(w->c->a, const ir *, 2);
    d->values = NEW(w->c->a, const ir *);
    d->pure_dim = NEW_ARRAY(w->c->a, ir_sym, 2);
    d->lhs[0] = a;
    d->lhs[1] = b;
    d->values[0] = value;
    d->dom = dom;
    d->loc = (cb_loc){"prog.c", 10 + (int)f->defs.n, 0};
    for (uint32_t k = 0; k < f->rank; k++) {
        const ir *e = d->lhs[k];
        if (e->op == IR_VAR && ir_symbol_of(w->c, e->u.sym)->kind == SYM_VAR)
            d->pure_dim[k] = e->u.sym;
    }
    vec_push(w->c->a, &f->defs, d);
    return d;
}

static inline rdom *add_rdom(world *w, const char *name, uint32_t n, const ir *extent)
{
    rdom *r = NEW(w->c->a, rdom);
    r->name = ctx_string(w->c, name);
    r->ndims = n;
    r->dims = NEW_ARRAY(w->c->a, rdom_dim, n);
    for (uint32_t k = 0; k < n; k++) {
        const char *dim = ctx_string(w->c, arena_printf(w->c->a, "%s.%c", name, "xyzw"[k]));
        r->dims[k] =
            (rdom_dim){ir_sym_new(w->c, dim, SYM_RVAR, T_I32, r), dim, ir_i32(w->c, 0), extent};
    }
    return r;
}

static inline void add_param(world *w, const char *name, cb_type t, const ir **var)
{
    cb_param_s *p = NEW(w->c->a, cb_param_s);
    p->name = ctx_string(w->c, name);
    p->type = t;
    p->sym = ir_sym_new(w->c, p->name, SYM_PARAM, t, p);
    vec_push(w->c->a, &w->p->params, p);
    if (var)
        *var = ir_var(w->c, p->sym);
}

static inline void world_build(world *w)
{
    cb_context *c = w->c;
    w->p = NEW(c->a, pipeline);
    w->p->ctx = c;
    w->p->name = "prog";
    w->x = ir_sym_new(c, "x", SYM_VAR, T_I32, NULL);
    w->y = ir_sym_new(c, "y", SYM_VAR, T_I32, NULL);
    w->i = ir_sym_new(c, "i", SYM_VAR, T_I32, NULL);
    const ir *x = ir_var(c, w->x), *y = ir_var(c, w->y), *i = ir_var(c, w->i), *zero = ir_i32(c, 0),
             *width;
    add_param(w, "w", T_I32, &width);
    add_param(w, "gain", T_F32, NULL);
    w->in = add_func(w, "in", 2, true);
    w->blur_x = add_func(w, "blur_x", 2, false);
    w->mid = add_func(w, "mid", 2, false);
    w->hist = add_func(w, "hist", 1, false);
    w->wave = add_func(w, "wave", 2, false);
    w->slope = add_func(w, "slope", 2, false);
    w->scan = add_func(w, "scan", 2, false);
    w->size = add_func(w, "size", 1, false);
    w->sums = add_func(w, "sums", 2, false);
    w->side = add_func(w, "side", 2, false);
    w->out = add_func(w, "out", 2, false);
    w->out->is_output = true;
    vec_push(c->a, &w->p->outputs, w->out);
    add_def(w, w->blur_x, NULL, x, y,
            ir_add(c, at2(w, w->in, x, y), at2(w, w->in, ir_addi(c, x, 1), y)));
    add_def(w, w->mid, NULL, x, y, ir_muli(c, at2(w, w->blur_x, x, y), 2));

    rdom *r = add_rdom(w, "r", 2, width), *q = add_rdom(w, "q", 2, width),
         *k = add_rdom(w, "k", 1, ir_i32(c, 16));
    const ir *rx = ir_var(c, r->dims[0].sym), *ry = ir_var(c, r->dims[1].sym);
    const ir *qx = ir_var(c, q->dims[0].sym), *qy = ir_var(c, q->dims[1].sym),
             *kx = ir_var(c, k->dims[0].sym);
    const ir *bin = at2(w, w->in, rx, ry);
    add_def(w, w->hist, NULL, i, NULL, zero);
    add_def(w, w->hist, r, bin, NULL, ir_addi(c, at2(w, w->hist, bin, NULL), 1));
    add_def(w, w->wave, NULL, x, y, zero);
    add_def(w, w->wave, q, qx, qy, ir_muli(c, at2(w, w->wave, ir_addi(c, qx, -1), qy), 2));
    rdom *p = add_rdom(w, "p", 2, width);
    const ir *px = ir_var(c, p->dims[0].sym), *py = ir_var(c, p->dims[1].sym);
    add_def(w, w->slope, NULL, x, y, zero);
    add_def(w, w->slope, p, px, py, ir_muli(c, at2(w, w->slope, ir_addi(c, px, 1), ir_addi(c, py, -1)), 2));
    add_def(w, w->scan, NULL, x, y, zero);
    add_def(w, w->scan, k, kx, y, ir_muli(c, at2(w, w->scan, ir_addi(c, kx, -1), y), 2));
    add_def(w, w->size, NULL, i, NULL, at2(w, w->in, i, zero));
    rdom *n = add_rdom(w, "n", 1, at2(w, w->size, ir_i32(c, 3), NULL));
    const ir *nx = ir_var(c, n->dims[0].sym);
    add_def(w, w->sums, NULL, x, y, zero);
    add_def(w, w->sums, n, x, zero,
            ir_add(c, at2(w, w->sums, x, zero), at2(w, w->in, x, nx)));
    add_def(w, w->side, NULL, x, y, at2(w, w->in, x, y));
    const ir *sum =
        ir_add(c, at2(w, w->mid, x, ir_addi(c, y, -1)), at2(w, w->mid, x, ir_addi(c, y, 1)));
    sum = ir_add(c, sum, at2(w, w->hist, x, NULL));
    sum = ir_add(c, sum, ir_add(c, at2(w, w->wave, x, y), at2(w, w->scan, x, y)));
    sum = ir_add(c, sum, ir_add(c, at2(w, w->sums, x, y), at2(w, w->slope, x, y)));
    add_def(w, w->out, NULL, x, y, ir_add(c, sum, at2(w, w->side, x, y)));
    add_def(w, w->out, NULL, x, zero,
            ir_add(c, at2(w, w->out, x, zero), at2(w, w->side, x, ir_i32(c, 1))));
}

typedef struct world_case {
    void (*fn)(world *w);
} world_case;
#define WORLD_TEST(fn)                                                                             \
    {                                                                                              \
#fn, world_run, NULL, NULL, &(world_case) { fn }                                           \
    }

static inline void world_run(void **state)
{
    static world w; /* too large for some stacks */
    memset(&w, 0, sizeof w);
    cb_context *c = w.c = ctx_new(NULL);
    assert_non_null(c);
    c->diags.sink = world_sink;
    c->diags.sink_user = &w;
    if (guard_enter(&w.guard, &c->esc)) {
        world_build(&w);
        ((world_case *)*state)->fn(&w);
        guard_leave(&w.guard, &c->esc);
    } else {
        fail_msg("it gave up: %s", w.messages);
    }
    ctx_free(c);
}

/* Reads and resolves; false when anything was reported. */
static inline bool world_schedule(world *w, const char *source)
{
    world_clear(w);
    w->p->sched = schedule_read(w->c, source, "prog.sched");
    return w->p->sched && schedule_resolve(w->p);
}

static inline const stage_plan *stage_at(const world *w, const cb_func_s *f, int update)
{
    for (uint32_t i = 0; i < w->p->plans.n; i++)
        if (w->p->plans.at[i]->func == f)
            return w->p->plans.at[i]->stages.at[update + 1];
    return NULL;
}

/* "yo:parallel yi x x.v:vector" */
static inline const char *loops_of(const world *w, const stage_plan *s)
{
    static const char *const kinds[] = {"", ":parallel", ":vector", ":unroll", ":?", ":?", ":?"};
    text t;
    text_init(&t, w->c->a);
    for (uint32_t i = 0; i < s->loops.n; i++) {
        const loop_plan *l = &s->dims_all.at[s->loops.at[i]];
        text_printf(&t, "%s%s%s", i ? " " : "", l->name, kinds[l->kind]);
    }
    return text_str(&t);
}

static inline void level_out(const world *w, text *t, const loop_level *l)
{
    if (l->kind == LEVEL_INLINE)
        text_put(t, "inline");
    if (l->kind == LEVEL_ROOT)
        text_put(t, "root");
    if (l->kind != LEVEL_AT)
        return;
    const stage_plan *s = stage_at(w, l->func, l->stage - 1);
    text_printf(t, "%s/%d/%s", l->func->name, l->stage, s->dims_all.at[l->loop].name);
}

/* Everything lowering reads of the plans, as text. */
static inline const char *plans_text(const world *w)
{
    text t;
    text_init(&t, w->c->a);
    for (uint32_t i = 0; i < w->p->plans.n; i++) {
        const func_plan *f = w->p->plans.at[i];
        text_printf(&t, "%s compute ", f->func->name);
        level_out(w, &t, &f->compute);
        text_put(&t, " store ");
        level_out(w, &t, &f->store);
        text_printf(&t, " memory %d order", (int)f->memory);
        for (uint32_t k = 0; k < f->func->rank; k++)
            text_printf(&t, " %u", f->storage_order[k]);
        for (uint32_t k = 0; k < f->bounds.n; k++) {
            const bound_plan *b = &f->bounds.at[k];
            text_printf(&t, " bound %u [%s %s] %lld %lld", b->dim,
                        b->min ? ir_text(w->c, b->min) : "",
                        b->extent ? ir_text(w->c, b->extent) : "", (long long)b->modulus,
                        (long long)b->remainder);
        }
        text_put(&t, "\n");
        for (uint32_t k = 0; k < f->stages.n; k++) {
            const stage_plan *s = f->stages.at[k];
            text_printf(&t, "  %d: %s |", s->update, loops_of(w, s));
            for (uint32_t d = 0; d < s->dims_all.n; d++)
                text_printf(&t, " %s%s", s->dims_all.at[d].name,
                            s->dims_all.at[d].is_rvar ? "*" : "");
            for (uint32_t d = 0; d < s->splits.n; d++) {
                const split_plan *p = &s->splits.at[d];
                text_printf(&t, " (%d %u %u %u %lld %s)", (int)p->kind, p->old, p->outer, p->inner,
                            (long long)p->factor, tail_names[p->tail]);
            }
            text_put(&t, "\n");
        }
    }
    return text_str(&t);
}

#endif
