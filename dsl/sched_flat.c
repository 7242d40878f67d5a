/* dsl/sched_flat.c: what a schedule says for one target, as plain entries: guards decided, included files and
 * procedures put in.
 *
 *     proc rows(f, y, n) { f  split(y, yo, yi, n), parallel(yo) }
 *     when avx2 { rows(out, y, 32) }            out  split(y, rows.yo, rows.yi, 32), parallel(rows.yo)
 *
 * The schedule itself keeps its guards and procedures; this is a copy, made each time it is applied.
 *
 * In a procedure, a name that is a parameter stands for the argument. A loop that the procedure makes is its own:
 * yo above is called rows.yo (rows_2.yo in the second call, and so on), unless its name is a parameter, or is that of
 * the loop it is made from, as in split(x, x, xi, 8). All other names mean what they mean outside.
 */
#include "sched.h"

#include <string.h>

/* ---- targets --------------------------------------------------------------------------------- */

static const char *const target_words[] = {
#define TARGET(word, brief) #word,
#include <carbide/targets.def>
#undef TARGET
};

const sched_cond *sched_guard_fault(const sched_cond *k, const char **near)
{
    if (k->kind == COND_NAME) {
        for (size_t i = 0; i < COUNT_OF(target_words); i++)
            if (strcmp(target_words[i], k->text) == 0)
                return NULL;
        *near = text_nearest(k->text, target_words, COUNT_OF(target_words));
        return k;
    }
    if (k->kind != COND_OP || (k->op != COP_NOT && k->op != COP_AND && k->op != COP_OR))
        return k;
    const sched_cond *fault = sched_guard_fault(k->arg[0], near);
    return fault || k->op == COP_NOT ? fault : sched_guard_fault(k->arg[1], near);
}

static bool holds(const pipeline *p, const sched_cond *k)
{
    if (k->kind == COND_NAME) {
        for (uint32_t i = 0; i < p->ntarget; i++)
            if (strcmp(p->target[i], k->text) == 0)
                return true;
        return false;
    }
    bool first = holds(p, k->arg[0]);
    if (k->op == COP_NOT)
        return !first;
    return k->op == COP_AND ? first && holds(p, k->arg[1]) : first || holds(p, k->arg[1]);
}

static bool block_has_guards(const sched_block *b);

static bool entries_have_guards(const sched_entries *list)
{
    for (uint32_t i = 0; i < list->n; i++) {
        const sched_entry *e = list->at[i];
        if (e->kind == ENTRY_WHEN || (e->kind == ENTRY_INCLUDE && block_has_guards(e->then)))
            return true;
    }
    return false;
}

static bool block_has_guards(const sched_block *b) { return entries_have_guards(&b->entries); }

bool schedule_has_guards(const schedule *s)
{
    bool found = s && entries_have_guards(&s->entries);
    for (uint32_t i = 0; s && i < s->procs.n; i++)
        found |= block_has_guards(&s->procs.at[i]->body);
    return found;
}

/* ---- calls ----------------------------------------------------------------------------------- */

void sched_call_notes(cb_context *c, diag *d, const sched_call *call)
{
    for (int n = 0; call && d && n < 8; n++, call = call->outer)
        diag_note(&c->diags, d, call->loc, "in %s, called here", call->text);
}

typedef struct local {
    stage_ref stage; /* outside names */
    const char *name, *as;
} local;

/* One call of a procedure. */
typedef struct frame {
    const sched_proc *proc;
    const sched_entry *entry; /* the call */
    const sched_call *call;
    const struct frame *outer;
    const char *prefix;
    vec(local) locals;
} frame;

typedef struct flattener {
    cb_context *c;
    pipeline *p;
    schedule *from, *to;
    vec(uint32_t) calls; /* by procedure: how many so far */
    bool failed;
    uint32_t total;
} flattener;

enum { MOST_ENTRIES = 100000, MOST_DEPTH = 64 };

