/* dsl/pipeline.c: what outputs need: every Func below them, producers first, with the inputs and
 * parameters that occur, and the directives that speak of them.
 *
 *     out = f(blur_x(in))     funcs: blur_x, out     inputs: in
 *
 * The order depends on the program's text only: depth first, in the order of occurrence.
 */
#include "front.h"

#include <string.h>

typedef struct need {
    cb_func_s *f;
    vec(cb_func_s *) below;
    uint32_t next;
} need;

typedef struct collector {
    cb_context *c;
    pipeline *p;
    need *at; /* the Func being looked at */
    map seen; /* Func or Param -> 1 */
    vec(need *) stack;
} collector;

static bool collect(void *env, const ir *n)
{
    collector *C = env;
    ir_sym s = n->op == IR_CALL || n->op == IR_FIELD ? n->u.ref.sym
               : n->op == IR_VAR                     ? n->u.sym
                                                     : 0;
    const ir_symbol *v = ir_symbol_of(C->c, s);
    if (v->kind == SYM_FUNC) {
        vec_push(C->c->a, &C->at->below, (cb_func_s *)v->aux);
    } else if ((v->kind == SYM_IMAGE || v->kind == SYM_PARAM) && !map_getp(&C->seen, v->aux)) {
        map_put(C->c->a, &C->seen, (uint64_t)(uintptr_t)v->aux, 1);
        cb_func_s *f = v->kind == SYM_IMAGE ? v->aux : NULL;
        if (f && f->table)
            vec_push(C->c->a, &C->p->tables, f);
        else if (f)
            vec_push(C->c->a, &C->p->inputs, f);
        else
            vec_push(C->c->a, &C->p->params, (cb_param_s *)v->aux);
    }
    return true;
}

static void push(collector *C, cb_func_s *f)
{
    if (map_getp(&C->seen, f))
        return;
    map_put(C->c->a, &C->seen, (uint64_t)(uintptr_t)f, 1);
    need *n = C->at = NEW(C->c->a, need);
    n->f = f;
    for (uint32_t i = 0; i < f->defs.n; i++) {
        const definition *d = f->defs.at[i];
        for (uint32_t k = 0; k < f->rank; k++)
            ir_visit(C->c, d->lhs[k], collect, C);
        for (uint32_t k = 0; k < f->nvalues; k++)
            ir_visit(C->c, d->values[k], collect, C);
        for (uint32_t k = 0; k < d->ngiven; k++)
            ir_visit(C->c, d->given[k], collect, C);
        for (uint32_t k = 0; d->dom && k < d->dom->ndims; k++) {
            ir_visit(C->c, d->dom->dims[k].min, collect, C);
            ir_visit(C->c, d->dom->dims[k].extent, collect, C);
        }
        for (uint32_t k = 0; d->dom && k < d->dom->where.n; k++)
            ir_visit(C->c, d->dom->where.at[k], collect, C);
    }
    vec_push(C->c->a, &C->stack, n);
}

/* What is said of the fields of an argument may need further inputs and parameters. */
static void collect_rules(collector *C, const cb_func_s *f)
{
    for (uint32_t i = 0; i < 3 * f->rank; i++) {
        const field_rule *r = pipeline_rule(C->p, f, i / 3, (int)(i % 3));
        if (r)
            ir_visit(C->c, r->value, collect, C);
    }
}

static void walk(collector *C)
{
    while (C->stack.n) {
        need *n = C->stack.at[C->stack.n - 1];
        if (n->next < n->below.n) {
            push(C, n->below.at[n->next++]);
            continue;
        }
        vec_push(C->c->a, &C->p->funcs, n->f);
        C->stack.n--;
    }
}

/* Requirements of the scopes that outputs were made in, and what they and rules speak of. */
static void collect_sayings(collector *C)
{
    pipeline *p = C->p;
    map done = {0};
    C->at = NEW(C->c->a, need); /* of nobody: outputs that are mentioned are there already */
    for (uint32_t i = 0; i < p->outputs.n; i++) {
        const scope *root = map_getp(&front_of(C->c)->roots, p->outputs.at[i]);
        collect_rules(C, p->outputs.at[i]);
        if (!root || map_getp(&done, root))
            continue;
        map_put(C->c->a, &done, (uint64_t)(uintptr_t)root, 1);
        for (uint32_t k = 0; k < root->requirements.n; k++) {
            requirement *r = root->requirements.at[k];
            bool counts = pipeline_counts(p, r->cond);
            for (uint32_t n = 0; n < r->line.n; n++)
                counts &= pipeline_counts(p, r->line.at[n]);
            if (!counts)
                continue;
            vec_push(C->c->a, &p->requirements, r);
            ir_visit(C->c, r->cond, collect, C);
            for (uint32_t n = 0; n < r->line.n; n++)
                ir_visit(C->c, r->line.at[n], collect, C);
        }
    }
    for (uint32_t i = 0; i < p->inputs.n; i++) /* grows on the way */
        collect_rules(C, p->inputs.at[i]);
}

