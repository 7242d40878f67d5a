/* tests/unit/low_fixture.h: a lowering state made by hand, for tests of single passes. */
#ifndef TEST_LOW_FIXTURE_H
#define TEST_LOW_FIXTURE_H

#include "flat_run.h"

typedef struct fixture {
    cb_context *c;
    low *L;
    guard guard;
    char messages[4096]; /* diagnostics so far, as printed */
} fixture;

static inline void fixture_sink(void *user, const diag *d)
{
    fixture *f = user;
    text t;
    text_init(&t, f->c->a);
    diag_render_text(&t, d);
    strncat(f->messages, text_str(&t), sizeof f->messages - strlen(f->messages) - 1);
}

typedef struct fixture_case {
    void (*fn)(fixture *f);
} fixture_case;

/* A test function that takes a fixture, as a row of a cmocka table. */
#define FIXTURE_TEST(fn) {#fn, fixture_run, NULL, NULL, &(fixture_case){fn}}

static inline void fixture_run(void **state)
{
    fixture f = {.c = ctx_new(NULL)};
    cb_context *c = f.c;
    c->diags.sink = fixture_sink;
    c->diags.sink_user = &f;
    if (guard_enter(&f.guard, &c->esc)) {
        f.L = NEW(c->a, low);
        f.L->ctx = c;
        f.L->pipe = NEW(c->a, pipeline);
        f.L->pipe->ctx = c;
        f.L->pipe->name = "p";
        ((fixture_case *)*state)->fn(&f);
        guard_leave(&f.guard, &c->esc);
    } else {
        fail_msg("a pass gave up: %s", f.messages);
    }
    ctx_free(c);
}

static inline ir_sym fx_loop(fixture *f, const char *name)
{
    return ir_sym_new(f->c, name, SYM_LOOP, T_I32, NULL);
}
static inline ir_sym fx_let(fixture *f, const char *name, cb_type t)
{
    return ir_sym_new(f->c, name, SYM_LET, t, NULL);
}
static inline ir_sym fx_param(fixture *f, const char *name, cb_type t)
{
    return ir_sym_new(f->c, name, SYM_PARAM, t, NULL);
}
static inline ir_sym fx_buffer(fixture *f, const char *name, cb_type t)
{
    return ir_sym_new(f->c, name, SYM_BUFFER, t, NULL);
}
static inline const ir *fx_i64(fixture *f, const ir *e) { return ir_cast(f->c, T_I64, e); }
static inline const ir *fx_store(fixture *f, ir_sym buffer, const ir *index, const ir *value)
{
    return ir_store(f->c, buffer, 0, index->type.bits == 64 ? index : fx_i64(f, index), value,
                    ir_bool(f->c, true));
}
static inline const ir *fx_load(fixture *f, ir_sym buffer, const ir *index)
{
    return ir_load(f->c, ir_symbol_of(f->c, buffer)->type, buffer, 0,
                   index->type.bits == 64 ? index : fx_i64(f, index), ir_bool(f->c, true));
}
static inline const ir *fx_allocate(fixture *f, ir_sym buffer, const ir *count, const ir *body)
{
    ir_info info = {.sym = buffer, .type = ir_symbol_of(f->c, buffer)->type, .memory = MEM_HEAP};
    return ir_stmt(f->c, IR_ALLOCATE, &info,
                   (const ir *const[]){count, ir_bool(f->c, true), body}, 3);
}

/* A Func, input or output of one value; stages and plans are for the caller to fill. */
static inline low_func *fx_func(fixture *f, const char *name, uint32_t rank, cb_type type,
                                ir_sym_kind kind)
{
    arena *a = f->c->a;
    low_func *g = NEW(a, low_func);
    g->L = f->L;
    g->name = name;
    g->sym = ir_sym_new(f->c, name, kind, type, g);
    g->src = NEW(a, cb_func_s);
    g->src->ctx = f->c;
    g->src->name = name;
    g->src->loc = (cb_loc){"test.c", 7, 0};
    g->rank = rank;
    g->nvalues = 1;
    g->types = NEW_ARRAY(a, cb_type, 4);
    g->value_min = NEW_ARRAY(a, const ir *, 4);
    g->value_max = NEW_ARRAY(a, const ir *, 4);
    for (int i = 0; i < 4; i++)
        g->types[i] = type;
    g->is_input = kind == SYM_IMAGE;
    map_putp(a, &f->L->func_of, (const void *)(uintptr_t)g->sym, g);
    if (g->is_input) {
        vec_push(a, &f->L->inputs, g);
        return g;
    }
    func_plan *plan = NEW(a, func_plan);
    plan->func = g->src;
    plan->storage_order = NEW_ARRAY(a, uint32_t, rank + 1);
    for (uint32_t d = 0; d < rank; d++)
        plan->storage_order[d] = d;
    g->plan = plan;
    vec_push(a, &f->L->funcs, g);
    return g;
}

static inline void fx_output(fixture *f, low_func *g)
{
    g->is_output = true;
    vec_push(f->c->a, &f->L->outputs, g);
}

/* The pure definition g(x, ...) = value, over symbols made here: args receives them. */
static inline low_stage *fx_define(fixture *f, low_func *g, const ir_sym *args, const ir *value)
{
    arena *a = f->c->a;
    if (!g->stages)
        g->stages = NEW_ARRAY(a, low_stage, 4);
    low_stage *s = &g->stages[g->nstages];
    s->f = g;
    s->index = g->nstages++;
    stage_plan *plan = NEW(a, stage_plan);
    plan->func = g->src;
    plan->def = NEW(a, definition);
    plan->def->loc = (cb_loc){"test.c", 10 + (int)s->index, 0};
    s->plan = plan;
    s->args = NEW_ARRAY(a, ir_sym, g->rank + 1);
    s->lhs = NEW_ARRAY(a, const ir *, g->rank + 1);
    s->values = NEW_ARRAY(a, const ir *, 4);
    s->where = ir_bool(f->c, true);
    s->values[0] = value;
    for (uint32_t d = 0; d < g->rank; d++) {
        s->args[d] = args[d];
        s->lhs[d] = ir_var(f->c, args[d]);
    }
    return s;
}

static inline const ir *fx_call(fixture *f, const low_func *g, const ir *x, const ir *y)
{
    return ir_call(f->c, g->sym, 0, g->types[0], (const ir *const[]){x, y}, g->rank);
}

#endif
