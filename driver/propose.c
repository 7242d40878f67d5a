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
        s->loop[s->n++] = (floop){.name = l->name, .rvar = l->is_rvar, .dim = l->pure_dim};
    }
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

static void find_calls(planner *p, const cb_func_s *f, const definition *d, bool *called)
{
    cb_context *c = p->p->ctx;
    reading R = {p, called};
    for (uint32_t i = 0; i < f->rank; i++)
        ir_visit(c, d->lhs[i], note_call, &R);
    for (uint32_t i = 0; i < f->nvalues; i++)
        ir_visit(c, d->values[i], note_call, &R);
    for (uint32_t i = 0; d->dom && i < d->dom->ndims; i++) {
        ir_visit(c, d->dom->dims[i].min, note_call, &R);
        ir_visit(c, d->dom->dims[i].extent, note_call, &R);
    }
    for (uint32_t i = 0; d->dom && i < d->dom->where.n; i++)
        ir_visit(c, d->dom->where.at[i], note_call, &R);
}

/* Notes every Func that the stages of `func` read; inlined readers pass it on. */
static void note_reads(planner *p, uint32_t func)
{
    bool *called = NEW_ARRAY(p->a, bool, p->p->funcs.n);
    for (uint32_t s = 0; s < p->stages.n; s++) {
        if (p->stages.at[s]->func != func)
            continue;
        memset(called, 0, p->p->funcs.n * sizeof *called);
        find_calls(p, p->p->funcs.at[func], p->stages.at[s]->plan->def, called);
        for (uint32_t i = func; i-- > 0;) {
            if (!called[i])
                continue;
            if (p->func[i].inlined) {
                p->func[i].read = true;
                find_calls(p, p->p->funcs.at[i], p->p->plans.at[i]->stages.at[0]->def, called);
            } else {
                vec_push(p->a, &p->func[i].readers, s);
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

/* The loops that contain every reader, innermost first. */
static void common_sites(planner *p, const ffunc *f, sites *out)
{
    sites first = {0};
    sites_around(p, f->readers.at[0], &first);
    for (uint32_t i = 0; i < first.n; i++) {
        bool common = true;
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

/* Storage at the loop of computation or around it; no loop from there inwards may be parallel. */
static void place_storage_of_window(planner *p, fstage *s, const sites *where, uint32_t at)
{
    uint32_t store = at;
    while (store + 1 < where->n && !loop_at(p, where->at[store])->parallel && chance(p->r, 70))
        store++;
    bool blocked = false;
    for (uint32_t i = at; i < where->n; i++)
        blocked |= loop_at(p, where->at[i])->parallel;
    if (store + 1 == where->n && !blocked && chance(p->r, 60))
        propose_add(p, s, "store_root()");
    else
        propose_add(p, s, place_text(p, "store_at", where->at[store]));
}

/* The allocation somewhere outside of a parallel loop at most. */
static void hoist(planner *p, fstage *s, const sites *where, uint32_t at)
{
    uint32_t out = at;
    while (out + 1 < where->n && !loop_at(p, where->at[out])->parallel && chance(p->r, 70))
        out++;
    if (out + 1 == where->n && !loop_at(p, where->at[out])->parallel && chance(p->r, 60))
        propose_add(p, s, "hoist_storage_root()");
    else
        propose_add(p, s, place_text(p, "hoist_storage", where->at[out]));
}

/* compute_at some loop of `where`; false when none will do. */
static bool place_at(planner *p, fstage *s, const sites *where)
{
    uint32_t from = 0; /* not at or inside a vector loop */
    for (uint32_t i = 0; i < where->n; i++)
        if (loop_at(p, where->at[i])->vector)
            from = i + 1;
    if (chance(p->r, 2))
        from = 0; /* to be refused */
    if (from >= where->n)
        return false;
    uint32_t n = where->n - from, at = from + (uint32_t)pick(p->r, (int)n), other = from + (uint32_t)pick(p->r, (int)n);
    bool updated = p->p->funcs.at[s->func]->defs.n > 1;
    if (other < at && chance(p->r, updated ? 90 : 60)) /* inner loops: windows slide along them */
        at = other;
    if (chance(p->r, updated ? 85 : 70))
        place_storage_of_window(p, s, where, at);
    propose_add(p, s, place_text(p, "compute_at", where->at[at]));
    if (chance(p->r, 15))
        hoist(p, s, where, at);
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
    uint32_t d = (uint32_t)pick(p->r, (int)f->rank);
    propose_add(p, s, arena_printf(p->a, "bound_storage(%s, %d)", arg_name(p, f, d), 32 + pick(p->r, 64)));
}

/* The stack needs constant sizes, registers constant coordinates: few loops away from being so. */
static void store_in(planner *p, fstage *s, const cb_func_s *f)
{
    int which = pick(p->r, 100);
    if (which >= 75 && p->func[s->func].root)
        which -= 50;
    for (uint32_t d = 0; which >= 75 && which < 90 && d < f->rank && !propose_full(s); d++)
        propose_add(p, s, arena_printf(p->a, "bound_storage(%s, %d)", arg_name(p, f, d), 48));
    propose_add(p, s, which < 40 ? "store_in(heap)" : which < 75 ? "store_in(auto)"
                      : which < 90 ? "store_in(stack)" : "store_in(register)");
}

static void fold_storage(planner *p, fstage *s, const cb_func_s *f)
{
    uint32_t d = f->rank > 1 && chance(p->r, 70) ? f->rank - 1 : (uint32_t)pick(p->r, (int)f->rank);
    propose_add(p, s, arena_printf(p->a, "fold_storage(%s, %d)", arg_name(p, f, d), 3 + pick(p->r, 60)));
}

static void align_storage(planner *p, fstage *s, const cb_func_s *f)
{
    uint32_t d = (uint32_t)pick(p->r, (int)f->rank);
    propose_add(p, s, arena_printf(p->a, "align_storage(%s, %d)", arg_name(p, f, d), 1 + pick(p->r, 20)));
}

static void align_extent(planner *p, fstage *s, const cb_func_s *f)
{
    uint32_t d = f->rank - 1;
    propose_add(p, s, arena_printf(p->a, "align_extent(%s, %d)", arg_name(p, f, d), 1 + pick(p->r, 6)));
}

static void bound_extent(planner *p, fstage *s, const cb_func_s *f)
{
    if (!p->o || !p->o->extent || p->p->outputs.n > 1)
        return;
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
    propose_add(p, s, chance(p->r, 50) ? arena_printf(p->a, "align_bounds(%s, %d)", x, 1 + pick(p->r, 8))
                                       : arena_printf(p->a, "align_bounds(%s, %d, 1)", x, 2 + pick(p->r, 6)));
}

/* All of dimension d, whose extent is promised. */
static void mark_whole(planner *p, fstage *s, int d)
{
    int at = 0;
    while (at < s->n && s->loop[at].dim != d)
        at++;
    if (at < s->n && !propose_full(s) && !s->loop[at].kind_set && !propose_vector_outside(s, at) && p->o->extent[d] <= 16)
        propose_mark(p, s, at, chance(p->r, 50) ? "unroll" : "vectorize");
}

static void bound(planner *p, fstage *s, const cb_func_s *f)
{
    if (!p->o || !p->o->extent || p->p->outputs.n > 1) /* several may differ in size */
        return;
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
    f->root = plan->func->unnamed; /* nothing can be said about it */
    for (uint32_t k = 0; k < plan->stages.n; k++) {
        fstage *s = add_stage(p, func, plan->stages.at[k]);
        if (f->root)
            s->n = 0; /* nor can other Funcs be placed in its loops */
        if (!f->root && chance(p->r, 75))
            propose_loops(p, s);
        else if (chance(p->r, 20))
            propose_add(p, s, "unscheduled()");
        if (!f->root && chance(p->r, 9))
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