/* ---- checks ---------------------------------------------------------------------------------- */

static bool usable(cb_context *c, cb_func_s *f)
{
    if (f->poisoned)
        return false;
    if (!f->is_input && f->defs.n)
        return true;
    diag *d = diag_begin(&c->diags, f->is_input ? DIAG_NO_OUTPUT : DIAG_UNDEFINED_FUNC, f->loc,
                         f->is_input ? "'%s' is %s and cannot be an output" : "'%s' has no definition", f->name,
                         input_word(f));
    if (front_of(c)->at.file)
        diag_note(&c->diags, d, front_of(c)->at, "it is needed here");
    if (f->is_input)
        diag_help(&c->diags, d, "define a Func that copies it");
    else
        diag_help(&c->diags, d, "define it: %s = ...", f->has_rank ? func_shape(f) :
                  arena_printf(c->a, "%s(x, y)", f->name));
    diag_end(&c->diags, d);
    return false;
}

static bool claim(cb_context *c, map *names, const char *name, cb_loc loc)
{
    const cb_loc *old = map_getp(names, name);
    if (old) {
        diag *d = diag_begin(&c->diags, DIAG_DUPLICATE_NAME, loc,
                             "two parts of one pipeline are called '%s'", name);
        diag_note(&c->diags, d, *old, "the other is declared here");
        diag_help(&c->diags, d, "schedules and callers find them by name; rename one");
        diag_end(&c->diags, d);
        return false;
    }
    map_putp(c->a, names, name, arena_copy(c->a, &loc, sizeof loc));
    return true;
}

static bool names_differ(pipeline *p)
{
    map names = {0};
    bool ok = true;
    for (uint32_t i = 0; i < p->inputs.n; i++)
        ok &= claim(p->ctx, &names, p->inputs.at[i]->name, p->inputs.at[i]->loc);
    for (uint32_t i = 0; i < p->tables.n; i++)
        ok &= claim(p->ctx, &names, p->tables.at[i]->name, p->tables.at[i]->loc);
    for (uint32_t i = 0; i < p->params.n; i++)
        ok &= claim(p->ctx, &names, p->params.at[i]->name, p->params.at[i]->loc);
    for (uint32_t i = 0; i < p->funcs.n; i++)
        ok &= p->funcs.at[i]->unnamed ||
              claim(p->ctx, &names, p->funcs.at[i]->name, p->funcs.at[i]->loc);
    return ok;
}

typedef struct namesakes {
    pipeline *p;
    bool found;
} namesakes;

static void check_name(namesakes *N, const char *function, cb_loc loc)
{
    diags *D = &N->p->ctx->diags;
    const char *name = N->p->name, *rest = function + strlen(name);
    if (strncmp(function, name, strlen(name)) != 0 ||
        (*rest && strcmp(rest, "_argv") != 0 && strcmp(rest, "_metadata") != 0))
        return;
    diag *d = diag_begin(D, DIAG_BAD_EXTERN, loc, "the C function '%s' bears the name of the pipeline '%s' itself",
                         function, name);
    diag_help(D, d, "rename one; a Func that is run alone makes a pipeline of its name");
    diag_end(D, d);
    N->found = true;
}

static void check_call(void *env, const definition *def, const ir *call)
{
    namesakes *N = env;
    check_name(N, ir_sym_name(N->p->ctx, call->u.ref.sym), def->loc);
}

/* The object exports NAME, NAME_argv and NAME_metadata: a C function of that name could not be told from it. */
static bool functions_differ(pipeline *p)
{
    namesakes N = {p, false};
    for (uint32_t i = 0; i < p->funcs.n; i++) {
        const definition *def = p->funcs.at[i]->defs.at[0];
        if (def->kind == DEF_EXTERN)
            check_name(&N, def->function, def->loc);
    }
    c_calls_of(p, check_call, &N);
    return !N.found;
}

static void sort_funcs(cb_func_s **f, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = i; k && f[k]->sym < f[k - 1]->sym; k--) {
            cb_func_s *t = f[k];
            f[k] = f[k - 1];
            f[k - 1] = t;
        }
}

