/* dsl/resolve_branches.c: stages with other loops where a condition holds:
 *
 *     out  split(y, yo, yi, 8), specialize(out.extent(0) >= 64, vectorize(x, 16)), unroll(x, 2)
 *
 * becomes two plans for the stage `out`. That of the branch has the loops yo, yi, x, x.v: those
 * there were when specialize() was met, then its own directives. The stage's plan goes on without
 * them: yo, yi, x, x.u. Branches may have branches. The plans that can run are the leaves of this
 * tree, in the order in which conditions are tried; the stage's own plan is the last of them, unless
 * specialize_fail() says that it never runs.
 *
 * Conditions are made of parameters, knobs, and the mins, extents and strides of inputs and
 * outputs, so one leaf runs during a whole call.
 */
#include "front.h"
#include "sched.h"

#include <string.h>

/* ---- leaves ---------------------------------------------------------------------------------- */

static void add_leaves(arena *a, stage_plan *s, stage_plans *out)
{
    for (uint32_t i = 0; i < s->branches.n; i++)
        add_leaves(a, s->branches.at[i].plan, out);
    if (!s->fails)
        vec_push(a, out, s);
}

void stage_leaves(arena *a, stage_plan *s, stage_plans *out) { add_leaves(a, s, out); }

/* ---- conditions ------------------------------------------------------------------------------ */

static expr *refuse_cond(resolver *R, const directive *d, const sched_cond *k, diag_code code,
                         const char *why, const char *help)
{
    bool exact = d->excerpt && k->loc.line == d->loc.line && k->loc.col && d->loc.col;
    diag *g = sched_open(R, code, d->loc.col ? k->loc : d->loc,
                         arena_printf(R->c->a, "%s: %s", directive_text(R->c, d), why));
    R->about = d;
    R->about_arg = 0;
    R->refused.at[R->refused.n - 1].d = d;
    if (d->excerpt)
        diag_excerpt(&R->c->diags, g, d->excerpt, exact ? k->loc.col - 1 : 0, exact ? k->width : 0);
    sched_end_help(R, g, help);
    return NULL;
}

static cb_func_s *buffer_named(const resolver *R, const char *name)
{
    for (uint32_t i = 0; i < R->p->inputs.n; i++)
        if (strcmp(R->p->inputs.at[i]->name, name) == 0)
            return R->p->inputs.at[i];
    for (uint32_t i = 0; i < R->p->outputs.n; i++)
        if (strcmp(R->p->outputs.at[i]->name, name) == 0)
            return R->p->outputs.at[i];
    return NULL;
}

static expr *field_expr(resolver *R, const directive *d, const sched_cond *k)
{
    cb_context *c = R->c;
    cb_func_s *f = buffer_named(R, k->text);
    if (!f)
        return refuse_cond(R, d, k, DIAG_BAD_CONDITION,
                           arena_printf(c->a, "'%s' is neither an input nor an output", k->text),
                           "only buffers that the caller gives have sizes before anything runs");
    if (k->dim >= f->rank)
        return refuse_cond(R, d, k, DIAG_BAD_CONDITION,
                           arena_printf(c->a, "'%s' has no dimension %u", f->name, k->dim),
                           f->rank ? arena_printf(c->a, "its dimensions are 0 to %u", f->rank - 1)
                                   : "it has no dimensions");
    return expr_new(c, ir_field(c, f->sym, (ir_buffer_field)k->field, k->dim));
}

static expr *name_expr(resolver *R, const directive *d, const sched_cond *k)
{
    cb_context *c = R->c;
    vec(const char *) names = {0};
    for (uint32_t i = 0; i < R->s->knobs.n; i++) {
        if (strcmp(R->s->knobs.at[i]->name, k->text) == 0)
            return expr_literal_int(c, R->s->knobs.at[i]->value, false);
        vec_push(c->a, &names, R->s->knobs.at[i]->name);
    }
    for (uint32_t i = 0; i < R->p->params.n; i++) {
        if (strcmp(R->p->params.at[i]->name, k->text) == 0)
            return expr_new(c, ir_var(c, R->p->params.at[i]->sym));
        vec_push(c->a, &names, R->p->params.at[i]->name);
    }
    const char *near = text_nearest(k->text, names.at, names.n);
    const char *why = arena_printf(
        c->a, "'%s' is neither a knob of the schedule nor a parameter of the pipeline", k->text);
    const char *help = near ? arena_printf(c->a, "did you mean '%s'?", near)
                            : "conditions are about parameters, knobs, and sizes of buffers";
    return refuse_cond(R, d, k, DIAG_NO_SUCH_VALUE, why, help);
}

