/* driver/fuzz.c: `fuzz`: random legal schedules for the user's pipeline, each compiled and compared with the
 * reference interpreter at a few sizes.
 *
 *     blur.gen fuzz --cases=500 --jobs=4     ->    blur: 500 schedules, 431 legal, all agree; blur.fuzz.cert
 *
 * Case i of a seed is always the same. Cases run in child processes, several one after the other; a process
 * that ends early is a finding, and the next goes on after it. What fails is made small and told (shrink.c).
 */
#define _GNU_SOURCE
#include "prove.h"

#include "../dsl/front.h"

#include <signal.h>
#include <string.h>
#include <time.h>

enum { CASES_A_CHILD = 40, TRIALS_A_CASE = 5, SECONDS_A_CASE = 60, MAX_JOBS = 64, SHRINK_SECONDS = 60 };

/* One for each job, shared with its children. */
typedef struct board {
    uint64_t next; /* case being worked on */
    uint64_t done, refused, agreed, trials;
    uint64_t digest; /* of what was accepted, whatever the order */
    bool found;
    finding f;
    bool no_trial;
    char trial[4000];
    char sched[1 << 16];
} board;

typedef struct fuzzer {
    pipeline *p;
    cb_context *c;
    const command_options *o;
    const cg_target *t;
    uint64_t first, end;
    uint64_t job, jobs;
    double until;
    bool interrupted; /* by the interrupt key: what was done until then is told */
    board *b; /* jobs of them */
} fuzzer;

/* ---- one case, in a child ---------------------------------------------------------------------- */

static const char *random_schedule(fuzzer *F, uint64_t number)
{
    rng r = {F->o->seed};
    r.state = rng_next(&r) ^ number * 0xd1342543de82ef95u;
    r.state = rng_next(&r);
    proposal q;
    text t;
    text_init(&t, F->c->a);
    F->p->sched = NULL;
    if (propose(&q, F->p, &r, NULL))
        proposal_print(&t, &q);
    return text_str(&t);
}

/* Every third with the optimiser, which takes most of the time. */
static const char *target_of(const fuzzer *F, uint64_t number)
{
    return number % 3 == 2 ? F->t->text : arena_printf(F->c->a, "%s-o0", F->t->text);
}

static bool is_refusal(const board *b) { return b->f.what == OUT_REFUSED || b->f.what == OUT_SKIPPED; }

static void one_case(fuzzer *F, board *b)
{
    cb_context *c = F->c;
    const char *s = random_schedule(F, b->next);
    cg_target t = *F->t;
    snprintf(t.text, sizeof t.text, "%s", target_of(F, b->next));
    snprintf(b->sched, sizeof b->sched, "%s", s);
    b->no_trial = true;
    cb_callable code = compile_schedule(F->p, &t, s, &b->f);
    if (!code.p)
        return;
    b->no_trial = false;
    sizes *S = sizes_new(F->p);
    rig *R = rig_new(F->p);
    int all = sizes_rounds(S);
    for (int k = 0; k < TRIALS_A_CASE; k++) {
        trial q = sizes_trial(S, c->a, F->o->seed + b->next, (int)((b->next * 7 + (uint64_t)k * 5) % (uint64_t)(all + 8)));
        for (int turn = 0; turn < 2; turn++) {
            text text_of;
            text_init(&text_of, c->a);
            trial_print(&text_of, F->p, &q);
            snprintf(b->trial, sizeof b->trial, "%s", text_str(&text_of));
            rig_try(R, code, &q, &b->f);
            if (b->f.what != OUT_SKIPPED || turn || !sizes_round_up(S, &q))
                break;
        }
        if (outcome_bad(b->f.what))
            break;
        b->trials += b->f.what == OUT_AGREE;
    }
    cb_callable_free(code);
}

static void one_case_guarded(void *env)
{
    fuzzer *F = env;
    one_case(F, &F->b[F->job]);
}

