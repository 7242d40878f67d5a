/* driver/verify.c: `verify`: one schedule at many sizes, compiled code against the reference interpreter.
 *
 *     blur.gen verify strip=64      ->    blur: 52 regions agree        and blur.verify.cert
 *
 * The schedule is compiled once; trials run in a child process, which writes a line for each to a file that
 * is open in both. The first that fails is made small (shrink.c) and told.
 */
#include "prove.h"

#include "../dsl/front.h"

#include <string.h>

enum { SECONDS_A_TRIAL = 60, SHRINK_SECONDS = 60 };

/* Shared with the child. */
typedef struct board {
    int done, agreed, skipped;
    uint64_t points;
    finding f;        /* of the last trial, or why the last skipped one was */
    char trial[4000]; /* being tried */
    char refused[sizeof((finding *)0)->text]; /* why the last was that the pipeline refused */
} board;

typedef struct verifier {
    pipeline *p;
    cb_context *c;
    const command_options *o;
    cb_callable code;
    sizes *sizes;
    const certificate *old; /* to be checked again: its trials; or NULL */
    int n;                  /* trials */
    double until;
    board *b;
    FILE *log;
} verifier;

static const char *text_of(verifier *V, const trial *t)
{
    text s;
    text_init(&s, V->c->a);
    trial_print(&s, V->p, t);
    return text_str(&s);
}

/* ---- in the child ------------------------------------------------------------------------------ */

static void try_one(verifier *V, rig *R, const trial *t)
{
    snprintf(V->b->trial, sizeof V->b->trial, "%s", text_of(V, t));
    apart_limit(SECONDS_A_TRIAL);
    rig_try(R, V->code, t, &V->b->f);
}

/* Number i: made, or read from what is checked again. */
static bool choose(verifier *V, int i, trial *t)
{
    if (V->o->trial || V->old) {
        const char *s = V->old ? V->old->trials.at[i] : V->o->trial;
        *t = trial_new(V->c->a, V->p);
        return !trial_read(V->old ? s + strcspn(s, ":") + 1 : s, V->p, t);
    }
    *t = sizes_trial(V->sizes, V->c->a, V->o->seed, i);
    return true;
}

static void count(verifier *V)
{
    board *b = V->b;
    b->points += b->f.points;
    if (b->f.what == OUT_AGREE)
        b->agreed++;
    else
        b->skipped++;
    if (b->f.what == OUT_SKIPPED && !strncmp(b->f.text, "refused: ", 9))
        snprintf(b->refused, sizeof b->refused, "%s", b->f.text + 9);
    fprintf(V->log, "%s: %s\n", outcome_names[b->f.what], b->trial);
}

static void all_trials(void *env)
{
    verifier *V = env;
    rig *R = rig_new(V->p);
    for (; V->b->done < V->n && seconds_now() < V->until; V->b->done++) {
        trial t;
        if (!choose(V, V->b->done, &t))
            continue;
        try_one(V, R, &t);
        if (V->b->f.what == OUT_SKIPPED && V->sizes && sizes_round_up(V->sizes, &t))
            try_one(V, R, &t);
        if (outcome_bad(V->b->f.what))
            return;
        count(V);
    }
}

static void guarded_trials(void *env)
{
    verifier *V = env;
    if (!front_try(V->c, all_trials, V))
        V->b->f = (finding){.what = OUT_INTERNAL, .text = "the interpreter could not be run"};
}

/* ---- around it --------------------------------------------------------------------------------- */

static outcome run_child(verifier *V)
{
    progress P = progress_begin(V->o, arena_printf(V->c->a, "verify %s", V->p->name));
    outcome end;
    int child = apart_start(V->c, guarded_trials, V);
    for (int wait = 1; !apart_ended(child, false, &end); wait = wait < 50 ? wait * 2 : wait) {
        apart_sleep(wait);
        progress_show(&P, "%d of %d regions", V->b->done, V->n);
    }
    progress_end(&P);
    return end == OUT_AGREE ? V->b->f.what : end;
}

static bool nothing_compared(verifier *V)
{
    diag *d = diag_begin(&V->c->diags, DIAG_VERIFY, V->p->outputs.at[0]->loc,
                         "no region of '%s' could be compared (%d refused%s%s)", V->p->name, V->b->skipped,
                         V->b->f.text[0] ? ": " : "", V->b->f.text);
    diag_help(&V->c->diags, d, "a schedule that promises less, by bound() or round_up, accepts more regions");
    diag_end(&V->c->diags, d);
    return false;
}

static bool failed(verifier *V, const cg_target *t, outcome what, const char *sched)
{
    failure x = {.sched = sched, .t = trial_new(V->c->a, V->p), .f = V->b->f};
    x.f.what = what;
    if (what == OUT_CRASH || what == OUT_HANG)
        x.f.text[0] = 0;
    trial_read(V->b->trial, V->p, &x.t);
    if (!V->o->trial)
        shrink(V->p, t, V->code, &x, SHRINK_SECONDS);
    tell_failure(V->p, t, V->o, &x);
    return false;
}

static void keep_log(verifier *V, certificate *k)
{
    enum { LONGEST = sizeof V->b->trial + 40 };
    char *line = arena_alloc(V->c->a, LONGEST);
    rewind(V->log);
    while (fgets(line, LONGEST, V->log)) {
        line[strcspn(line, "\n")] = 0;
        vec_push(V->c->a, &k->trials, arena_strdup(V->c->a, line));
    }
}