/* As the language's own expressions, with their rules of types. Depth is limited by the reader. */
static expr *cond_expr(resolver *R, const directive *d, const sched_cond *k)
{
    static const cb_op ops[COP_COUNT] = {
        [COP_OR] = CB_OP_EITHER, [COP_AND] = CB_OP_BOTH, [COP_EQ] = CB_OP_EQ, [COP_NE] = CB_OP_NE,
        [COP_LT] = CB_OP_LT,     [COP_LE] = CB_OP_LE,    [COP_GT] = CB_OP_GT, [COP_GE] = CB_OP_GE,
        [COP_ADD] = CB_OP_ADD,   [COP_SUB] = CB_OP_SUB,  [COP_MUL] = CB_OP_MUL,
        [COP_DIV] = CB_OP_DIV,   [COP_MOD] = CB_OP_MOD,  [COP_NOT] = CB_OP_NEGATE,
        [COP_NEG] = CB_OP_NEG,   [COP_MIN] = CB_OP_MIN,  [COP_MAX] = CB_OP_MAX};
    switch (k->kind) {
    case COND_INT: return expr_literal_int(R->c, k->value, false);
    case COND_REAL: return expr_literal_float(R->c, token_decimal(R->c, k->text, (int)strlen(k->text)));
    case COND_NAME: return name_expr(R, d, k);
    case COND_FIELD: return field_expr(R, d, k);
    case COND_OP: break;
    }
    expr *v[2] = {cond_expr(R, d, k->arg[0]), NULL};
    uint32_t n = (uint32_t)cond_ops[k->op].operands;
    if (v[0] && n == 2)
        v[1] = cond_expr(R, d, k->arg[1]);
    if (!v[n - 1])
        return NULL;
    expr *e = expr_op(R->c, ops[k->op], n, v);
    if (!e->fault)
        return e;
    e->fault->reported = true;
    return refuse_cond(R, d, k, DIAG_BAD_CONDITION, e->fault->text,
                       e->fault->help ? e->fault->help
                                      : "compare numbers, and join comparisons by && and ||");
}

/* NULL after a report. */
static const ir *condition(resolver *R, const directive *d)
{
    const sched_cond *k = d->arg[0].cond;
    const expr *e = cond_expr(R, d, k);
    if (!e)
        return NULL;
    if (type_eq(e->node->type, T_BOOL))
        return e->node;
    char name[16];
    refuse_cond(R, d, k, DIAG_BAD_CONDITION,
                arena_printf(R->c->a, "'%s' is a number (%s) and not a condition",
                             sched_cond_text(R->c, k), type_name(e->node->type, name)),
                "compare it: n == 0, n > 1, ...");
    return NULL;
}

/* ---- branches -------------------------------------------------------------------------------- */

static stage_plan *copy_plan(arena *a, const stage_plan *from)
{
    stage_plan *s = NEW(a, stage_plan);
    s->func = from->func;
    s->update = from->update;
    s->def = from->def;
    s->atomic = from->atomic;
    s->stream = from->stream;
    for (uint32_t i = 0; i < from->prefetches.n; i++)
        vec_push(a, &s->prefetches, from->prefetches.at[i]);
    for (uint32_t i = 0; i < from->dims_all.n; i++)
        vec_push(a, &s->dims_all, from->dims_all.at[i]);
    for (uint32_t i = 0; i < from->splits.n; i++)
        vec_push(a, &s->splits, from->splits.at[i]);
    for (uint32_t i = 0; i < from->loops.n; i++)
        vec_push(a, &s->loops, from->loops.at[i]);
    for (uint32_t i = 0; i < from->steps.n; i++)
        vec_push(a, &s->steps, from->steps.at[i]);
    for (uint32_t i = 0; i < from->known.n; i++)
        vec_push(a, &s->known, from->known.at[i]);
    return s;
}