static void some_cases(void *env)
{
    fuzzer *F = env;
    board *b = &F->b[F->job];
    for (int n = 0; n < CASES_A_CHILD && b->next < F->end && seconds_now() < F->until; n++, b->next += F->jobs) {
        apart_limit(SECONDS_A_CASE);
        b->f = (finding){.what = OUT_AGREE};
        if (!front_try(F->c, one_case_guarded, F))
            b->f = (finding){.what = OUT_INTERNAL, .text = "the compiler reported a mistake of its own"};
        if (outcome_bad(b->f.what)) {
            b->found = true;
            return;
        }
        b->done++;
        b->refused += b->f.what == OUT_REFUSED;
        if (!is_refusal(b) || !b->no_trial) {
            b->agreed++;
            b->digest += text_hash(b->next + 1, b->sched);
        }
    }
}

/* ---- all cases --------------------------------------------------------------------------------- */

static bool job_ended(fuzzer *F, uint64_t job)
{
    board *b = &F->b[job];
    return b->found || b->next >= F->end || seconds_now() >= F->until || F->interrupted;
}

static bool wait_interrupted(int milliseconds)
{
    sigset_t key;
    struct timespec t = {.tv_nsec = milliseconds * 1000000L};
    sigemptyset(&key);
    sigaddset(&key, SIGINT);
    return sigtimedwait(&key, NULL, &t) == SIGINT;
}

static void run_jobs(fuzzer *F)
{
    progress P = progress_begin(F->o, arena_printf(F->c->a, "fuzz %s", F->p->name));
    int child[MAX_JOBS] = {0};
    bool working = true, found = false;
    while (working) {
        working = false;
        uint64_t done = 0;
        for (uint64_t j = 0; j < F->jobs; j++) {
            outcome end;
            F->job = j;
            if (child[j] && apart_ended(child[j], false, &end)) {
                child[j] = 0;
                if (end != OUT_AGREE) {
                    F->b[j].found = true;
                    F->b[j].f = (finding){.what = end};
                }
            }
            if (!child[j] && !found && !job_ended(F, j))
                child[j] = apart_start(F->c, some_cases, F);
            found |= F->b[j].found;
            working |= child[j] != 0;
            done += F->b[j].done;
        }
        for (uint64_t j = 0; j < F->jobs && (found || F->interrupted); j++) {
            apart_stop(child[j]);
            child[j] = 0;
            working = false;
        }
        F->interrupted |= wait_interrupted(done ? 20 : 2);
        progress_show(&P, "%llu of %llu schedules", (unsigned long long)done, (unsigned long long)(F->end - F->first));
    }
    progress_end(&P);
}

/* Every case below this number is done. */
static uint64_t done_until(const fuzzer *F)
{
    uint64_t least = F->end;
    for (uint64_t j = 0; j < F->jobs; j++)
        if (F->b[j].next < least)
            least = F->b[j].next;
    return least;
}

static bool fuzz_failed(fuzzer *F, const board *b)
{
    failure x = {.sched = arena_strdup(F->c->a, b->sched), .t = trial_new(F->c->a, F->p), .f = b->f,
                 .no_trial = b->no_trial};
    cg_target t = *F->t;
    snprintf(t.text, sizeof t.text, "%s", target_of(F, b->next));
    if (!b->no_trial)
        trial_read(b->trial, F->p, &x.t);
    shrink(F->p, &t, (cb_callable){NULL}, &x, SHRINK_SECONDS);
    tell_failure(F->p, &t, F->o, &x);
    if (!F->o->json)
        fprintf(F->o->out, "%s: found by --seed=%llu --first=%llu --cases=1\n", F->p->name,
                (unsigned long long)F->o->seed, (unsigned long long)b->next);
    return false;
}

typedef struct totals {
    uint64_t done, refused, agreed, trials, digest;
} totals;

static totals add_up(const fuzzer *F)
{
    totals T = {0};
    for (uint64_t j = 0; j < F->jobs; j++) {
        T.done += F->b[j].done;
        T.refused += F->b[j].refused;
        T.agreed += F->b[j].agreed;
        T.trials += F->b[j].trials;
        T.digest += F->b[j].digest;
    }
    return T;
}