static void fail(flattener *F, diag_code code, cb_loc loc, const char *excerpt,
                 const sched_call *call, const char *help, const char *fmt, ...) CB_PRINTF(7, 8);
static void fail(flattener *F, diag_code code, cb_loc loc, const char *excerpt,
                 const sched_call *call, const char *help, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    diag *d = diag_begin(&F->c->diags, code, loc, "%s", arena_vprintf(F->c->a, fmt, ap));
    va_end(ap);
    if (excerpt)
        diag_excerpt(&F->c->diags, d, excerpt, loc.col ? loc.col - 1 : 0, loc.col ? 1 : 0);
    sched_call_notes(F->c, d, call);
    diag_help(&F->c->diags, d, "%s", help);
    diag_end(&F->c->diags, d);
    F->failed = true;
}

static const proc_arg *argument(const frame *f, const char *name)
{
    for (uint32_t i = 0; f && i < f->proc->params.n; i++)
        if (f->proc->params.at[i] == name)
            return &f->entry->args.at[i];
    return NULL;
}

static const char *local_name(const frame *f, const stage_ref *s, const char *name)
{
    for (uint32_t i = f ? f->locals.n : 0; i-- > 0;) {
        const local *l = &f->locals.at[i];
        bool here = !s || (l->stage.func == s->func && l->stage.update == s->update);
        if (here && l->name == name)
            return l->as;
    }
    return NULL;
}

static void wrong_kind(flattener *F, const frame *f, const directive *d, const char *param,
                       const char *need)
{
    const proc_arg *a = argument(f, param);
    text t;
    text_init(&t, F->c->a);
    if (a->name)
        stage_ref_print(&t, a->stage);
    else
        sched_value_print(F->c, &t, a->value);
    fail(F, DIAG_PROC_ARGS, d->loc, d->excerpt, f->call,
         "give an argument of that kind where the procedure is called",
         "parameter '%s' stands for '%s' here, where %s is needed", param, text_str(&t), need);
}

/* The name that `name` stands for; the name itself outside of procedures. */
static const char *outside_name(flattener *F, const frame *f, const directive *d, const char *name,
                                const char *need)
{
    const proc_arg *a = argument(f, name);
    if (!a)
        return name;
    if (a->name && a->stage.update < 0)
        return a->name;
    wrong_kind(F, f, d, name, need);
    return name;
}

static stage_ref outside_stage(flattener *F, const frame *f, const directive *d, stage_ref s)
{
    const proc_arg *a = argument(f, s.func);
    if (!a)
        return s;
    if (a->name && (s.update < 0 || a->stage.update < 0))
        return (stage_ref){a->stage.func, s.update >= 0 ? s.update : a->stage.update};
    if (d)
        wrong_kind(F, f, d, s.func, "a stage");
    return s;
}

/* Does a loop among the arguments of d have this name? */
static bool names_loop(const directive *d, const char *name)
{
    for (uint32_t i = 0; i < d->nargs; i++)
        if (d->arg[i].kind == DARG_LOOP && d->arg[i].name == name)
            return true;
    return false;
}

/* Notes the loops that a directive for stage s makes, under names of this call's own. */
static void note_locals(flattener *F, frame *f, stage_ref s, const directive *d)
{
    for (uint32_t i = 0; i < d->nargs; i++) {
        const dir_arg *a = &d->arg[i];
        if (a->kind == DARG_DIR)
            note_locals(F, f, s, a->dir);
        if (a->kind != DARG_NEW || argument(f, a->name) || names_loop(d, a->name) ||
            local_name(f, &s, a->name))
            continue;
        local l = {s, a->name,
                   ctx_string(F->c, arena_printf(F->c->a, "%s.%s", f->prefix, a->name))};
        vec_push(F->c->a, &f->locals, l);
    }
}

/* ---- what stands in place of parameters ------------------------------------------------------ */

typedef struct replacing {
    flattener *F;
    const frame *f;
    const directive *d;
} replacing;