/* Says that all is well, and leaves a certificate where one is wanted. */
static bool tell_success(verifier *V, const cg_target *t, const char *sched)
{
    const command_options *o = V->o;
    text s;
    text_init(&s, V->c->a);
    text_printf(&s, "%d region%s agree%s", V->b->agreed, V->b->agreed == 1 ? "" : "s", V->b->agreed == 1 ? "s" : "");
    if (V->b->skipped)
        text_printf(&s, ", %d not comparable", V->b->skipped);
    if (V->b->refused[0] && !V->old)
        text_printf(&s, " (the last refused: %s)", V->b->refused);
    if (V->b->done < V->n)
        text_printf(&s, ", %d not tried: out of time", V->n - V->b->done);
    const char *path = NULL;
    if (sched && !o->no_files && !V->old) {
        certificate k = certificate_new(V->p, t, o, "verify");
        k.sched = sched;
        k.result = text_str(&s);
        keep_log(V, &k);
        if (!(path = certificate_write(V->p, o, &k)))
            return false;
    }
    if (!o->json) {
        fprintf(o->out, "%s: %s%s%s\n", V->p->name, text_str(&s), path ? "; " : "", path ? path : "");
        return true;
    }
    fprintf(o->out, "{\"result\": \"agree\", \"agreed\": %d, \"skipped\": %d, \"untried\": %d, \"points\": %llu", V->b->agreed,
            V->b->skipped, V->n - V->b->done, (unsigned long long)V->b->points);
    text j;
    text_init(&j, V->c->a);
    json_text(&j, "certificate", path ? path : "");
    fprintf(o->out, ", %s}\n", text_str(&j));
    return true;
}

static bool verify_with(verifier *V, const cg_target *t, const char *sched)
{
    V->c = V->p->ctx;
    V->until = seconds_now() + (V->o->time > 0 ? V->o->time : 1e9);
    V->sizes = V->o->trial || V->old ? NULL : sizes_new(V->p);
    V->n = V->o->trial ? 1 : V->old ? (int)V->old->trials.n : sizes_rounds(V->sizes) + V->o->rounds;
    V->b = shared_new(sizeof *V->b);
    V->log = tmpfile();
    if (!V->b || !V->log)
        diag_bug(&V->c->diags, "verify", "no memory to share, or no temporary file");
    outcome end = run_child(V);
    bool ok = outcome_bad(end) ? failed(V, t, end, sched)
              : !V->b->agreed  ? nothing_compared(V)
                               : tell_success(V, t, sched);
    fclose(V->log);
    shared_free(V->b, sizeof *V->b);
    return ok;
}

bool verify_code(pipeline *p, cb_callable code, const command_options *o)
{
    verifier V = {.p = p, .o = o, .code = code};
    cg_target host = target_host();
    return verify_with(&V, &host, NULL);
}

/* ---- the command ------------------------------------------------------------------------------- */

static void free_code(void *code) { cb_callable_free((cb_callable){code}); }

/* The schedule as a file would have it, knobs at their present values. */
static const char *schedule_as_text(pipeline *p)
{
    text t;
    text_init(&t, p->ctx->a);
    if (!p->sched)
        return "";
    p->sched->ctx = p->ctx;
    for (uint32_t i = 0; i < p->sched->knobs.n; i++)
        p->sched->knobs.at[i]->def = p->sched->knobs.at[i]->value;
    schedule_print(&t, p->sched);
    return text_str(&t);
}

static bool compile_and_verify(verifier *V, const cg_target *t)
{
    pipeline *p = V->p;
    const char *sched = schedule_as_text(p);
    deferred cleanup;
    if (!schedule_resolve(p))
        return false;
    V->code = cb_compile_pipeline((cb_pipeline){p}, t->text, CB_HERE);
    if (!V->code.p)
        return false;
    guard_defer(&p->ctx->esc, &cleanup, free_code, V->code.p);
    bool ok = verify_with(V, t, sched);
    guard_undefer(&p->ctx->esc, &cleanup);
    cb_callable_free(V->code);
    return ok;
}

static bool bad_trial(pipeline *p, const char *why)
{
    diag *d = diag_begin(&p->ctx->diags, DIAG_USAGE, (cb_loc){0}, "--trial: %s", why);
    text t;
    text_init(&t, p->ctx->a);
    trial one = trial_new(p->ctx->a, p);
    trial_print(&t, p, &one);
    diag_help(&p->ctx->diags, d, "it is written like '%s', regions as min:extent,...", text_str(&t));
    diag_end(&p->ctx->diags, d);
    return false;
}

bool command_verify(pipeline *p, const cg_target *t, const command_options *o)
{
    verifier V = {.p = p, .o = o};
    certificate old;
    cg_target of_old;
    const char *near = NULL, *why = NULL;
    trial one = trial_new(p->ctx->a, p);
    if (o->trial && (why = trial_read(o->trial, p, &one)))
        return bad_trial(p, why);
    if (!o->check)
        return compile_and_verify(&V, t);
    if (!certificate_read(p, o->check, &old))
        return false;
    if (!strcmp(old.command, "fuzz"))
        return fuzz_again(p, t, o, &old);
    V.old = &old;
    if (!target_parse(old.target, &of_old, &near))
        t = &of_old; /* else what is wrong with it is told by compiling for it */
    p->sched = schedule_read(p->ctx, old.sched, o->check);
    return p->sched && compile_and_verify(&V, t);
}