static bool fuzz_succeeded(fuzzer *F, const totals *before, const certificate *old)
{
    totals T = add_up(F);
    T.digest += before->digest;
    certificate k = certificate_new(F->p, F->t, F->o, "fuzz");
    uint64_t all = done_until(F) - F->o->first;
    k.first = F->o->first;
    k.cases = all;
    k.digest = T.digest;
    k.result = arena_printf(F->c->a, "%llu schedules, %llu legal, %llu regions agree", (unsigned long long)T.done,
                            (unsigned long long)T.agreed, (unsigned long long)T.trials);
    if (old && old->digest != k.digest) {
        diag *d = diag_begin(&F->c->diags, DIAG_CERTIFICATE, (cb_loc){F->o->check, 0, 0},
                             "all schedules agree, but they are not those of the certificate");
        diag_help(&F->c->diags, d, "another version of Carbide proposes other schedules: the certificate is from %s", old->version);
        diag_end(&F->c->diags, d);
        return false;
    }
    const char *path = "";
    if (!old && !F->o->no_files && !(path = certificate_write(F->p, F->o, &k)))
        return false;
    if (F->o->json) {
        text j;
        text_init(&j, F->c->a);
        json_text(&j, "certificate", path);
        fprintf(F->o->out, "{\"result\": \"agree\", \"schedules\": %llu, \"legal\": %llu, \"regions\": %llu, \"next\": %llu, %s}\n",
                (unsigned long long)T.done, (unsigned long long)T.agreed, (unsigned long long)T.trials,
                (unsigned long long)done_until(F), text_str(&j));
    } else {
        fprintf(F->o->out, "%s: %s%s%s%s\n", F->p->name, k.result, done_until(F) < F->end ? " (stopped early)" : "", *path ? "; " : "", path);
    }
    return true;
}

static bool run(fuzzer *F, const totals *before, const certificate *old)
{
    F->c = F->p->ctx;
    F->until = seconds_now() + (F->o->time > 0 ? F->o->time : 1e9);
    F->b = shared_new(sizeof *F->b * F->jobs);
    if (!F->b)
        diag_bug(&F->c->diags, "fuzz", "no memory to share");
    for (uint64_t j = 0; j < F->jobs; j++)
        F->b[j].next = F->first + j;
    sigset_t key, was; /* the key is waited for, here and not in the children */
    sigemptyset(&key);
    sigaddset(&key, SIGINT);
    sigprocmask(SIG_BLOCK, &key, &was);
    run_jobs(F);
    sigprocmask(SIG_SETMASK, &was, NULL);
    const board *bad = NULL;
    for (uint64_t j = 0; j < F->jobs && !bad; j++)
        bad = F->b[j].found ? &F->b[j] : NULL;
    bool ok = bad ? fuzz_failed(F, bad) : fuzz_succeeded(F, before, old);
    shared_free(F->b, sizeof *F->b * F->jobs);
    return ok;
}

bool command_fuzz(pipeline *p, const cg_target *t, const command_options *o)
{
    fuzzer F = {.p = p, .o = o, .t = t, .first = o->first, .end = o->first + o->cases,
                .jobs = o->jobs < 1 ? 1 : o->jobs > MAX_JOBS ? MAX_JOBS : (uint64_t)o->jobs};
    totals before = {0};
    certificate old;
    command_options resumed = *o;
    if (o->resume) { /* the certificate says how far an earlier run came */
        if (!certificate_read(p, o->resume, &old))
            return false;
        resumed.seed = old.seed;
        resumed.first = old.first;
        before.digest = old.digest;
        F.o = &resumed;
        F.first = old.first + old.cases;
        F.end = F.first + o->cases;
    }
    return run(&F, &before, NULL);
}

bool fuzz_again(pipeline *p, const cg_target *t, const command_options *o, const certificate *old)
{
    command_options same = *o;
    same.seed = old->seed;
    same.first = old->first;
    same.cases = old->cases;
    fuzzer F = {.p = p, .o = &same, .t = t, .first = old->first, .end = old->first + old->cases,
                .jobs = o->jobs < 1 ? 1 : o->jobs > MAX_JOBS ? MAX_JOBS : (uint64_t)o->jobs};
    totals before = {0};
    return run(&F, &before, old);
}