static const ir *replace_value(ir_mapper *m, const ir *n)
{
    const replacing *R = m->env;
    if (n->op != IR_VAR)
        return ir_map(m, n);
    const char *name = ctx_string(m->ctx, ir_sym_name(m->ctx, n->u.sym));
    const proc_arg *a = argument(R->f, name);
    if (!a)
        return n;
    if (a->value)
        return a->value;
    if (a->stage.update >= 0) {
        if (R->d)
            wrong_kind(R->F, R->f, R->d, name, "a number");
        return n;
    }
    const cb_knob_s *k = schedule_knob(R->F->from, a->name);
    return ir_var(m->ctx, k ? k->sym : ir_sym_new(m->ctx, a->name, SYM_PARAM, T_I32, NULL));
}

static const ir *outside_value(flattener *F, const frame *f, const directive *d, const ir *v)
{
    replacing R = {F, f, d};
    ir_mapper m = {.ctx = F->c, .fn = replace_value, .env = &R};
    return f ? ir_apply(&m, v) : v;
}

/* A number given for a parameter, in a condition. */
static const sched_cond *cond_of_value(flattener *F, const ir *v, const sched_cond *at)
{
    sched_cond *k = NEW(F->c->a, sched_cond);
    *k = (sched_cond){.loc = at->loc, .width = at->width};
    switch ((int)v->op) {
    case IR_ADD: k->op = COP_ADD; break;
    case IR_SUB: k->op = COP_SUB; break;
    case IR_MUL: k->op = COP_MUL; break;
    case IR_DIV: k->op = COP_DIV; break;
    case IR_MOD: k->op = COP_MOD; break;
    case IR_MIN: k->op = COP_MIN; break;
    case IR_MAX: k->op = COP_MAX; break;
    case IR_VAR:
        k->kind = COND_NAME;
        k->text = ctx_string(F->c, ir_sym_name(F->c, v->u.sym));
        return k;
    default: k->kind = COND_INT; (void)ir_as_int(v, &k->value); return k;
    }
    k->kind = COND_OP;
    k->arg[0] = cond_of_value(F, v->arg[0], at);
    k->arg[1] = cond_of_value(F, v->arg[1], at);
    return k;
}

static const sched_cond *outside_cond(flattener *F, const frame *f, const directive *d,
                                      const sched_cond *k)
{
    if (!k || !f || k->kind == COND_INT || k->kind == COND_REAL)
        return k;
    sched_cond *n = arena_copy(F->c->a, k, sizeof *k);
    if (k->kind == COND_OP) {
        n->arg[0] = outside_cond(F, f, d, k->arg[0]);
        n->arg[1] = outside_cond(F, f, d, k->arg[1]);
        return n;
    }
    const proc_arg *a = argument(f, k->text);
    if (k->kind == COND_NAME && a && a->value)
        return cond_of_value(F, a->value, k);
    n->text = outside_name(F, f, d, k->text, k->kind == COND_NAME ? "a number" : "a buffer");
    return n;
}

