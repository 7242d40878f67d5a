/* driver/shrink.c: a failure made small, written as a schedule and told.
 *
 *     out   split(y, v0, v1, 7), vectorize(x, 8), parallel(v0)        out=3:61,-13:31 k=517 data=random:4711
 *     f0    store_at(out, v0), compute_at(out, v1)
 *
 * becomes, as long as it fails in the same way,
 *
 *     out   vectorize(x, 8)                                           out=0:9,0:1 k=0 data=ramp:0
 *
 * Fewer directives first (none, whole stages, single ones; loops that one has made are then called as the loop that it
 * made them from), then data, sizes, origins and parameters. Every
 * attempt reads the schedule from its text, as whoever gets the file will, in a process of its own.
 */
#include "prove.h"

#include "../dsl/front.h"
#include "../dsl/sched.h"

#include <string.h>

enum { MAX_TRIES = 600, SECONDS_A_TRY = 20 };

typedef struct shrinker {
    pipeline *p;
    const cg_target *target;
    cb_callable code;
    failure *x;
    schedule *s; /* of x, as data; NULL: none or not changed */
    double until;
    int tries;
    /* of the attempt */
    const char *sched;
    const trial *t;
    finding *found; /* shared with the child */
} shrinker;

/* ---- attempts ---------------------------------------------------------------------------------- */

typedef struct attempt {
    pipeline *p;
    const cg_target *target;
    const char *sched;
    finding *f;
    cb_callable code; /* made */
} attempt;

static bool met_internal(const cb_context *c, const diag *before)
{
    for (const diag *d = before ? before->next : c->diags.first; d; d = d->next)
        if (d->code == DIAG_INTERNAL)
            return true;
    return false;
}

static void compile_it(void *env)
{
    attempt *A = env;
    cb_context *c = A->p->ctx;
    const diag *before = c->diags.last;
    A->p->plans.n = 0;
    A->p->sched = schedule_read(c, A->sched, "schedule");
    if (A->p->sched && schedule_resolve(A->p))
        A->code = cb_compile_pipeline((cb_pipeline){A->p}, A->target->text, CB_HERE);
    if (!A->code.p && !met_internal(c, before))
        *A->f = (finding){.what = OUT_REFUSED};
}

cb_callable compile_schedule(pipeline *p, const cg_target *t, const char *sched, finding *f)
{
    attempt A = {p, t, sched, f, {NULL}};
    *f = (finding){.what = OUT_INTERNAL, .text = "the compiler reported a mistake of its own"};
    front_try(p->ctx, compile_it, &A);
    if (A.code.p)
        f->what = OUT_AGREE;
    return A.code;
}

static void try_work(void *env)
{
    shrinker *S = env;
    cb_callable code = S->sched ? compile_schedule(S->p, S->target, S->sched, S->found) : S->code;
    if (code.p && S->t)
        rig_try(rig_new(S->p), code, S->t, S->found);
}

static void try_it(void *env)
{
    shrinker *S = env;
    apart_limit(SECONDS_A_TRY);
    if (!freopen("/dev/null", "w", stderr)) /* hundreds of times the same last words */
        return;
    if (!front_try(S->p->ctx, try_work, S))
        S->found->what = OUT_INTERNAL;
}

/* Does it fail in the same way with this schedule and trial? Then it becomes the failure. */
static bool still_fails(shrinker *S, const char *sched, const trial *t)
{
    if (S->tries >= MAX_TRIES || seconds_now() > S->until)
        return false;
    S->tries++;
    S->sched = sched;
    S->t = S->x->no_trial ? NULL : t;
    *S->found = (finding){.what = OUT_CRASH};
    outcome end;
    apart_ended(apart_start(S->p->ctx, try_it, S), true, &end);
    outcome now = end == OUT_AGREE ? S->found->what : end;
    if (now != S->x->f.what)
        return false;
    if (end == OUT_AGREE)
        S->x->f = *S->found;
    S->x->sched = sched;
    S->x->t = trial_copy(S->p->ctx->a, S->p, t);
    return true;
}

/* ---- schedules --------------------------------------------------------------------------------- */

static const char *schedule_text(cb_context *c, const schedule *s)
{
    text t;
    text_init(&t, c->a);
    schedule_print(&t, s);
    return text_str(&t);
}