/* Arguments are passed in the order of declaration, which is the order of symbols. */
static void sort_arguments(pipeline *p)
{
    sort_funcs(p->inputs.at, p->inputs.n);
    sort_funcs(p->tables.at, p->tables.n);
    for (uint32_t i = 1; i < p->params.n; i++)
        for (uint32_t k = i; k && p->params.at[k]->sym < p->params.at[k - 1]->sym; k--) {
            cb_param_s *t = p->params.at[k];
            p->params.at[k] = p->params.at[k - 1];
            p->params.at[k - 1] = t;
        }
}

/* ---- directives ------------------------------------------------------------------------------ */

/* Funcs that directives of the entry make: names for them were declared like any Func. */
static void note_made(cb_context *c, map *made, const sched_entry *e)
{
    for (uint32_t i = 0; i < e->dirs.n; i++)
        for (uint32_t k = 0; k < e->dirs.at[i]->nargs; k++)
            if (e->dirs.at[i]->arg[k].kind == DARG_MADE && e->dirs.at[i]->arg[k].func)
                map_put(c->a, made, (uint64_t)(uintptr_t)e->dirs.at[i]->arg[k].func, 1);
}

/* Is the Func one of the pipeline's (root: made there; NULL: anywhere) or made from one of them? */
static bool concerns(const pipeline *p, const map *made, const cb_func_s *given, const char *name,
                     const scope *root)
{
    const cb_func_s *f = pipeline_func(p, name);
    if (given && map_getp(made, given))
        return true;
    return f && (!root || map_getp(&front_of(p->ctx)->roots, f) == root);
}

typedef struct taking {
    pipeline *p;
    const scope *root;
    map made;
} taking;

static bool wanted(const taking *T, const sched_entry *e)
{
    return concerns(T->p, &T->made, e->func, e->stage.func, T->root);
}

static void note_block(taking *T, const sched_entries *from)
{
    for (uint32_t i = 0; i < from->n; i++) {
        const sched_entry *e = from->at[i];
        if (e->kind == ENTRY_WHEN) {
            note_block(T, &e->then->entries);
            if (e->other)
                note_block(T, &e->other->entries);
        } else if (e->kind == ENTRY_STAGE && wanted(T, e)) {
            note_made(T->p->ctx, &T->made, e);
        }
    }
}

/* What concerns the pipeline; of a when() that is everything in it that does. */
static void take_block(taking *T, const sched_entries *from, const sched_contracts *contracts,
                       sched_entries *to, sched_contracts *to_contracts)
{
    arena *a = T->p->ctx->a;
    for (uint32_t i = 0; i < from->n; i++) {
        sched_entry *e = from->at[i];
        if (e->kind == ENTRY_STAGE && wanted(T, e))
            vec_push(a, to, e);
        if (e->kind != ENTRY_WHEN)
            continue;
        sched_entry *when = arena_copy(a, e, sizeof *e);
        when->then = NEW(a, sched_block);
        take_block(T, &e->then->entries, &e->then->contracts, &when->then->entries,
                   &when->then->contracts);
        bool any = when->then->entries.n || when->then->contracts.n;
        if (e->other) {
            when->other = NEW(a, sched_block);
            take_block(T, &e->other->entries, &e->other->contracts, &when->other->entries,
                       &when->other->contracts);
            any |= when->other->entries.n || when->other->contracts.n;
        }
        if (any)
            vec_push(a, to, when);
    }
    for (uint32_t i = 0; i < contracts->n; i++)
        if (concerns(T->p, &T->made, contracts->at[i].func, contracts->at[i].stage.func, T->root))
            vec_push(a, to_contracts, contracts->at[i]);
}

/* What `from` says of Funcs of the pipeline; root: only of those made there (NULL: any). What is
 * said of Funcs that directives make counts when what they are made from does. */
static void take(pipeline *p, const schedule *from, const scope *root)
{
    cb_context *c = p->ctx;
    if (!from->entries.n && !from->contracts.n)
        return;
    if (!p->sched) {
        p->sched = NEW(c->a, schedule);
        p->sched->name = "default";
    }
    taking T = {p, root, {0}};
    for (uint32_t known = UINT32_MAX; known != T.made.n;) {
        known = T.made.n;
        note_block(&T, &from->entries);
    }
    take_block(&T, &from->entries, &from->contracts, &p->sched->entries, &p->sched->contracts);
    for (uint32_t i = 0; i < from->knobs.n; i++)
        vec_push(c->a, &p->sched->knobs, from->knobs.at[i]);
}

