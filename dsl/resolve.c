/* dsl/resolve.c: from a schedule as data to plans that lowering can follow without deciding
 * anything:
 *
 *     out  split(y, yo, yi, strip), parallel(yo)
 *
 * becomes, for the pure stage of `out`, the split {old y, outer yo, inner yi, factor 32, tail
 * guard} and the loops yo (parallel), yi, x, outermost first. It happens in three steps:
 *
 *   1. every Func gets a plan and every stage its natural loops;
 *   2. directives are applied in the order written (resolve_loops.c for those about loops,
 *      resolve_storage.c for those about regions and storage);
 *   3. places are decided, checked, and what is left open becomes the default (resolve_places.c).
 *
 * A refused directive is reported with its rule, both places and the legal alternatives. The rest
 * of its stage is then skipped, other stages go on, so that one run shows every independent
 * mistake; places are judged only when all loops are right.
 */
#include "sched.h"

#include <string.h>

/* ---- reports --------------------------------------------------------------------------------- */

const char *directive_text(cb_context *c, const directive *d)
{
    text t;
    text_init(&t, c->a);
    directive_print(&t, d);
    return text_str(&t);
}

static const char *ref_text(cb_context *c, stage_ref s)
{
    text t;
    text_init(&t, c->a);
    stage_ref_print(&t, s);
    return text_str(&t);
}

static int arg_width(cb_context *c, const dir_arg *a)
{
    text t;
    text_init(&t, c->a);
    switch (a->kind) {
    case DARG_LOOP:
    case DARG_NEW:
    case DARG_DIM:
    case DARG_MADE:
    case DARG_FUNC: return (int)strlen(a->name);
    case DARG_COND: return a->cond->width;
    case DARG_DIR: return (int)strlen(dir_table[a->dir->op].word);
    case DARG_TEXT: return (int)strlen(a->name) + 2;
    case DARG_STAGE: return (int)strlen(ref_text(c, a->stage));
    case DARG_TAIL: return (int)strlen(tail_names[a->tail]);
    case DARG_MEMORY: return (int)strlen(mem_names[a->memory]);
    case DARG_POLICY: return (int)strlen(policy_names[a->policy]);
    case DARG_VALUE: sched_value_print(c, &t, a->value); return (int)strlen(text_str(&t));
    }
    return 1;
}

diag *sched_open(resolver *R, diag_code code, cb_loc loc, const char *msg)
{
    R->failed = true;
    vec_push(R->c->a, &R->refused, (complaint){.code = code});
    R->about = NULL;
    R->about_entry = NULL;
    R->hints.n = R->others.n = 0;
    if (!R->dry)
        return diag_begin(&R->c->diags, code, loc, "%s", msg);
    diag *g = NEW(R->c->a, diag); /* goes nowhere */
    g->code = code;
    return g;
}

diag *sched_report(resolver *R, diag_code code, const directive *d, int arg, const char *fmt, ...)
{
    cb_context *c = R->c;
    const directive *w = dir_written(d);
    const dir_arg *a = w == d && arg >= 0 ? &d->arg[arg] : NULL;
    cb_loc loc = a && a->loc.line ? a->loc : w->loc;
    if (R->dry) {
        diag *none = sched_open(R, code, loc, "");
        R->refused.at[R->refused.n - 1].d = w;
        return none;
    }
    va_list ap;
    va_start(ap, fmt);
    const char *msg = arena_vprintf(c->a, fmt, ap);
    va_end(ap);
    diag *g = sched_open(R, code, loc, arena_printf(c->a, "%s: %s", directive_text(c, w), msg));
    R->about = w;
    R->about_arg = w == d ? arg : -1;
    int width = a && a->loc.line ? arg_width(c, a) : (int)strlen(dir_table[w->op].word);
    if (w->excerpt)
        diag_excerpt(&c->diags, g, w->excerpt, loc.col ? loc.col - 1 : 0, loc.col ? width : 0);
    sched_call_notes(c, g, w->call);
    return g;
}