/* s without directive d of entry i; d UINT32_MAX: without the entry. */
static schedule *schedule_without(cb_context *c, const schedule *s, uint32_t i, uint32_t d)
{
    schedule *r = arena_copy(c->a, s, sizeof *s);
    memset(&r->entries, 0, sizeof r->entries);
    memset(&r->contracts, 0, sizeof r->contracts);
    for (uint32_t k = 0; k < s->entries.n; k++) {
        sched_entry *e = arena_copy(c->a, s->entries.at[k], sizeof *e);
        memset(&e->dirs, 0, sizeof e->dirs);
        for (uint32_t n = 0; n < s->entries.at[k]->dirs.n; n++)
            if (k != i || (d != UINT32_MAX && n != d))
                vec_push(c->a, &e->dirs, s->entries.at[k]->dirs.at[n]);
        if (e->dirs.n || (e->kind != ENTRY_STAGE && k != i))
            vec_push(c->a, &r->entries, e);
    }
    return r;
}

/* Names of loops of one stage, and what they are called now. */
typedef struct renaming {
    cb_context *c;
    stage_ref stage;
    map names;
} renaming;

static bool is_stage(const stage_ref *a, const stage_ref *b) { return a->update == b->update && !strcmp(a->func, b->func); }

/* d, of a stage, with those replaced. The loop of a level, as in compute_at(out, yi), is one of the stage that it names. */
static directive *renamed(const renaming *N, const stage_ref *of, const directive *d)
{
    cb_context *c = N->c;
    directive *r = arena_copy(c->a, d, sizeof *d);
    r->arg = NEW_ARRAY(c->a, dir_arg, d->nargs + 1);
    if (d->nargs)
        memcpy(r->arg, d->arg, d->nargs * sizeof *d->arg);
    for (uint32_t i = 0; i < r->nargs; i++) {
        dir_arg *a = &r->arg[i];
        const stage_ref *whose = i && d->arg[i - 1].kind == DARG_STAGE ? &d->arg[i - 1].stage : of;
        const char *now = a->kind == DARG_LOOP && is_stage(whose, &N->stage) ? map_getp(&N->names, a->name) : NULL;
        if (now)
            a->name = now;
        if (a->kind == DARG_DIR)
            a->dir = renamed(N, of, a->dir);
    }
    return r;
}

/* s without directive d of entry i, which makes loops: their names become those of the loops it takes. NULL: it makes none. */
static schedule *schedule_unmade(cb_context *c, const schedule *s, uint32_t i, uint32_t d)
{
    const directive *gone = s->entries.at[i]->dirs.at[d];
    renaming N = {.c = c, .stage = s->entries.at[i]->stage};
    vec(const char *) taken = {0};
    uint32_t made = 0;
    for (uint32_t k = 0; k < gone->nargs; k++)
        if (gone->arg[k].kind == DARG_LOOP)
            vec_push(c->a, &taken, gone->arg[k].name);
    for (uint32_t k = 0; k < gone->nargs && taken.n; k++)
        if (gone->arg[k].kind == DARG_NEW)
            map_putp(c->a, &N.names, gone->arg[k].name, (void *)(uintptr_t)taken.at[made++ % taken.n]);
    const bool whole = s->entries.at[i]->kind == ENTRY_STAGE && gone->op != DIR_RFACTOR;
    schedule *r = N.names.n && whole ? schedule_without(c, s, i, d) : NULL;
    for (uint32_t k = 0; r && k < r->entries.n; k++) {
        sched_entry *e = r->entries.at[k];
        for (uint32_t n = 0; n < e->dirs.n && e->kind == ENTRY_STAGE; n++)
            e->dirs.at[n] = renamed(&N, &e->stage, e->dirs.at[n]);
    }
    return r;
}

static schedule *without_knob(cb_context *c, const schedule *s, uint32_t i)
{
    schedule *r = arena_copy(c->a, s, sizeof *s);
    memset(&r->knobs, 0, sizeof r->knobs);
    for (uint32_t k = 0; k < s->knobs.n; k++)
        if (k != i)
            vec_push(c->a, &r->knobs, s->knobs.at[k]);
    return r;
}

