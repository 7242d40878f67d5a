/* driver/propose.c: a random schedule for a whole pipeline.
 *
 * What is inlined is decided first, since it determines who reads whom. Then Funcs are planned from the
 * outputs back: when a Func is placed, the loops of its readers are final. It can be computed at any loop
 * that contains all of its readers:
 *
 *     out: yo yi x     f1 at (out, yi): y x     f0 read by f1: at f1's x or y, or at out's yi or yo, or root
 */
#include "propose.h"

#include <stdio.h>
#include <string.h>

void propose_add(planner *p, fstage *s, const char *dir)
{
    (void)p;
    if (s->line->n < PROPOSE_DIRS)
        s->line->dir[s->line->n++] = dir;
}

const char *propose_fresh(planner *p) { return arena_printf(p->a, "v%d", p->fresh++); }

/* ---- stages and who reads whom --------------------------------------------------------------- */

static const char *stage_name(planner *p, const stage_plan *s)
{
    return s->update < 0 ? s->func->name : arena_printf(p->a, "%s.update %d", s->func->name, s->update);
}

static uint32_t index_of(const planner *p, const cb_func_s *f)
{
    uint32_t i = 0;
    while (i < p->p->funcs.n && p->p->funcs.at[i] != f)
        i++;
    return i;
}

/* Extents that decide which factors are fine. */
static void find_extents(const planner *p, fstage *s)
{
    bool known = p->o && p->o->extent && p->p->outputs.n == 1, output = pipeline_is_output(p->p, s->plan->func);
    const stage_plan *plan = s->plan;
    for (int i = 0; i < s->n; i++) {
        floop *l = &s->loop[i];
        int rdim = plan->dims_all.at[plan->loops.at[plan->loops.n - 1 - (uint32_t)i]].rdom_dim;
        int64_t n;
        if (l->dim >= 0 && output)
            l->extent = known && p->o->extent[l->dim] ? p->o->extent[l->dim] : 1;
        else if (rdim >= 0 && ir_as_int(plan->def->dom->dims[rdim].extent, &n))
            l->extent = (int)n;
    }
}

static fstage *add_stage(planner *p, uint32_t func, const stage_plan *plan)
{
    fstage *s = NEW(p->a, fstage);
    s->plan = plan;
    s->func = func;
    s->pure = plan->update < 0;
    s->line = NEW(p->a, proposed);
    s->line->stage = stage_name(p, plan);
    s->line->dir = NEW_ARRAY(p->a, const char *, PROPOSE_DIRS);
    for (uint32_t i = plan->loops.n; i-- > 0 && s->n < PROPOSE_LOOPS;) {
        const loop_plan *l = &plan->dims_all.at[plan->loops.at[i]];
        s->loop[s->n++] = (floop){.name = l->name, .rvar = l->is_rvar, .dim = l->pure_dim, .rounds = l->pure_dim >= 0};
    }
    propose_judge(p, s);
    find_extents(p, s);
    vec_push(p->a, &p->stages, s);
    return s;
}

typedef struct reading {
    planner *p;
    bool *called; /* by index of p->funcs */
} reading;

static bool note_call(void *env, const ir *n)
{
    reading *R = env;
    if (n->op == IR_CALL) {
        uint32_t i = index_of(R->p, ir_symbol_of(R->p->p->ctx, n->u.ref.sym)->aux);
        if (i < R->p->p->funcs.n)
            R->called[i] = true;
    }
    return true;
}

/* What the bounds of its domain read. */
static void find_early_calls(planner *p, const definition *d, bool *called)
{
    cb_context *c = p->p->ctx;
    reading R = {p, called};
    for (uint32_t i = 0; d->dom && i < d->dom->ndims; i++) {
        ir_visit(c, d->dom->dims[i].min, note_call, &R);
        ir_visit(c, d->dom->dims[i].extent, note_call, &R);
    }
}

static void find_calls(planner *p, const cb_func_s *f, const definition *d, bool *called)
{
    cb_context *c = p->p->ctx;
    reading R = {p, called};
    find_early_calls(p, d, called);
    for (uint32_t i = 0; i < f->rank; i++)
        ir_visit(c, d->lhs[i], note_call, &R);
    for (uint32_t i = 0; i < f->nvalues; i++)
        ir_visit(c, d->values[i], note_call, &R);
    for (uint32_t i = 0; d->dom && i < d->dom->where.n; i++)
        ir_visit(c, d->dom->where.at[i], note_call, &R);
}