static diag *report_at(resolver *R, diag_code code, cb_loc loc, const char *excerpt, int width,
                       const char *msg)
{
    diag *g = sched_open(R, code, loc, msg);
    if (excerpt)
        diag_excerpt(&R->c->diags, g, excerpt, loc.col ? loc.col - 1 : 0, loc.col ? width : 0);
    return g;
}

void sched_note(resolver *R, diag *g, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    diag_note(&R->c->diags, g, (cb_loc){0}, "%s", arena_vprintf(R->c->a, fmt, ap));
    va_end(ap);
}

void sched_help(resolver *R, diag *g, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    diag_help(&R->c->diags, g, "%s", arena_vprintf(R->c->a, fmt, ap));
    va_end(ap);
}

void sched_note_at(resolver *R, diag *g, const directive *other)
{
    const directive *w = dir_written(other);
    vec_push(R->c->a, &R->others, w);
    diag_note(&R->c->diags, g, w->loc, "%s is here", directive_text(R->c, w));
}

void sched_did_you_mean(resolver *R, diag *g, const char *word, const char *const *words,
                        uint32_t n)
{
    const char *near = n && !R->dry ? text_nearest(word, words, n) : NULL;
    if (near)
        sched_help(R, g, "did you mean '%s'?", near);
}

void sched_hint(resolver *R, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vec_push(R->c->a, &R->hints, (const char *)arena_vprintf(R->c->a, fmt, ap));
    va_end(ap);
}

void sched_end(resolver *R, diag *g)
{
    if (R->dry)
        return;
    uint32_t found = R->c->diags.quiet ? 0 : moves_help(R, g);
    for (uint32_t i = 0; !found && i < R->hints.n; i++)
        sched_help(R, g, "%s", R->hints.at[i]);
    diag_end(&R->c->diags, g);
}

const char *stage_text(resolver *R, const stage_plan *s)
{
    return ref_text(R->c, (stage_ref){s->func->name, s->update});
}

void sched_end_help(resolver *R, diag *g, const char *help)
{
    sched_help(R, g, "%s", help);
    sched_end(R, g);
}

const char *loops_text(resolver *R, const stage_plan *s)
{
    text t;
    text_init(&t, R->c->a);
    for (uint32_t i = 0; i < s->loops.n; i++)
        text_printf(&t, "%s%s", i ? ", " : "", s->dims_all.at[s->loops.at[i]].name);
    return s->loops.n ? text_str(&t) : "none";
}

/* ---- looking up stages ----------------------------------------------------------------------- */

uint32_t func_index(const resolver *R, const cb_func_s *f)
{
    for (uint32_t i = 0; i < R->p->funcs.n; i++)
        if (R->p->funcs.at[i] == f)
            return i;
    return UINT32_MAX;
}

/* The input or table of that name. */
static const cb_func_s *input_of(const resolver *R, const char *name)
{
    for (uint32_t i = 0; i < R->p->input_plans.n; i++)
        if (strcmp(R->p->input_plans.at[i]->func->name, name) == 0)
            return R->p->input_plans.at[i]->func;
    return NULL;
}

/* Where a stage was named, for reports. */
typedef struct mention {
    stage_ref ref;
    const cb_func_s *func; /* known from a handle, or NULL */
    cb_loc loc;
    const char *excerpt;
    const char *prefix; /* "compute_at(out, x): " or "" */
    const sched_call *call;
    const directive *d; /* where it is an argument, else NULL */
    int arg;
    const sched_entry *entry; /* what begins with it, else NULL */
} mention;

static diag *report_mention(resolver *R, diag_code code, const mention *m, const char *msg)
{
    int width = (int)strlen(ref_text(R->c, m->ref));
    diag *g = report_at(R, code, m->loc, m->excerpt, width,
                        arena_printf(R->c->a, "%s%s", m->prefix, msg));
    R->about = m->d;
    R->about_arg = m->arg;
    R->about_entry = m->entry;
    R->refused.at[R->refused.n - 1] = (complaint){code, m->d, m->entry};
    sched_call_notes(R->c, g, m->call);
    return g;
}

