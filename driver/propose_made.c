/* driver/propose_made.c: proposals about more than loops: Funcs that a schedule makes, branches for
 * conditions, and lines under guards or in procedures.
 *
 *     f0    wrap(m0, f2), clone(m1, f3)
 *     f1.update 0   rfactor(part2, r.y, v0)
 *     m0    compute_root(), vectorize(x, 4)          (planned like any Func)
 *     out   split(x, v0, v1, 4), specialize(out.extent(1) >= 3, vectorize(v0, 2)), unroll(v1)
 */
#include "propose.h"

#include <string.h>

/* ---- Funcs to be made ------------------------------------------------------------------------ */

typedef struct search {
    const cb_func_s *f;
    bool found;
} search;

static bool is_call(void *env, const ir *n)
{
    search *s = env;
    s->found |= n->op == IR_CALL && n->u.ref.sym == s->f->sym;
    return !s->found;
}

static bool reads(const planner *p, const func_plan *g, const cb_func_s *f)
{
    cb_context *c = p->p->ctx;
    search s = {f, false};
    for (uint32_t k = 0; k < g->stages.n; k++) {
        const definition *d = g->stages.at[k]->def;
        for (uint32_t i = 0; i < g->func->rank; i++)
            ir_visit(c, d->lhs[i], is_call, &s);
        for (uint32_t i = 0; i < g->func->nvalues; i++)
            ir_visit(c, d->values[i], is_call, &s);
        for (uint32_t i = 0; i < d->ngiven; i++)
            ir_visit(c, d->given[i], is_call, &s);
        for (uint32_t i = 0; d->dom && i < d->dom->ndims; i++) {
            ir_visit(c, d->dom->dims[i].min, is_call, &s);
            ir_visit(c, d->dom->dims[i].extent, is_call, &s);
        }
        for (uint32_t i = 0; d->dom && i < d->dom->where.n; i++)
            ir_visit(c, d->dom->where.at[i], is_call, &s);
    }
    return s.found;
}

/* Its updates read their partial results, and those something else. */
bool propose_is_factored(const planner *p, const cb_func_s *f)
{
    for (uint32_t i = 0; i < p->factored.n; i++)
        if (p->factored.at[i] == f)
            return true;
    return false;
}

/* A clone leaves f a reader: one without a name will do. */
static void make_one(planner *p, text *t, const cb_func_s *f, bool clone)
{
    vec(const char *) readers = {0};
    bool nameless = false;
    for (uint32_t i = 0; i < p->p->plans.n; i++) {
        const func_plan *g = p->p->plans.at[i];
        if (g->func == f || !reads(p, g, f) || propose_is_factored(p, g->func))
            continue;
        if (g->func->unnamed)
            nameless = true;
        else
            vec_push(p->a, &readers, g->func->name);
    }
    if (readers.n < (clone && !nameless ? 2u : 1u))
        return;
    const char *name = arena_printf(p->a, "m%u", p->made.n);
    uint32_t most = readers.n - (clone && !nameless), n = 1 + (uint32_t)pick(p->r, (int)most);
    text d;
    text_init(&d, p->a);
    text_printf(&d, "%s(%s", clone ? "clone" : "wrap", name);
    for (uint32_t i = 0; i < n && (clone || chance(p->r, 80)); i++)
        text_printf(&d, ", %s", readers.at[i]);
    text_put(&d, ")");
    proposed line = {.stage = f->name, .n = 1, .dir = NEW_ARRAY(p->a, const char *, PROPOSE_DIRS)};
    line.dir[0] = text_str(&d);
    vec_push(p->a, &p->made, line);
    text_printf(t, "%s %s\n", line.stage, line.dir[0]);
    if (chance(p->r, 25)) { /* one more, of what was just made */
        line.stage = name;
        line.dir = NEW_ARRAY(p->a, const char *, PROPOSE_DIRS);
        line.dir[0] = arena_printf(p->a, "wrap(m%u)", p->made.n);
        text_printf(t, "%s %s\n", line.stage, line.dir[0]);
        vec_push(p->a, &p->made, line);
    }
}

/* Partial results of an update: over the outermost variable of its domain, or over some of them if it commutes.
 * What is refused is said and not made. */
static void make_partial_results(planner *p, text *t, const stage_plan *plan)
{
    fstage s = {.plan = plan, .pure = plan->update < 0};
    const cb_func_s *f = plan->func;
    const rdom *r = plan->def->dom;
    if (!r || !r->ndims)
        return;
    propose_judge(p, &s);
    bool slip = propose_slip(p), two = r->ndims > 1 && f->rank + 2 <= CB_MAX_RANK && chance(p->r, 20);
    bool whole = r->ndims == (two ? 2u : 1u);
    if ((!s.associative || (whole && r->where.n) || f->rank + 1 > CB_MAX_RANK || !chance(p->r, 35)) && !slip)
        return;
    uint32_t a = r->ndims - 1, b = two ? a - 1 : a;
    if (s.commutes && !two && chance(p->r, 40))
        a = (uint32_t)pick(p->r, (int)r->ndims);
    const char *name = arena_printf(p->a, "part%u", p->made.n), *u = propose_fresh(p);
    proposed line = {.stage = arena_printf(p->a, "%s.update %d", f->name, plan->update), .n = 1};
    line.dir = NEW_ARRAY(p->a, const char *, PROPOSE_DIRS);
    line.dir[0] = two ? arena_printf(p->a, "rfactor(%s, %s, %s, %s, %s)", name, r->dims[a].name, u, r->dims[b].name, propose_fresh(p))
                      : arena_printf(p->a, "rfactor(%s, %s, %s)", name, r->dims[a].name, u);
    vec_push(p->a, &p->made, line);
    vec_push(p->a, &p->factored, f);
    if (!slip)
        text_printf(t, "%s %s\n", line.stage, line.dir[0]);
}