/* Notes every Func that the stages of `func` read; inlined readers pass it on. */
static void note_reads(planner *p, uint32_t func)
{
    bool *called = NEW_ARRAY(p->a, bool, p->p->funcs.n), *early = NEW_ARRAY(p->a, bool, p->p->funcs.n);
    for (uint32_t s = 0; s < p->stages.n; s++) {
        const definition *d = p->stages.at[s]->plan->def;
        if (p->stages.at[s]->func != func)
            continue;
        memset(called, 0, p->p->funcs.n * sizeof *called);
        memset(early, 0, p->p->funcs.n * sizeof *early);
        find_calls(p, p->p->funcs.at[func], d, called);
        find_early_calls(p, d, early);
        for (uint32_t i = func; i-- > 0;) {
            const definition *own = p->p->plans.at[i]->stages.at[0]->def;
            if (!called[i])
                continue;
            if (p->func[i].inlined) {
                p->func[i].read = true;
                find_calls(p, p->p->funcs.at[i], own, called);
                if (early[i])
                    find_calls(p, p->p->funcs.at[i], own, early);
            } else {
                vec_push(p->a, &p->func[i].readers, s);
                if (early[i])
                    vec_push(p->a, &p->func[i].early, s);
            }
        }
    }
}

/* ---- places ---------------------------------------------------------------------------------- */

typedef vec(fsite) sites;

/* The loops around the body of a stage, from the innermost to outside. */
static void sites_around(const planner *p, uint32_t stage, sites *out)
{
    int loop = 0;
    for (uint32_t turns = 0; turns <= p->p->funcs.n; turns++) {
        const fstage *s = p->stages.at[stage];
        for (; loop < s->n; loop++)
            vec_push(p->a, out, (fsite){stage, loop});
        const ffunc *f = &p->func[s->func];
        if (f->root)
            return;
        stage = f->at.stage;
        loop = f->at.loop;
    }
}

static bool is_among(const sites *s, fsite x)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (s->at[i].stage == x.stage && s->at[i].loop == x.loop)
            return true;
    return false;
}

/* Does the loop run before what the bounds of its stage's domain read is there? */
static bool is_late(const planner *p, const ffunc *f, fsite x)
{
    const fstage *s = p->stages.at[x.stage];
    bool inside = false;
    for (int i = x.loop; i < s->n; i++)
        inside |= s->loop[i].rvar;
    for (uint32_t i = 0; inside && i < f->early.n; i++)
        if (f->early.at[i] == x.stage)
            return true;
    return false;
}

/* The loops that contain every reader, innermost first. */
static void common_sites(planner *p, const ffunc *f, sites *out)
{
    sites first = {0};
    sites_around(p, f->readers.at[0], &first);
    for (uint32_t i = 0; i < first.n; i++) {
        bool common = !is_late(p, f, first.at[i]);
        for (uint32_t k = 1; k < f->readers.n && common; k++) {
            sites other = {0};
            sites_around(p, f->readers.at[k], &other);
            common = is_among(&other, first.at[i]);
        }
        if (common)
            vec_push(p->a, out, first.at[i]);
    }
}

static const floop *loop_at(const planner *p, fsite x) { return &p->stages.at[x.stage]->loop[x.loop]; }

static const char *place_text(planner *p, const char *word, fsite x)
{
    return arena_printf(p->a, "%s(%s, %s)", word, p->stages.at[x.stage]->line->stage, loop_at(p, x)->name);
}

/* Storage at the loop of computation or around it; no loop from there inwards may be parallel. Where it is:
 * where->n for the root. */
static uint32_t place_storage_of_window(planner *p, fstage *s, const sites *where, uint32_t at)
{
    uint32_t store = at;
    while (store + 1 < where->n && !loop_at(p, where->at[store])->parallel && chance(p->r, 70))
        store++;
    if (store + 1 == where->n && !loop_at(p, where->at[store])->parallel && chance(p->r, 60)) {
        propose_add(p, s, "store_root()");
        return where->n;
    }
    propose_add(p, s, place_text(p, "store_at", where->at[store]));
    return store;
}

/* The allocation where it is stored or further out, outside of a parallel loop at most. */
static void hoist(planner *p, fstage *s, const sites *where, uint32_t store)
{
    if (propose_slip(p))
        store = 0;
    while (store + 1 < where->n && !loop_at(p, where->at[store])->parallel && chance(p->r, 70))
        store++;
    if (store >= where->n || (store + 1 == where->n && !loop_at(p, where->at[store])->parallel && chance(p->r, 60)))
        propose_add(p, s, "hoist_storage_root()");
    else
        propose_add(p, s, place_text(p, "hoist_storage", where->at[store]));
}