static void no_such_stage(resolver *R, const mention *m)
{
    cb_context *c = R->c;
    const char *name = m->ref.func;
    const cb_func_s *input = input_of(R, name);
    if (input) {
        diag *g = report_mention(
            R, DIAG_SCHEDULE_INPUT, m,
            arena_printf(c->a, "'%s' is %s: it has no loops to schedule", name, input_word(input)));
        sched_help(R, g, "make a Func that copies it, %s  wrap(%s_copy), and schedule that", name,
                   name);
        sched_end(R, g);
        return;
    }
    uint32_t n = R->p->funcs.n;
    const char **names = NEW_ARRAY(c->a, const char *, n + 1);
    text t;
    text_init(&t, c->a);
    uint32_t named = 0;
    const cb_func_s *unnamed = NULL;
    for (uint32_t i = 0; i < n; i++) {
        const cb_func_s *f = R->p->funcs.at[n - 1 - i];
        if (f->unnamed) {
            if (!strcmp(f->name, name))
                unnamed = f;
            continue;
        }
        text_printf(&t, "%s%s", named ? ", " : "", f->name);
        names[named++] = f->name;
    }
    diag *g = report_mention(R, DIAG_NO_SUCH_STAGE, m,
                             arena_printf(c->a, unnamed ? "'%s' is a reduction without a name"
                                                        : "the pipeline has no stage '%s'", name));
    if (unnamed)
        diag_note(&c->diags, g, unnamed->loc, "it is made here");
    sched_note(R, g, "its stages: %s", text_str(&t));
    if (unnamed)
        sched_help(R, g, "give it a name to schedule it: sum(r, e) as total");
    else
        sched_did_you_mean(R, g, name, names, named);
    sched_end(R, g);
}

static stage_plan *lookup(resolver *R, const mention *m)
{
    uint32_t at = m->func ? func_index(R, func_of_handle(R, m->func)) : UINT32_MAX;
    for (uint32_t i = 0; !m->func && i < R->p->funcs.n; i++) {
        if (R->p->funcs.at[i]->unnamed || strcmp(R->p->funcs.at[i]->name, m->ref.func) != 0)
            continue;
        if (at != UINT32_MAX) {
            diag *g =
                report_mention(R, DIAG_AMBIGUOUS_NAME, m,
                               arena_printf(R->c->a, "two Funcs are named '%s'", m->ref.func));
            diag_note(&R->c->diags, g, R->p->funcs.at[at]->loc, "one is declared here");
            diag_note(&R->c->diags, g, R->p->funcs.at[i]->loc, "the other one here");
            sched_help(R, g, "give them different names");
            sched_end(R, g);
            return NULL;
        }
        at = i;
    }
    if (at == UINT32_MAX) {
        no_such_stage(R, m);
        return NULL;
    }
    func_plan *f = R->p->plans.at[at];
    uint32_t k = (uint32_t)(m->ref.update + 1);
    if (m->ref.update < -1 || k >= f->stages.n) {
        diag *g = report_mention(
            R, DIAG_NO_SUCH_STAGE, m,
            arena_printf(R->c->a, "'%s' has no update %d", m->ref.func, m->ref.update));
        if (f->stages.n == 1)
            sched_note(R, g, "it has a pure definition only");
        else
            sched_note(R, g, "its updates are numbered 0 to %u", f->stages.n - 2);
        sched_end_help(R, g, "schedule the pure definition by the name of the Func alone");
        return NULL;
    }
    return f->stages.at[k];
}