/* Terms of a conjunction. */
static void add_known(arena *a, stage_plan *s, const ir *cond)
{
    while (cond->op == IR_AND) { /* conditions have few terms: sched_value.c */
        add_known(a, s, cond->arg[1]);
        cond = cond->arg[0];
    }
    vec_push(a, &s->known, cond);
}

/* e as a constant, by the equalities that hold in the plan. */
static const ir *replace_known(ir_mapper *m, const ir *n)
{
    const stage_plan *s = m->env;
    for (uint32_t i = 0; i < s->known.n; i++) {
        const ir *k = s->known.at[i];
        for (int side = 0; side < 2 && k->op == IR_EQ; side++)
            if (k->arg[side] == n && k->arg[1 - side]->op == IR_INT)
                return k->arg[1 - side];
    }
    return ir_map(m, n);
}

bool plan_constant(cb_context *c, const stage_plan *s, const ir *e, int64_t *out)
{
    ir_mapper m = {.ctx = c, .fn = replace_known, .env = (void *)(uintptr_t)s};
    return ir_as_int(s->known.n ? ir_apply(&m, e) : e, out);
}

int64_t plan_pure_extent(const pipeline *p, const stage_plan *s, uint32_t d)
{
    int64_t extent;
    const func_plan *f = pipeline_plan(p, s->func);
    for (uint32_t i = 0; f && i < f->bounds.n; i++)
        if (f->bounds.at[i].dim == d)
            return -1; /* what is computed is not the buffer */
    if (!s->known.n || !pipeline_is_output(p, s->func))
        return -1;
    const ir *e = ir_field(p->ctx, s->func->sym, FIELD_EXTENT, d);
    return plan_constant(p->ctx, s, e, &extent) && extent >= 0 ? extent : -1;
}

bool apply_specialize(resolver *R, stage_plan *s, const directive *d)
{
    if (s->def->kind == DEF_EXTERN) {
        diag *g = sched_report(R, DIAG_NO_SUCH_LOOP, d, -1,
                               "'%s' is computed by a C function and has no loops to specialise",
                               s->func->name);
        diag_note(&R->c->diags, g, s->def->loc, "it is defined here");
        sched_end_help(R, g, "decide in the C function, or specialise a stage that reads it");
        return false;
    }
    branch_plan b = {.from = d, .cond = condition(R, d)};
    if (!b.cond)
        return false;
    for (uint32_t i = 0; i < s->branches.n; i++)
        if (s->branches.at[i].cond == b.cond) {
            diag *g = sched_report(R, DIAG_CONTRADICTION, d, 0,
                                   "an earlier branch is taken whenever this condition holds");
            sched_note_at(R, g, s->branches.at[i].from);
            sched_end_help(R, g, "join the two, or specialize for another condition");
            return false;
        }
    b.plan = copy_plan(R->c->a, s);
    add_known(R->c->a, b.plan, b.cond);
    b.plan->branch = d;
    b.first_step = s->steps.n;
    b.first_split = s->splits.n;
    for (uint32_t i = 1; i < d->nargs; i++) {
        const directive *inner = d->arg[i].dir;
        if (dir_table[inner->op].whole_func) {
            diag *g = sched_report(R, DIAG_WHOLE_FUNC, inner, -1,
                                   "this is about '%s' as a whole, not about one branch of a stage",
                                   s->func->name);
            sched_help(R, g, "give it to the Func: %s  %s", s->func->name,
                       directive_text(R->c, inner));
            sched_end(R, g);
            return false;
        }
        if (!apply_stage_directive(R, b.plan, inner))
            return false;
    }
    record_step(R, s, d);
    vec_push(R->c->a, &s->branches, b);
    return true;
}

bool apply_specialize_fail(resolver *R, stage_plan *s, const directive *d)
{
    if (!s->branches.n) {
        sched_end_help(R,
                       sched_report(R, DIAG_CONTRADICTION, d, -1,
                                    "'%s' would always fail: it has no specialize() before this",
                                    stage_text(R, s)),
                       "give the conditions first: specialize(gain == 1, ...), then this");
        return false;
    }
    record_step(R, s, d);
    s->fails = d;
    return true;
}