static void take_all(pipeline *p)
{
    front *F = front_of(p->ctx);
    map done = {0};
    take(p, &F->sched, NULL);
    for (uint32_t i = 0; i < p->funcs.n; i++) {
        const scope *root = map_getp(&F->roots, p->funcs.at[i]);
        if (!root || !root->sched || map_getp(&done, root))
            continue;
        map_put(p->ctx->a, &done, (uint64_t)(uintptr_t)root, 1);
        take(p, root->sched, root);
    }
}

pipeline *pipeline_new(cb_context *c, const char *name, cb_func_s *const *outputs, uint32_t n)
{
    pipeline *p = NEW(c->a, pipeline);
    p->ctx = c;
    p->name = ctx_string(c, name);
    collector C = {.c = c, .p = p};
    bool ok = true;
    if (!n) {
        diag *d =
            diag_begin(&c->diags, DIAG_NO_OUTPUT, front_of(c)->at, "'%s' has no output", name);
        diag_help(&c->diags, d, "declare one: Output(out, u8, 2)");
        diag_end(&c->diags, d);
        return NULL;
    }
    for (uint32_t i = 0; i < n; i++) {
        ok &= usable(c, outputs[i]);
        vec_push(c->a, &p->outputs, outputs[i]);
    }
    for (uint32_t i = 0; ok && i < n; i++) {
        push(&C, outputs[i]);
        walk(&C);
    }
    if (ok)
        collect_sayings(&C);
    if (!ok || !names_differ(p) || !functions_differ(p))
        return NULL;
    sort_arguments(p);
    take_all(p);
    return p;
}

func_plan *pipeline_plan(const pipeline *p, const cb_func_s *f)
{
    for (uint32_t i = 0; i < p->plans.n; i++)
        if (p->plans.at[i]->func == f)
            return p->plans.at[i];
    return NULL;
}

cb_func_s *pipeline_func(const pipeline *p, const char *name)
{
    for (uint32_t i = 0; name && i < p->funcs.n; i++)
        if (!strcmp(p->funcs.at[i]->name, name))
            return p->funcs.at[i];
    for (uint32_t i = 0; name && i < p->inputs.n; i++)
        if (!strcmp(p->inputs.at[i]->name, name))
            return p->inputs.at[i];
    for (uint32_t i = 0; name && i < p->tables.n; i++)
        if (!strcmp(p->tables.at[i]->name, name))
            return p->tables.at[i];
    return NULL;
}

/* ---- entry ----------------------------------------------------------------------------------- */

typedef struct request {
    cb_context *c;
    const char *name;
    int n;
    const cb_func *outputs;
    cb_site at;
    pipeline *out;
} request;

static void make(void *env)
{
    request *r = env;
    cb_context *c = r->c;
    cb_loc loc = site_loc(c, r->at);
    cb_func_s **f = NEW_ARRAY(c->a, cb_func_s *, r->n);
    for (int i = 0; i < r->n; i++) {
        f[i] = r->outputs[i].p;
        if (f[i] && f[i]->ctx == c)
            continue;
        diag *d =
            diag_begin(&c->diags, f[i] ? DIAG_CONTEXT_MIX : DIAG_NULL_HANDLE, loc,
                       f[i] ? "the outputs belong to two contexts" : "output %d was never made", i);
        diag_help(&c->diags, d, "build a pipeline in one context");
        diag_end(&c->diags, d);
        return;
    }
    r->out = pipeline_new(c, r->name ? r->name : f[0]->name, f, (uint32_t)r->n);
}

cb_pipeline cb_pipeline_of(const char *name, int n, const cb_func *outputs, cb_site at)
{
    request r = {.name = name, .n = n, .outputs = outputs, .at = at};
    for (int i = 0; i < n && !r.c; i++)
        r.c = outputs[i].p ? outputs[i].p->ctx : NULL;
    if (r.c)
        front_try(r.c, make, &r);
    else
        front_null_func(at, "a pipeline");
    return (cb_pipeline){r.out};
}

const int64_t *pipeline_estimate(const pipeline *p, const cb_func_s *f)
{
    int64_t *pairs = NEW_ARRAY(p->ctx->a, int64_t, 2 * f->rank + 1);
    uint32_t found = 0;
    for (uint32_t i = 0; i < p->estimates.n; i++) {
        const estimate_plan *e = &p->estimates.at[i];
        if (e->func != f)
            continue;
        pairs[2 * e->dim] = e->min;
        pairs[2 * e->dim + 1] = e->extent;
        found++;
    }
    return found == f->rank && found ? pairs : NULL;
}