stage_plan *find_stage(resolver *R, const directive *d, int arg)
{
    const dir_arg *a = &d->arg[arg];
    mention m = {a->stage, NULL, a->loc.line ? a->loc : d->loc, d->excerpt,
                 arena_printf(R->c->a, "%s: ", directive_text(R->c, d)), d->call, d, arg, NULL};
    return lookup(R, &m);
}

/* ---- values ---------------------------------------------------------------------------------- */

static cb_param_s *find_param(const resolver *R, const char *name)
{
    for (uint32_t i = 0; i < R->p->params.n; i++)
        if (strcmp(R->p->params.at[i]->name, name) == 0)
            return R->p->params.at[i];
    return NULL;
}

static bool known_knob(const resolver *R, ir_sym s)
{
    for (uint32_t i = 0; i < R->s->knobs.n; i++)
        if (R->s->knobs.at[i]->sym == s)
            return true;
    return false;
}

/* Reports the first name in a value that means nothing; true when all mean something. */
static bool names_known(resolver *R, const directive *d, uint32_t arg)
{
    map vars = {0};
    ir_free_vars(R->c, d->arg[arg].value, &vars);
    for (uint32_t i = 0; i < vars.n; i++) {
        ir_sym s = (ir_sym)vars.entry[i].key;
        const char *name = ir_sym_name(R->c, s);
        bool knob = ir_symbol_of(R->c, s)->kind == SYM_KNOB;
        if (knob ? known_knob(R, s) : find_param(R, name) != NULL)
            continue;
        diag *g = sched_report(
            R, DIAG_NO_SUCH_VALUE, d, (int)arg,
            knob ? "knob '%s' does not belong to this schedule"
                 : "'%s' is neither a knob of the schedule nor a parameter of the pipeline",
            name);
        uint32_t n = 0;
        const char **names = NEW_ARRAY(R->c->a, const char *, R->s->knobs.n + R->p->params.n + 1);
        for (uint32_t k = 0; k < R->s->knobs.n; k++)
            names[n++] = R->s->knobs.at[k]->name;
        for (uint32_t k = 0; k < R->p->params.n; k++)
            names[n++] = R->p->params.at[k]->name;
        sched_did_you_mean(R, g, name, names, n);
        sched_help(R, g, "declare a knob: knob %s = 8", name);
        sched_end(R, g);
        return false;
    }
    return true;
}

bool const_arg(resolver *R, const directive *d, uint32_t arg, int64_t lo, int64_t *out)
{
    if (!names_known(R, d, arg))
        return false;
    switch (sched_value_const(R->s, d->arg[arg].value, out)) {
    case VALUE_CONST: break;
    case VALUE_PARAM: {
        diag *g =
            sched_report(R, DIAG_BAD_FACTOR, d, (int)arg,
                         "this value depends on a parameter, which is known at run time only");
        sched_hint(R, "use an integer or a knob");
        sched_end(R, g);
        return false;
    }
    case VALUE_OVERFLOW:
        sched_end_help(R, sched_report(R, DIAG_BAD_FACTOR, d, (int)arg, "this value overflows"),
                       "values in schedules are 32-bit integers");
        return false;
    }
    if (*out >= lo)
        return true;
    diag *g = sched_report(R, DIAG_BAD_FACTOR, d, (int)arg,
                           "the value is %lld, but must be at least %lld", (long long)*out,
                           (long long)lo);
    sched_hint(R, "give a larger one");
    sched_end(R, g);
    return false;
}

/* The value with knobs replaced by numbers and names of parameters by parameters, as i32; NULL
 * after a report. */