const char *propose_made(planner *p)
{
    text t;
    text_init(&t, p->a);
    for (uint32_t i = 0; i < p->p->plans.n; i++)
        for (uint32_t k = 1; k < p->p->plans.at[i]->stages.n && !p->p->plans.at[i]->func->unnamed; k++)
            make_partial_results(p, &t, p->p->plans.at[i]->stages.at[k]);
    for (uint32_t i = 0; i < p->p->inputs.n; i++)
        if (chance(p->r, 6))
            make_one(p, &t, p->p->inputs.at[i], false);
    for (uint32_t i = 0; i < p->p->tables.n; i++)
        if (chance(p->r, 6))
            make_one(p, &t, p->p->tables.at[i], false);
    for (uint32_t i = 0; i < p->p->plans.n; i++)
        if (!p->p->plans.at[i]->func->unnamed && chance(p->r, 18)) /* not many have two readers */
            make_one(p, &t, p->p->plans.at[i]->func, chance(p->r, 72));
    return text_str(&t);
}

/* ---- branches -------------------------------------------------------------------------------- */

static const char *comparison(planner *p)
{
    static const char *const ops[] = {"==", "!=", "<", "<=", ">", ">="};
    const pipeline *l = p->p;
    const char *op = ops[pick(p->r, COUNT_OF(ops))];
    if (l->params.n && chance(p->r, 45)) {
        const cb_param_s *q = l->params.at[pick(p->r, (int)l->params.n)];
        if (type_is_int(q->type) || type_is_uint(q->type))
            return arena_printf(p->a, "%s %s %d", q->name, op, pick(p->r, 8));
    }
    const cb_func_s *f = l->inputs.n && chance(p->r, 30) ? l->inputs.at[pick(p->r, (int)l->inputs.n)]
                                                         : l->outputs.at[0];
    if (!f->rank)
        return "1 < 2";
    int d = pick(p->r, (int)f->rank);
    if (f->is_input && chance(p->r, 30))
        return arena_printf(p->a, "%s.stride(%d) %s 8", f->name, d, op);
    if (chance(p->r, 25))
        return arena_printf(p->a, "%s.extent(%d) %% %d == 0", f->name, d, 2 + pick(p->r, 6));
    if (chance(p->r, 15))
        return arena_printf(p->a, "%s.min(%d) %s 0", f->name, d, op);
    int near = p->o && p->o->extent && !f->is_input ? p->o->extent[d] - 1 + pick(p->r, 3) : pick(p->r, 24);
    return arena_printf(p->a, "%s.extent(%d) %s %d", f->name, d, op, near < 0 ? 0 : near);
}

static const char *condition(planner *p)
{
    const char *a = comparison(p);
    if (chance(p->r, 15))
        return arena_printf(p->a, "!(%s)", a);
    if (chance(p->r, 30))
        return arena_printf(p->a, "%s %s %s", a, chance(p->r, 50) ? "&&" : "||", comparison(p));
    return a;
}

/* What keeps the names of the loops there are, so that Funcs can still be placed in them. */
static const char *branch(planner *p, fstage *s, const char *cond, int depth)
{
    text t;
    text_init(&t, p->a);
    text_printf(&t, "specialize(%s", cond);
    bool vector = false, used[PROPOSE_LOOPS] = {false};
    if (depth < 2 && chance(p->r, 20))
        text_printf(&t, ", %s", branch(p, s, condition(p), depth + 1));
    for (int n = pick(p->r, 3); n-- > 0 && s->n;) {
        int at = pick(p->r, s->n);
        const floop *l = &s->loop[at];
        if (l->kind_set || used[at])
            continue;
        used[at] = true;
        bool may = s->pure && !l->rvar && !vector && !propose_vector_outside(s, at) && !propose_parallel_inside(s, at);
        const char *word = may ? "vectorize" : "unroll";
        if (propose_has_name(s, arena_printf(p->a, "%s.%c", l->name, *word)) && !propose_slip(p))
            continue;
        bool rounds = may && l->rounds && !p->func[s->func].promised && chance(p->r, 30);
        if (may && at > s->hidden)
            s->hidden = at;
        vector |= may;
        s->widened |= rounds;
        text_printf(&t, ", %s(%s, %d%s)", word, l->name, 2 + pick(p->r, 3) * 2, rounds ? ", round_up" : "");
    }
    text_put(&t, ")");
    return text_str(&t);
}

void propose_branches(planner *p, fstage *s)
{
    if (s->plan->def->kind == DEF_EXTERN)
        return;
    for (int n = 1 + pick(p->r, 2); n-- > 0 && !propose_full(s);)
        propose_add(p, s, branch(p, s, condition(p), 0));
    if (propose_full(s) || s->line->n + 3 > PROPOSE_DIRS || !chance(p->r, 20))
        return;
    const char *cond = comparison(p);
    propose_add(p, s, branch(p, s, cond, 0));
    propose_add(p, s, branch(p, s, arena_printf(p->a, "!(%s)", cond), 0));
    propose_add(p, s, "specialize_fail(\"no branch is left\")");
    s->closed = true;
}

/* ---- forms ----------------------------------------------------------------------------------- */

void propose_form(planner *p, fstage *s)
{
    static const char *const forms[] = {"@when", "@else", "@proc"};
    if (s->line->n && s->line->n < PROPOSE_DIRS && chance(p->r, 4))
        propose_add(p, s, forms[pick(p->r, COUNT_OF(forms))]);
}