static bool keep_schedule(shrinker *S, schedule *s)
{
    if (!still_fails(S, schedule_text(S->p->ctx, s), &S->x->t))
        return false;
    S->s = s;
    return true;
}

/* Guards decided for the target, procedures and included files put in: what is left are directives. */
static void plain_entries(shrinker *S)
{
    target_choose(S->target, S->p);
    schedule *flat = sched_flatten(S->p, S->s);
    if (flat && flat != S->s) {
        flat->ctx = S->p->ctx;
        keep_schedule(S, flat);
    }
}

static void fewer_directives(shrinker *S)
{
    cb_context *c = S->p->ctx;
    for (uint32_t i = S->s->entries.n; i-- > 0;)
        keep_schedule(S, schedule_without(c, S->s, i, UINT32_MAX));
    bool again = true;
    while (again) {
        again = false;
        for (uint32_t i = S->s->entries.n; i-- > 0;)
            for (uint32_t d = i < S->s->entries.n ? S->s->entries.at[i]->dirs.n : 0; d-- > 0;) {
                uint32_t n = S->s->entries.n;
                schedule *less = schedule_unmade(c, S->s, i, d);
                again |= keep_schedule(S, schedule_without(c, S->s, i, d)) || (less && keep_schedule(S, less));
                if (S->s->entries.n < n) /* the entry had only this one */
                    break;
            }
    }
    for (uint32_t i = S->s->knobs.n; i-- > 0;)
        keep_schedule(S, without_knob(c, S->s, i));
}

/* ---- trials ------------------------------------------------------------------------------------ */

static bool keep_trial(shrinker *S, const trial *t) { return still_fails(S, S->x->sched, t); }

static void plainer_data(shrinker *S)
{
    trial t = trial_copy(S->p->ctx->a, S->p, &S->x->t);
    t.seed = 0;
    for (int k = 0; k < DATA_RANDOM && k < (int)S->x->t.data; k++) {
        t.data = (trial_data)k;
        if (keep_trial(S, &t))
            return;
    }
}

static void smaller_region(shrinker *S)
{
    arena *a = S->p->ctx->a;
    for (uint32_t i = 0; i < S->p->outputs.n; i++)
        for (uint32_t d = 0; d < S->p->outputs.at[i]->rank; d++) {
            trial t = trial_copy(a, S->p, &S->x->t);
            t.out[i].min[d] = 0;
            if (S->x->t.out[i].min[d])
                keep_trial(S, &t);
            for (int32_t by = S->x->t.out[i].extent[d]; by > 0; by /= 2) {
                for (;;) { /* from the end, then from the beginning */
                    t = trial_copy(a, S->p, &S->x->t);
                    t.out[i].extent[d] -= by;
                    if (t.out[i].extent[d] < 0 || (!keep_trial(S, &t) && (t.out[i].min[d] += by, !keep_trial(S, &t))))
                        break;
                }
            }
            t = trial_copy(a, S->p, &S->x->t);
            t.out[i].min[d] = 0;
            if (S->x->t.out[i].min[d])
                keep_trial(S, &t);
        }
}

static void plainer_params(shrinker *S)
{
    for (uint32_t i = 0; i < S->p->params.n; i++) {
        const cb_param_s *q = S->p->params.at[i];
        trial t = trial_copy(S->p->ctx->a, S->p, &S->x->t);
        const ir_value zero = {0};
        const ir_value plain[] = {q->has_def ? q->def : zero, q->has_min ? q->min : zero, zero};
        for (size_t k = 0; k < COUNT_OF(plain); k++) {
            t.params[i] = plain[k];
            if (memcmp(&plain[k], &S->x->t.params[i], sizeof plain[k]) == 0 || keep_trial(S, &t))
                break;
        }
    }
}

void shrink(pipeline *p, const cg_target *t, cb_callable code, failure *x, double seconds)
{
    shrinker S = {.p = p, .target = t, .code = code, .x = x, .until = seconds_now() + seconds};
    S.found = shared_new(sizeof *S.found);
    if (!S.found)
        return;
    if (x->sched) {
        S.s = schedule_read(p->ctx, x->sched, "schedule");
        if (S.s && *x->sched && still_fails(&S, "", &x->t))
            S.s = NULL;
        if (S.s) {
            plain_entries(&S);
            fewer_directives(&S);
        }
    }
    if (!x->no_trial) {
        plainer_data(&S);
        smaller_region(&S);
        plainer_params(&S);
        plainer_data(&S);
    }
    if (S.s)
        fewer_directives(&S);
    shared_free(S.found, sizeof *S.found);
}