const ir *value_arg(resolver *R, const directive *d, uint32_t arg)
{
    cb_context *c = R->c;
    int64_t k;
    if (!names_known(R, d, arg))
        return NULL;
    const ir *v = d->arg[arg].value;
    switch (sched_value_const(R->s, v, &k)) {
    case VALUE_CONST: return ir_i32(c, k);
    case VALUE_PARAM: break;
    case VALUE_OVERFLOW:
        sched_end_help(R, sched_report(R, DIAG_BAD_BOUND, d, (int)arg, "this value overflows"),
                       "values in schedules are 32-bit integers");
        return NULL;
    }
    map vars = {0}, subst = {0};
    ir_free_vars(c, v, &vars);
    for (uint32_t i = 0; i < vars.n; i++) {
        ir_sym s = (ir_sym)vars.entry[i].key;
        if (ir_symbol_of(c, s)->kind == SYM_KNOB) {
            for (uint32_t n = 0; n < R->s->knobs.n; n++)
                if (R->s->knobs.at[n]->sym == s)
                    map_put(c->a, &subst, s,
                            (uint64_t)(uintptr_t)ir_i32(c, R->s->knobs.at[n]->value));
            continue;
        }
        const cb_param_s *p = find_param(R, ir_sym_name(c, s));
        if (!type_is_int(p->type) && !type_is_uint(p->type)) {
            diag *g = sched_report(R, DIAG_BAD_BOUND, d, (int)arg,
                                   "parameter '%s' is not an integer", p->name);
            diag_note(&c->diags, g, p->loc, "declared here");
            sched_end_help(R, g, "promise an integer, or a value of integer parameters");
            return NULL;
        }
        const ir *var = ir_cast(c, T_I32, ir_var(c, p->sym));
        map_put(c->a, &subst, s, (uint64_t)(uintptr_t)var);
    }
    return ir_substitute(c, v, &subst);
}

/* ---- directives about a Func as a whole ------------------------------------------------------ */

bool take_slot(resolver *R, const directive **slot, const directive *d)
{
    if (!*slot) {
        *slot = d;
        return true;
    }
    bool same = strcmp(directive_text(R->c, *slot), directive_text(R->c, d)) == 0;
    diag *g = same ? sched_report(R, DIAG_DUPLICATE_DIRECTIVE, d, -1,
                                  "the Func has this directive already")
                   : sched_report(R, DIAG_CONTRADICTION, d, -1, "contradicts %s",
                                  directive_text(R->c, *slot));
    sched_note_at(R, g, *slot);
    sched_help(R, g, "keep one of the two");
    sched_end(R, g);
    return false;
}

static void output_refused(resolver *R, const func_plan *f, const directive *d, const char *what)
{
    diag *g =
        sched_report(R, DIAG_OUTPUT_PLACE, d, -1, "'%s' is an output: %s", f->func->name, what);
    diag_note(&R->c->diags, g, f->func->loc, "declared here");
    sched_help(
        R, g,
        "its loops can be scheduled; to place the work elsewhere, move it to a Func of its own");
    sched_end(R, g);
}