/* Must it be stored where it is computed? */
static bool is_beyond(const planner *p, const fstage *s)
{
    const ffunc *f = &p->func[s->func];
    bool beyond = false;
    for (uint32_t i = f->first; i < f->first + f->nstages; i++)
        beyond |= p->stages.at[i]->beyond;
    return beyond;
}

/* compute_at some loop of `where`; false when none will do. */
static bool place_at(planner *p, fstage *s, const sites *where)
{
    uint32_t from = 0; /* not at or inside a vector loop */
    for (uint32_t i = 0; i < where->n; i++)
        if (loop_at(p, where->at[i])->vector || where->at[i].loop < p->stages.at[where->at[i].stage]->hidden)
            from = i + 1;
    if (chance(p->r, 2))
        from = 0; /* to be refused */
    if (from >= where->n)
        return false;
    uint32_t n = where->n - from, at = from + (uint32_t)pick(p->r, (int)n), other = from + (uint32_t)pick(p->r, (int)n);
    bool updated = p->p->funcs.at[s->func]->defs.n > 1;
    if (other < at && chance(p->r, updated ? 90 : 60)) /* inner loops: windows slide along them */
        at = other;
    uint32_t store = at;
    if (chance(p->r, updated ? 85 : 70) && (!is_beyond(p, s) || propose_slip(p)))
        store = place_storage_of_window(p, s, where, at);
    propose_add(p, s, place_text(p, "compute_at", where->at[at]));
    if (chance(p->r, 15))
        hoist(p, s, where, store);
    p->func[s->func].at = where->at[at];
    return true;
}

static void place(planner *p, fstage *s)
{
    ffunc *f = &p->func[s->func];
    const cb_func_s *src = p->p->funcs.at[s->func];
    f->root = pipeline_is_output(p->p, src);
    if (f->root)
        return;
    sites where = {0};
    common_sites(p, f, &where);
    if (where.n && chance(p->r, src->defs.n > 1 ? 85 : 70) && place_at(p, s, &where))
        return;
    f->root = true;
    propose_add(p, s, "compute_root()");
}

/* ---- what Funcs have as a whole -------------------------------------------------------------- */

static const char *arg_name(const planner *p, const cb_func_s *f, uint32_t d) { return ir_sym_name(p->p->ctx, f->args[d]); }

static void reorder_storage(planner *p, fstage *s, const cb_func_s *f)
{
    text t;
    text_init(&t, p->a);
    text_printf(&t, "reorder_storage(%s", arg_name(p, f, f->rank - 1));
    for (uint32_t d = 0; d + 1 < f->rank; d++)
        text_printf(&t, ", %s", arg_name(p, f, d));
    text_put(&t, ")");
    propose_add(p, s, text_str(&t));
}

static void bound_storage(planner *p, fstage *s, const cb_func_s *f)
{
    if (p->func[s->func].bounded && !propose_slip(p))
        return;
    p->func[s->func].bounded = true;
    uint32_t d = (uint32_t)pick(p->r, (int)f->rank);
    propose_add(p, s, arena_printf(p->a, "bound_storage(%s, %d)", arg_name(p, f, d), 32 + pick(p->r, 64)));
}

/* Is all that is inside of the loop lanes and copies? */
static bool is_in_pieces(const planner *p, fsite x)
{
    const fstage *s = p->stages.at[x.stage];
    for (int i = 0; i < x.loop; i++)
        if (s->loop[i].rvar || !s->loop[i].inner || !s->loop[i].kind_set || s->loop[i].parallel)
            return false;
    return true;
}

/* Registers need constant coordinates: unrolled loops, or few elements. */
static void store_in_registers(planner *p, fstage *s, const cb_func_s *f)
{
    ffunc *own = &p->func[s->func];
    bool fits = !own->root && f->defs.n == 1 && is_in_pieces(p, own->at);
    if (own->root || (!fits && !chance(p->r, 2)))
        return;
    if (!s->closed && f->rank < 4 && chance(p->r, 70))
        propose_unroll_all(p, s, chance(p->r, 70) ? 4 : 8);
    propose_add(p, s, "store_in(register)");
    own->placed = true;
}