/* ---- telling ----------------------------------------------------------------------------------- */

static uint32_t count_directives(cb_context *c, const char *sched)
{
    const schedule *s = *sched ? schedule_read(c, sched, "schedule") : NULL;
    uint32_t n = 0;
    for (uint32_t i = 0; s && i < s->entries.n; i++)
        n += s->entries.at[i]->dirs.n;
    return n;
}

static const char *trial_text(pipeline *p, const trial *t)
{
    text s;
    text_init(&s, p->ctx->a);
    trial_print(&s, p, t);
    return text_str(&s);
}

/* The command line that shows it again. */
static const char *again(pipeline *p, const cg_target *t, const command_options *o, const failure *x, const char *path)
{
    text s;
    text_init(&s, p->ctx->a);
    text_printf(&s, "%s verify", o->program ? o->program : "GENERATOR");
    text_put(&s, o->settings ? o->settings : "");
    text_printf(&s, " target=%s schedule=%s", t->text, path);
    if (!x->no_trial)
        text_printf(&s, " '--trial=%s'", trial_text(p, &x->t));
    return text_str(&s);
}

static const char *in_words(const finding *f)
{
    if (f->text[0])
        return f->text;
    return f->what == OUT_CRASH ? "compiling or running it ended the process" : "it did not come to an end";
}

static const char *write_counterexample(pipeline *p, const cg_target *t, const command_options *o, const failure *x)
{
    const char *path = output_path(p, o, ".counterexample.sched");
    text s;
    text_init(&s, p->ctx->a);
    text_printf(&s, "# %s: %s: %s\n#   %s\n%s", p->name, outcome_names[x->f.what], in_words(&x->f), again(p, t, o, x, path),
                x->sched);
    return write_text(p, path, text_str(&s)) ? path : NULL;
}

void tell_failure(pipeline *p, const cg_target *t, const command_options *o, const failure *x)
{
    cb_context *c = p->ctx;
    const cb_func_s *f = p->outputs.at[x->f.output];
    const char *path = x->sched && !o->no_files ? write_counterexample(p, t, o, x) : NULL;
    const char *what = in_words(&x->f);
    const definition *last = f->defs.n ? f->defs.at[f->defs.n - 1] : NULL;
    diag *d = diag_begin(&c->diags, DIAG_VERIFY, last ? last->loc : f->loc, "%s", what);
    if (last && last->text)
        front_excerpt(c, d, last->text, 0, 0);
    if (!x->no_trial)
        diag_note(&c->diags, d, (cb_loc){0}, "the smallest trial found: %s", trial_text(p, &x->t));
    if (x->sched) {
        uint32_t n = count_directives(c, x->sched);
        diag_note(&c->diags, d, (cb_loc){0}, "with %u directive%s%s%s", n, n == 1 ? "" : "s", path ? ": " : "", path ? path : "");
    }
    if (path)
        diag_note(&c->diags, d, (cb_loc){0}, "again: %s", again(p, t, o, x, path));
    diag_help(&c->diags, d, "a schedule that was accepted never changes a result: please report this with the program");
    diag_end(&c->diags, d);
    if (!o->json)
        return;
    text j;
    text_init(&j, c->a);
    text_put(&j, "{");
    json_text(&j, "result", outcome_names[x->f.what]);
    text_put(&j, ", ");
    json_text(&j, "text", what);
    text_put(&j, ", ");
    json_text(&j, "trial", x->no_trial ? "" : trial_text(p, &x->t));
    text_put(&j, ", ");
    json_text(&j, "schedule", x->sched ? x->sched : "");
    text_put(&j, ", ");
    json_text(&j, "counterexample", path ? path : "");
    text_put(&j, ", ");
    json_text(&j, "again", path ? again(p, t, o, x, path) : "");
    fprintf(o->out, "%s}\n", text_str(&j));
}