static void apply_func_directive(resolver *R, func_plan *f, const directive *d)
{
    func_dirs *dirs = &R->dirs[func_index(R, f->func)];
    bool output = pipeline_is_output(R->p, f->func);
    if (d->op == DIR_WRAP || d->op == DIR_CLONE) {
        vec_push(R->c->a, &f->makes, d); /* make_funcs saw to it */
        return;
    }
    if (d->op != DIR_COMPUTE_INLINE && d->op != DIR_COMPUTE_ROOT && d->op != DIR_COMPUTE_AT &&
        d->op != DIR_ESTIMATE && !dirs->any)
        dirs->any = d;
    switch (d->op) {
    case DIR_COMPUTE_INLINE:
    case DIR_COMPUTE_AT:
        if (output) {
            output_refused(R, f, d, "it is computed at the root");
            return;
        }
        /* fall through */
    case DIR_COMPUTE_ROOT: take_slot(R, &dirs->compute, d); return;
    case DIR_STORE_AT:
    case DIR_HOIST_STORAGE:
    case DIR_HOIST_STORAGE_ROOT:
    case DIR_STORE_IN:
    case DIR_REORDER_STORAGE:
    case DIR_FOLD_STORAGE:
    case DIR_ALIGN_STORAGE:
    case DIR_BOUND_STORAGE:
        if (output) {
            output_refused(R, f, d, "its storage is the caller's buffer");
            return;
        }
        /* fall through */
    default: break;
    }
    if (d->op == DIR_STORE_ROOT || d->op == DIR_STORE_AT)
        take_slot(R, &dirs->store, d);
    else if (d->op == DIR_HOIST_STORAGE || d->op == DIR_HOIST_STORAGE_ROOT)
        take_slot(R, &dirs->hoist, d);
    else if (d->op == DIR_STORE_IN ? take_slot(R, &dirs->memory, d)
             : d->op == DIR_REORDER_STORAGE ? take_slot(R, &dirs->order, d) : true)
        apply_storage_directive(R, f, d);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static func_plan *new_plan(resolver *R, cb_func_s *f)
{
    arena *a = R->c->a;
    func_plan *plan = NEW(a, func_plan);
    plan->func = f;
    plan->storage_order = NEW_ARRAY(a, uint32_t, f->rank + 1);
    plan->storage = NEW_ARRAY(a, storage_plan, f->rank + 1);
    for (uint32_t i = 0; i < f->rank; i++)
        plan->storage_order[i] = i;
    for (uint32_t i = 0; i < f->defs.n; i++) {
        stage_plan *s = NEW(a, stage_plan);
        s->func = f;
        s->update = (int)i - 1;
        s->def = map_getp(&R->rewritten, f->defs.at[i]);
        if (!s->def)
            s->def = f->defs.at[i];
        stage_initial_loops(R, s);
        vec_push(a, &plan->stages, s);
    }
    for (uint32_t i = 0; i < R->made.n; i++)
        if (R->made.at[i].func == f)
            plan->made_by = R->made.at[i].d;
    return plan;
}

/* Is this entry about an input, and are all its directives such that make Funcs or estimate? The former were
 * seen to. */
static bool about_input(resolver *R, const sched_entry *e)
{
    for (uint32_t i = 0; i < R->p->input_plans.n; i++) {
        const cb_func_s *f = R->p->input_plans.at[i]->func;
        if (strcmp(f->name, e->stage.func) != 0)
            continue;
        for (uint32_t k = 0; k < e->dirs.n; k++)
            if (e->dirs.at[k]->op != DIR_WRAP && (f->table || e->dirs.at[k]->op != DIR_ESTIMATE))
                return false; /* the size of a table is no estimate */
        for (uint32_t k = 0; k < e->dirs.n; k++)
            if (e->dirs.at[k]->op == DIR_WRAP)
                vec_push(R->c->a, &R->p->input_plans.at[i]->makes, e->dirs.at[k]);
            else
                apply_input_estimate(R, R->p->input_plans.at[i]->func, e->dirs.at[k]);
        return true;
    }
    return false;
}

static void apply_entry(resolver *R, const sched_entry *e)
{
    mention m = {e->stage, e->func, e->loc, e->excerpt, "", e->call, NULL, -1, e};
    if (about_input(R, e))
        return;
    const cb_func_s *f_of = e->func ? func_of_handle(R, e->func) : NULL;
    if (f_of && func_index(R, f_of) == UINT32_MAX) {
        if (f_of->is_input || !f_of->defs.n) /* not of another pipeline: of none */
            no_such_stage(R, &m);
        return;
    }
    stage_plan *s = lookup(R, &m);
    if (!s)
        return;
    uint32_t index = func_index(R, s->func);
    func_plan *f = R->p->plans.at[index];
    for (uint32_t i = 0; i < e->dirs.n; i++) {
        const directive *d = e->dirs.at[i];
        if (dir_table[d->op].whole_func && s->update >= 0) {
            diag *g =
                sched_report(R, DIAG_WHOLE_FUNC, d, -1,
                             "this is about '%s' as a whole, not about one update", s->func->name);
            sched_help(R, g, "give it to the Func: %s  %s", s->func->name, directive_text(R->c, d));
            sched_end(R, g);
        } else if (dir_table[d->op].whole_func) {
            apply_func_directive(R, f, d);
        } else if (!map_getp(&R->broken, s)) {
            if (!R->dirs[index].any)
                R->dirs[index].any = d;
            if (!apply_stage_directive(R, s, d))
                map_putp(R->c->a, &R->broken, s, s);
        }
    }
}

static void check_contracts(resolver *R)
{
    for (uint32_t i = 0; i < R->s->contracts.n; i++) {
        const contract *k = &R->s->contracts.at[i];
        mention m = {k->stage, k->func, k->loc, k->excerpt, "expect: ", k->call, NULL, -1, NULL};
        int64_t lanes;
        if (k->func && func_index(R, func_of_handle(R, k->func)) == UINT32_MAX)
            continue;
        const stage_plan *s = lookup(R, &m);
        if (!s)
            continue;
        if (R->p->plans.at[func_index(R, s->func)]->compute.kind == LEVEL_INLINE) {
            diag *g = report_mention(
                R, DIAG_INLINED_STAGE, &m,
                arena_printf(R->c->a, "'%s' is computed inline and has no loops", s->func->name));
            sched_help(R, g,
                       "add compute_root() or compute_at(...) to '%s', or drop the expectation",
                       s->func->name);
            sched_end(R, g);
        }
        if (sched_value_const(R->s, k->value, &lanes) != VALUE_CONST || lanes < 1) {
            diag *g =
                report_mention(R, DIAG_BAD_FACTOR, &m,
                               "the number of lanes must be an integer or a knob, at least 1");
            sched_end_help(R, g, "give the width that the stage is vectorized by");
        }
    }
}

bool resolve_flat(resolver *R)
{
    cb_context *c = R->c;
    pipeline *p = R->p;
    p->plans.n = p->estimates.n = p->input_plans.n = 0;
    make_funcs(R);
    if (R->failed)
        return false;
    R->dirs = NEW_ARRAY(c->a, func_dirs, p->funcs.n + 1);
    for (uint32_t i = 0; i < p->inputs.n + p->tables.n; i++) {
        func_plan *plan = NEW(c->a, func_plan);
        plan->func = i < p->inputs.n ? p->inputs.at[i] : p->tables.at[i - p->inputs.n];
        vec_push(c->a, &p->input_plans, plan);
    }
    for (uint32_t i = 0; i < p->funcs.n; i++)
        vec_push(c->a, &p->plans, new_plan(R, p->funcs.at[i]));
    for (uint32_t i = 0; i < R->s->entries.n; i++)
        apply_entry(R, R->s->entries.at[i]);
    for (uint32_t i = 0; i < p->plans.n && R->failed; i++) /* races show all the same */
        for (uint32_t k = 0; k < p->plans.at[i]->stages.n; k++)
            if (!map_getp(&R->broken, p->plans.at[i]->stages.at[k]) && !p->plans.at[i]->stages.at[k]->branches.n)
                check_races(R, p->plans.at[i]->stages.at[k]);
    if (R->failed)
        return false;
    for (uint32_t i = 0; i < p->plans.n; i++)
        for (uint32_t k = 0; k < p->plans.at[i]->stages.n; k++)
            check_stage_loops(R, p->plans.at[i]->stages.at[k]);
    for (uint32_t i = 0; i < p->plans.n; i++)
        check_storage(R, p->plans.at[i]);
    if (R->failed)
        return false;
    resolve_places(R);
    if (!R->failed)
        check_contracts(R);
    return !R->failed;
}

bool schedule_resolve(pipeline *p)
{
    cb_context *c = p->ctx;
    resolver R = {.c = c, .p = p, .s = p->sched};
    if (!R.s) {
        R.s = schedule_new(c, "default");
    }
    R.s->ctx = c;
    R.s = p->flat = sched_flatten(p, R.s);
    return R.s && resolve_flat(&R);
}