/* The stack needs constant sizes. */
static void store_in(planner *p, fstage *s, const cb_func_s *f)
{
    int which = pick(p->r, 100);
    bool stack = which >= 75 && !p->func[s->func].root;
    if (p->func[s->func].placed)
        return;
    for (uint32_t d = 0; stack && d < f->rank && !propose_full(s); d++) {
        propose_add(p, s, arena_printf(p->a, "bound_storage(%s, %d)", arg_name(p, f, d), 48));
        p->func[s->func].bounded = true;
    }
    propose_add(p, s, stack ? "store_in(stack)" : which < 40 ? "store_in(heap)" : "store_in(auto)");
}

/* Does a tail of any of its stages store beyond the end? */
static bool is_widened(const planner *p, const fstage *s)
{
    const ffunc *f = &p->func[s->func];
    bool wide = false;
    for (uint32_t i = f->first; i < f->first + f->nstages; i++)
        wide |= p->stages.at[i]->widened;
    return wide;
}

static void fold_storage(planner *p, fstage *s, const cb_func_s *f)
{
    uint32_t d = f->rank > 1 && chance(p->r, 70) ? f->rank - 1 : (uint32_t)pick(p->r, (int)f->rank);
    if (is_widened(p, s) && !chance(p->r, 10)) /* the circle would have to be larger */
        return;
    int most = p->func[s->func].bounded ? 28 : 60;
    propose_add(p, s, arena_printf(p->a, "fold_storage(%s, %d)", arg_name(p, f, d), 3 + pick(p->r, most)));
}

static void align_storage(planner *p, fstage *s, const cb_func_s *f)
{
    uint32_t d = (uint32_t)pick(p->r, (int)f->rank);
    propose_add(p, s, arena_printf(p->a, "align_storage(%s, %d)", arg_name(p, f, d), 1 + pick(p->r, 20)));
}

static void align_extent(planner *p, fstage *s, const cb_func_s *f)
{
    uint32_t d = f->rank - 1;
    p->func[s->func].aligned = true;
    propose_add(p, s, arena_printf(p->a, "align_extent(%s, %d)", arg_name(p, f, d), 1 + pick(p->r, 6)));
}

/* Is the region known, nothing promised of it before, and not rounded up? Several outputs may differ in size. */
static bool may_promise(planner *p, const fstage *s)
{
    const ffunc *f = &p->func[s->func];
    if (!p->o || !p->o->extent || p->p->outputs.n > 1)
        return false;
    return (!f->promised && !f->aligned && !is_widened(p, s)) || propose_slip(p);
}

static void bound_extent(planner *p, fstage *s, const cb_func_s *f)
{
    if (!may_promise(p, s))
        return;
    p->func[s->func].promised = true;
    int d = pick(p->r, (int)f->rank);
    propose_add(p, s, arena_printf(p->a, "bound_extent(%s, %d)", arg_name(p, f, (uint32_t)d), p->o->extent[d]));
}

static void estimate(planner *p, fstage *s, const cb_func_s *f)
{
    uint32_t d = (uint32_t)pick(p->r, (int)f->rank);
    propose_add(p, s, arena_printf(p->a, "estimate(%s, %d, %d)", arg_name(p, f, d), pick(p->r, 9) - 4, pick(p->r, 900)));
}

static void align_bounds(planner *p, fstage *s, const cb_func_s *f)
{
    const char *x = arg_name(p, f, 0);
    if (p->func[s->func].aligned && f->rank == 1 && !propose_slip(p))
        return;
    propose_add(p, s, chance(p->r, 50) ? arena_printf(p->a, "align_bounds(%s, %d)", x, 1 + pick(p->r, 8))
                                       : arena_printf(p->a, "align_bounds(%s, %d, 1)", x, 2 + pick(p->r, 6)));
}

/* All of dimension d, whose extent is promised. */
static void mark_whole(planner *p, fstage *s, int d)
{
    int at = 0;
    while (at < s->n && s->loop[at].dim != d)
        at++;
    if (at < s->n && !propose_full(s) && !s->loop[at].kind_set && !propose_vector_outside(s, at) && !s->closed &&
        !propose_parallel_inside(s, at) && p->o->extent[d] <= 16)
        propose_mark(p, s, at, chance(p->r, 50) ? "unroll" : "vectorize");
}

static void bound(planner *p, fstage *s, const cb_func_s *f)
{
    if (!may_promise(p, s))
        return;
    p->func[s->func].promised = true;
    int d = pick(p->r, (int)f->rank);
    propose_add(p, s, arena_printf(p->a, "bound(%s, %d, %d)", arg_name(p, f, (uint32_t)d), p->o->min[d], p->o->extent[d]));
    if (chance(p->r, 30))
        mark_whole(p, s, d);
}

