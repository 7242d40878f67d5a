/* driver/prove.h: what `verify` and `fuzz` share.
 *
 *     verify.c        one schedule, many trials: sizes around its factors
 *     fuzz.c          many random schedules, a few trials each
 *     trial.c         one comparison with the interpreter      propose.c   random schedules
 *     sizes.c         which trials                             apart.c     child processes, progress
 *     dirt.c          memory that makes mistakes show
 *     shrink.c        a failure made small, and told           certificate.c   what was checked, as a file
 */
#ifndef CB_PROVE_H
#define CB_PROVE_H

#include "commands.h"
#include "propose.h"
#include "trial.h"

/* ---- sizes.c --------------------------------------------------------------------------------- */

typedef struct sizes sizes;
/* The sizes where the resolved schedule of p may go wrong. */
sizes *sizes_new(pipeline *p);
/* How many trials go through all sizes in every dimension. */
int sizes_rounds(const sizes *S);
/* Trial number i of a stream; beyond sizes_rounds everything is random. Promises of the schedule and ranges of
 * parameters are kept. */
trial sizes_trial(const sizes *S, arena *a, uint64_t seed, int i);
/* The same with regions that consist of whole pieces, where the schedule wants that; false where it does not. */
bool sizes_round_up(const sizes *S, trial *t);

/* ---- apart.c --------------------------------------------------------------------------------- */

/* Memory that children share with their parent; NULL when there is none. */
void *shared_new(size_t n);
void shared_free(void *p, size_t n);

/* Starts fn(env) in a child process, which then ends; its id or -1. Diagnostics of c are kept quiet there. */
int apart_start(cb_context *c, void (*fn)(void *env), void *env);
/* In a child: so many seconds of the processor from now, then it is ended. */
void apart_limit(int seconds);
/* Has it ended? *end is then OUT_AGREE, OUT_CRASH or OUT_HANG. `wait`: until it has. */
bool apart_ended(int child, bool wait, outcome *end);
void apart_sleep(int milliseconds);
void apart_stop(int child);
double seconds_now(void);

/* A line on stderr that says how far work has come. */
typedef struct progress {
    bool on, line; /* line: a terminal, where it is overwritten */
    const char *what;
    double from, last;
} progress;
progress progress_begin(const command_options *o, const char *what);
void progress_show(progress *P, const char *fmt, ...) CB_PRINTF(2, 3);
void progress_end(progress *P);

/* ---- shrink.c -------------------------------------------------------------------------------- */

/* A failure: a schedule as text (NULL: code was given instead), a trial and what it found. */
typedef struct failure {
    const char *sched;
    trial t;
    finding f;
    bool no_trial; /* it failed before one could run */
} failure;

/* Makes x small while it fails in the same way. */
void shrink(pipeline *p, const cg_target *t, cb_callable code, failure *x, double seconds);
/* Writes the counterexample and reports it. */
void tell_failure(pipeline *p, const cg_target *t, const command_options *o, const failure *x);
/* Compiles p with this schedule; poison when it is refused or the compiler fails, which f says. Quiet only where the
 * context is. */
cb_callable compile_schedule(pipeline *p, const cg_target *t, const char *sched, finding *f);

/* ---- certificate.c --------------------------------------------------------------------------- */

typedef struct certificate {
    const char *command, *generator, *version, *program, *target, *settings, *result;
    const char *sched; /* text; "" for fuzz */
    uint64_t seed, first, cases, digest;
    vec(const char *) trials; /* "OUTCOME TRIAL" */
} certificate;

/* The program as a number that changes with its meaning, in hexadecimal. */
const char *program_hash(pipeline *p);
/* program.c: the program as text, with or without where its parts stand in the source. */
void program_text(text *t, const pipeline *p, bool places);
uint64_t text_hash(uint64_t h, const char *s);
certificate certificate_new(pipeline *p, const cg_target *t, const command_options *o, const char *word);
/* Writes it to o->certificate, or DIR/NAME.COMMAND.cert; NULL after a diagnostic, else the path. */
const char *certificate_write(pipeline *p, const command_options *o, const certificate *k);
/* False after a diagnostic: no certificate, damaged, or about another program. */
bool certificate_read(pipeline *p, const char *path, certificate *k);
const char *output_path(const pipeline *p, const command_options *o, const char *suffix);
bool write_text(pipeline *p, const char *path, const char *content);

/* fuzz.c: the cases of a certificate once more. */
bool fuzz_again(pipeline *p, const cg_target *t, const command_options *o, const certificate *old);

/* "key": "value" for --json, escaped. */
void json_text(text *t, const char *key, const char *value);

#endif