static directive *outside_directive(flattener *F, const frame *f, stage_ref s, const directive *from)
{
    directive *d = arena_copy(F->c->a, from, sizeof *from);
    d->call = f->call;
    d->arg = from->nargs ? arena_copy(F->c->a, from->arg, from->nargs * sizeof *d->arg) : NULL;
    const stage_ref *of = &s; /* whose loops are meant */
    for (uint32_t i = 0; i < d->nargs && !F->failed; i++) {
        dir_arg *a = &d->arg[i];
        const char *own;
        switch (a->kind) {
        case DARG_LOOP:
        case DARG_NEW:
            own = argument(f, a->name) ? NULL : local_name(f, of, a->name);
            a->name = own ? own : outside_name(F, f, from, a->name, "a loop");
            break;
        case DARG_DIM: a->name = outside_name(F, f, from, a->name, "a dimension"); break;
        case DARG_MADE:
        case DARG_FUNC: a->name = outside_name(F, f, from, a->name, "a Func"); break;
        case DARG_VALUE: a->value = outside_value(F, f, from, a->value); break;
        case DARG_STAGE:
            a->stage = outside_stage(F, f, from, a->stage);
            of = &a->stage;
            break;
        case DARG_COND: a->cond = outside_cond(F, f, from, a->cond); break;
        case DARG_DIR: a->dir = outside_directive(F, f, s, a->dir); break;
        case DARG_TAIL:
        case DARG_MEMORY:
        case DARG_POLICY:
        case DARG_TEXT: break;
        }
    }
    return d;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void put_block(flattener *F, frame *f, const sched_entries *entries,
                      const sched_contracts *contracts, int depth);

static void put_stage(flattener *F, frame *f, const sched_entry *e)
{
    if (!f) {
        vec_push(F->c->a, &F->to->entries, (sched_entry *)(uintptr_t)e);
        return;
    }
    sched_entry *n = arena_copy(F->c->a, e, sizeof *e);
    const directive *first = e->dirs.n ? e->dirs.at[0] : NULL;
    n->stage = outside_stage(F, f, first, e->stage);
    n->call = f->call;
    n->dirs.n = n->dirs.cap = 0;
    n->dirs.at = NULL;
    for (uint32_t i = 0; i < e->dirs.n && !F->failed; i++)
        vec_push(F->c->a, &n->dirs, outside_directive(F, f, n->stage, e->dirs.at[i]));
    vec_push(F->c->a, &F->to->entries, n);
}

/* Loops that lines of the procedure make, calls of others left out: known before any line is put. */
static void note_block(flattener *F, frame *f, const sched_block *b)
{
    for (uint32_t i = 0; i < b->entries.n; i++) {
        const sched_entry *e = b->entries.at[i];
        if (e->kind == ENTRY_WHEN) {
            note_block(F, f, e->then);
            if (e->other)
                note_block(F, f, e->other);
        }
        for (uint32_t k = 0; e->kind == ENTRY_STAGE && k < e->dirs.n; k++)
            note_locals(F, f, outside_stage(F, f, NULL, e->stage), e->dirs.at[k]);
    }
}

static const sched_proc *find_proc(flattener *F, const frame *f, const sched_entry *e, uint32_t *at)
{
    const schedule *s = F->from;
    const char **names = NEW_ARRAY(F->c->a, const char *, s->procs.n + 1);
    for (*at = 0; *at < s->procs.n; ++*at) {
        names[*at] = s->procs.at[*at]->name;
        if (names[*at] == e->name)
            return s->procs.at[*at];
    }
    const char *near = text_nearest(e->name, names, s->procs.n);
    fail(F, DIAG_NO_SUCH_PROC, e->loc, e->excerpt, f ? f->call : NULL,
         near           ? arena_printf(F->c->a, "did you mean '%s'?", near)
         : s->procs.n   ? arena_printf(F->c->a, "the first one is '%s'", names[0])
                        : "declare it: proc NAME(f, x, n) { ... }",
         "there is no procedure '%s'", e->name);
    return NULL;
}

/* Arguments of a call in a procedure are names and numbers of the caller's. */
static sched_entry *outside_call(flattener *F, const frame *f, const sched_entry *e)
{
    sched_entry *n = arena_copy(F->c->a, e, sizeof *e);
    n->args.n = n->args.cap = 0;
    n->args.at = NULL;
    for (uint32_t i = 0; i < e->args.n; i++) {
        proc_arg a = e->args.at[i];
        const proc_arg *given = a.name && a.stage.update < 0 ? argument(f, a.name) : NULL;
        const char *own = a.name && !given ? local_name(f, NULL, a.name) : NULL;
        if (given)
            a = *given;
        else if (own)
            a.name = a.stage.func = own;
        else if (a.name)
            a.stage = outside_stage(F, f, NULL, a.stage);
        else
            a.value = outside_value(F, f, NULL, a.value);
        vec_push(F->c->a, &n->args, a);
    }
    return n;
}

static void put_call(flattener *F, frame *outer, const sched_entry *e, int depth)
{
    cb_context *c = F->c;
    uint32_t at;
    const sched_proc *p = find_proc(F, outer, e, &at);
    if (!p)
        return;
    const sched_call *from = outer ? outer->call : NULL;
    for (const frame *f = outer; f; f = f->outer)
        if (f->proc == p || depth > MOST_DEPTH) {
            fail(F, DIAG_BAD_PROC, e->loc, e->excerpt, from,
                 "a schedule is expanded before anything runs: a procedure cannot call itself",
                 "procedure '%s' would call itself", p->name);
            return;
        }
    if (e->args.n != p->params.n) {
        text form;
        text_init(&form, c->a);
        for (uint32_t i = 0; i < p->params.n; i++)
            text_printf(&form, "%s%s", i ? ", " : "", p->params.at[i]);
        fail(F, DIAG_PROC_ARGS, e->loc, e->excerpt, from,
             arena_printf(c->a, "it is declared as %s(%s)", p->name, text_str(&form)),
             "procedure '%s' takes %u argument%s, but is given %u", p->name, p->params.n,
             p->params.n == 1 ? "" : "s", e->args.n);
        return;
    }
    text t;
    text_init(&t, c->a);
    sched_call_print(c, &t, e);
    sched_call *call = NEW(c->a, sched_call);
    const sched_entry *outside = outer ? outside_call(F, outer, e) : e;
    *call = (sched_call){text_str(&t), e->loc, from, p, outside};
    frame f = {.proc = p, .entry = outside, .call = call, .outer = outer};
    uint32_t n = ++F->calls.at[at];
    f.prefix = n == 1 ? p->name : arena_printf(c->a, "%s_%u", p->name, n);
    note_block(F, &f, &p->body);
    put_block(F, &f, &p->body.entries, &p->body.contracts, depth + 1);
}

static void put_block(flattener *F, frame *f, const sched_entries *entries,
                      const sched_contracts *contracts, int depth)
{
    for (uint32_t i = 0; i < entries->n && !F->failed; i++) {
        const sched_entry *e = entries->at[i];
        if (++F->total > MOST_ENTRIES) {
            fail(F, DIAG_BAD_PROC, e->loc, e->excerpt, f ? f->call : NULL,
                 "call procedures less often", "the schedule expands to more than %d lines",
                 MOST_ENTRIES);
            return;
        }
        switch (e->kind) {
        case ENTRY_STAGE: put_stage(F, f, e); break;
        case ENTRY_CALL: put_call(F, f, e, depth); break;
        case ENTRY_INCLUDE: put_block(F, f, &e->then->entries, &e->then->contracts, depth); break;
        case ENTRY_WHEN: {
            const sched_block *b = holds(F->p, e->guard) ? e->then : e->other;
            if (b)
                put_block(F, f, &b->entries, &b->contracts, depth);
            break;
        }
        }
    }
    for (uint32_t i = 0; i < contracts->n && !F->failed; i++) {
        contract k = contracts->at[i];
        if (f) {
            k.call = f->call;
            k.stage = outside_stage(F, f, NULL, k.stage);
            k.value = outside_value(F, f, NULL, k.value);
        }
        vec_push(F->c->a, &F->to->contracts, k);
    }
}

schedule *sched_flatten(pipeline *p, schedule *s)
{
    cb_context *c = p->ctx;
    bool plain = true;
    for (uint32_t i = 0; i < s->entries.n; i++)
        plain &= s->entries.at[i]->kind == ENTRY_STAGE;
    if (plain)
        return s;
    flattener F = {.c = c, .p = p, .from = s, .to = schedule_new(c, s->name)};
    F.to->file = s->file;
    for (uint32_t i = 0; i < s->knobs.n; i++)
        vec_push(c->a, &F.to->knobs, s->knobs.at[i]);
    for (uint32_t i = 0; i < s->procs.n; i++)
        vec_push(c->a, &F.calls, 0);
    put_block(&F, NULL, &s->entries, &s->contracts, 0);
    return F.failed ? NULL : F.to;
}