/* One row per directive about a Func as a whole: in how many of a hundred Funcs, and of outputs. */
static const struct {
    const char *word;
    int percent, of_outputs;
    uint32_t rank; /* at least */
    void (*apply)(planner *p, fstage *s, const cb_func_s *f);
} whole_func[] = {
    {"reorder_storage", 10, 1, 2, reorder_storage},
    {"store_in", 40, 0, 0, store_in_registers},
    {"store_in", 20, 0, 0, store_in},
    {"bound_storage", 6, 0, 1, bound_storage},
    {"fold_storage", 8, 0, 1, fold_storage},
    {"align_storage", 8, 0, 1, align_storage},
    {"align_extent", 6, 0, 1, align_extent},
    {"bound_extent", 0, 8, 1, bound_extent},
    {"estimate", 3, 4, 1, estimate},
    {"align_bounds", 12, 0, 1, align_bounds},
    {"bound", 0, 15, 1, bound},
};

static void describe_storage(planner *p, fstage *s)
{
    const cb_func_s *f = p->p->funcs.at[s->func];
    bool output = pipeline_is_output(p->p, f);
    for (size_t i = 0; i < COUNT_OF(whole_func); i++)
        if (f->rank >= whole_func[i].rank && chance(p->r, output ? whole_func[i].of_outputs : whole_func[i].percent) &&
            !propose_full(s))
            whole_func[i].apply(p, s, f);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void plan_func(planner *p, uint32_t func)
{
    const func_plan *plan = p->p->plans.at[func];
    ffunc *f = &p->func[func];
    bool output = pipeline_is_output(p->p, plan->func);
    if (!output && !f->readers.n)
        f->inlined = true; /* all its readers are inlined away: nothing to schedule */
    if (f->inlined)
        return;
    f->first = p->stages.n;
    f->nstages = plan->stages.n;
    f->root = plan->func->unnamed; /* nothing can be said about it */
    for (uint32_t k = 0; k < plan->stages.n; k++) {
        fstage *s = add_stage(p, func, plan->stages.at[k]);
        if (f->root)
            s->n = 0; /* nor can other Funcs be placed in its loops */
        if (f->root)
            continue;
        bool left = chance(p->r, 5) && !propose_is_factored(p, plan->func);
        s->closed = left;
        if (left)
            propose_add(p, s, "unscheduled()");
        else if (chance(p->r, 80))
            propose_loops(p, s);
        if (chance(p->r, left ? 1 : 9))
            propose_branches(p, s);
    }
    if (f->root)
        return;
    place(p, p->stages.at[f->first]);
    describe_storage(p, p->stages.at[f->first]);
}

static void say_inline(planner *p, uint32_t func)
{
    fstage *s = add_stage(p, func, p->p->plans.at[func]->stages.at[0]);
    propose_add(p, s, "compute_inline()");
}

static void keep_lines(planner *p, proposal *q)
{
    q->line = NEW_ARRAY(p->a, proposed, p->stages.n + p->made.n + 1);
    q->n = 0;
    for (uint32_t i = 0; i < p->made.n; i++)
        q->line[q->n++] = p->made.at[i];
    for (uint32_t i = 0; i < p->stages.n; i++)
        if (p->stages.at[i]->line->n)
            q->line[q->n++] = *p->stages.at[i]->line;
}

bool propose(proposal *q, pipeline *p, rng *r, const propose_options *o)
{
    planner *P = NEW(p->ctx->a, planner);
    P->a = p->ctx->a;
    P->p = p;
    P->r = r;
    P->o = o;
    schedule *was = p->sched;
    p->sched = NULL;
    bool ok = schedule_resolve(p);
    const char *made = ok ? propose_made(P) : "";
    if (*made) { /* what is made can be scheduled like the rest */
        p->sched = schedule_read(p->ctx, made, "made");
        ok = p->sched && schedule_resolve(p);
    }
    p->sched = was;
    if (!ok)
        return false;
    P->func = NEW_ARRAY(P->a, ffunc, p->funcs.n + 1);
    for (uint32_t i = 0; i < p->funcs.n; i++)
        P->func[i].inlined = p->funcs.at[i]->defs.n == 1 && !p->funcs.at[i]->defs.at[0]->partial && !pipeline_is_output(p, p->funcs.at[i]) && chance(r, 30);
    for (uint32_t i = p->funcs.n; i-- > 0;) {
        bool inlined = P->func[i].inlined;
        plan_func(P, i);
        if (inlined && P->func[i].read && chance(r, 30))
            say_inline(P, i);
        else
            note_reads(P, i);
    }
    for (uint32_t i = 0; i < P->stages.n; i++)
        propose_form(P, P->stages.at[i]);
    keep_lines(P, q);
    return true;
}

/* ---- proposals as data ----------------------------------------------------------------------- */

static void print_line(text *t, const proposed *l, const char *stage)
{
    bool first = true;
    text_put(t, stage);
    for (uint32_t d = 0; d < l->n; d++) {
        if (*l->dir[d] == '@')
            continue;
        text_printf(t, "%s%s", first ? "   " : ", ", l->dir[d]);
        first = false;
    }
    text_put(t, "\n");
}

/* v0, v1, ...: names of loops that directives make, as parameters and arguments of a procedure. */
static void print_names(text *t, const proposed *l)
{
    for (int v = 0; v < 64; v++) {
        char name[16];
        bool found = false;
        int n = snprintf(name, sizeof name, "v%d", v);
        for (uint32_t d = 0; d < l->n && !found; d++)
            for (const char *s = l->dir[d]; (s = strstr(s, name)) != NULL && !found; s++)
                found = s > l->dir[d] && strchr("(, ", s[-1]) && strchr("),.", s[n]);
        if (found)
            text_printf(t, ", %s", name);
    }
}

static bool has_form(const proposed *l, const char *form)
{
    for (uint32_t d = 0; d < l->n; d++)
        if (!strcmp(l->dir[d], form))
            return true;
    return false;
}

static bool is_empty(const proposed *l)
{
    uint32_t d = 0;
    while (d < l->n && *l->dir[d] == '@')
        d++;
    return d == l->n;
}

void proposal_print(text *t, const proposal *q)
{
    for (uint32_t i = 0; i < q->n; i++) {
        const proposed *l = &q->line[i];
        if (is_empty(l))
            continue;
        if (has_form(l, "@proc")) {
            text_printf(t, "proc proc%u(s", i);
            print_names(t, l);
            text_put(t, ") { ");
            print_line(t, l, "s");
            text_printf(t, "}\nproc%u(%s", i, l->stage);
            print_names(t, l);
            text_put(t, ")\n");
        } else if (has_form(l, "@when")) {
            text_put(t, "when x86 || arm { ");
            print_line(t, l, l->stage);
            text_put(t, "} else { nobody parallel(nowhere)\n}\n");
        } else if (has_form(l, "@else")) {
            text_put(t, "when gpu && !o0 { nobody parallel(nowhere)\n} else { ");
            print_line(t, l, l->stage);
            text_put(t, "}\n");
        } else {
            print_line(t, l, l->stage);
        }
    }
}

proposal proposal_without(arena *a, const proposal *q, uint32_t i, uint32_t d)
{
    proposal r = {.n = q->n, .line = arena_copy(a, q->line, sizeof *q->line * q->n)};
    proposed *l = &r.line[i];
    l->dir = arena_copy(a, l->dir, sizeof *l->dir * l->n);
    memmove(&l->dir[d], &l->dir[d + 1], sizeof l->dir[0] * (l->n - d - 1));
    l->n--;
    return r;
}

proposal proposal_copy(arena *a, const proposal *q)
{
    proposal r = {.n = q->n, .line = NEW_ARRAY(a, proposed, q->n + 1)};
    for (uint32_t i = 0; i < q->n; i++) {
        const proposed *l = &q->line[i];
        r.line[i] = (proposed){arena_strdup(a, l->stage), l->n, NEW_ARRAY(a, const char *, l->n + 1)};
        for (uint32_t d = 0; d < l->n; d++)
            r.line[i].dir[d] = arena_strdup(a, l->dir[d]);
    }
    return r;
}

void proposal_add(arena *a, proposal *q, const char *stage, const char *d)
{
    proposed *last = q->n ? &q->line[q->n - 1] : NULL;
    if (!last || strcmp(last->stage, stage)) {
        proposed *line = NEW_ARRAY(a, proposed, q->n + 1);
        if (q->n)
            memcpy(line, q->line, sizeof *line * q->n);
        q->line = line;
        last = &line[q->n++];
        *last = (proposed){.stage = stage};
    }
    const char **dir = NEW_ARRAY(a, const char *, last->n + 1);
    if (last->n)
        memcpy(dir, last->dir, sizeof *dir * last->n);
    dir[last->n++] = d;
    last->dir = dir;
}
