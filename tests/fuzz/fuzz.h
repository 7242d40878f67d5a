/* tests/fuzz/fuzz.h: the random tester: random programs with random schedules, compiled code against
 * the reference interpreter.
 *
 *     program.c   programs as trees that print as equations and can be built in a context
 *     generate.c  random programs
 *     plan.c      random schedules, proposed knowing the loops of every stage
 *     check.c     one case: interpret, compile, run, compare
 *     shrink.c    smaller cases that still fail
 *     save.c      cases as files: corpus/ keeps what was found once
 *     features.c  what cases contain
 *     main.c      many cases in child processes, counts, histogram
 *
 * A case is a pure function of (seed, number), so any case can be run again alone.
 */
#ifndef CB_FUZZ_H
#define CB_FUZZ_H

#include <stdio.h>

#include "../../dsl/model.h"

/* ---- random numbers ------------------------------------------------------------------------------- */

typedef struct rng {
    uint64_t state;
} rng;
static inline uint64_t rng_next(rng *r) /* splitmix64, Steele, Lea and Flood 2014 */
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
static inline int pick(rng *r, int n) { return (int)(rng_next(r) % (uint64_t)n); } /* 0 .. n-1 */
static inline bool chance(rng *r, int percent) { return pick(r, 100) < percent; }

/* ---- programs --------------------------------------------------------------------------------------- */

typedef enum fx_kind {
    FX_LIT,    /* a constant of type t */
    FX_VAR,    /* pure variable i, i32 */
    FX_RVAR,   /* reduction variable i, i32 */
    FX_PARAM,  /* the parameter p, i32 */
    FX_CALL,   /* func i at kids */
    FX_INPUT,  /* input i at kids */
    FX_INFIX,  /* kid op kid */
    FX_PREFIX, /* op kid */
    FX_WORD,   /* op(kids) */
    FX_CAST    /* t(kid) */
} fx_kind;

typedef struct fx fx;
struct fx {
    fx_kind kind;
    cb_type t;
    int i;
    double lit;
    const char *op;
    int nkids;
    fx *kid[4];
};

typedef struct fz_update {
    fx *lhs[3];
    fx *value;
    const char *assign; /* "=", "+=" */
    int nr;             /* dimensions of its domain: 0 none */
    int rmin[2], rextent[2];
    fx *where; /* or NULL */
} fz_update;

typedef struct fz_func {
    cb_type t;
    int rank;
    fx *pure;
    int nupdates;
    fz_update update[2];
    bool small; /* its values are few: good as indices */
} fz_func;

typedef struct fz_input {
    cb_type t;
    int rank;
    bool edge; /* read through repeat_edge, mirror or constant_exterior */
    int edge_kind;
} fz_input;

enum { MAX_FUNCS = 7, MAX_INPUTS = 2, MAX_LINES = 12, MAX_DIRS = 10 };

/* One line of the schedule: a stage and its directives, each a text. */
typedef struct fz_line {
    int func, update; /* -1: pure */
    int ndirs;
    const char *dir[MAX_DIRS];
} fz_line;

typedef struct fz_case {
    arena *a;
    rng r;
    int ninputs;
    fz_input input[MAX_INPUTS];
    int nfuncs; /* the last one is the output */
    fz_func func[MAX_FUNCS];
    bool has_param;
    int param;
    int nlines;
    fz_line line[MAX_LINES];
    int32_t min[3], extent[3]; /* of the output */
    int padding;               /* extra elements per row of the output */
    uint64_t data_seed;
} fz_case;

extern const char *const fz_vars[3]; /* "x", "y", "z" */
void fz_stage_name(text *t, const fz_case *k, int func, int update);
void fz_func_name(text *t, const fz_case *k, int func);
/* The program as a person would write it, and the schedule file. */
void fz_print_program(text *t, const fz_case *k);
void fz_print_schedule(text *t, const fz_case *k);
/* Builds it; the pipeline is not resolved. NULL when something was refused. */
pipeline *fz_build(cb_context *c, const fz_case *k, bool with_schedule);

void fz_generate(fz_case *k, arena *a, uint64_t seed, uint64_t number);
void fz_plan(fz_case *k);
/* A case as a file, and back; false when it is not one, *line says where. */
void fz_save(text *t, const fz_case *k);
bool fz_load(fz_case *k, arena *a, FILE *file, int *line);

/* ---- checking ----------------------------------------------------------------------------------------- */

typedef enum fz_verdict {
    FZ_OK,
    FZ_REFUSED,   /* the schedule is not legal: fine, counted */
    FZ_DISCARDED, /* overflow, or too large */
    FZ_BAD_PROGRAM, /* the program itself was refused: a fault of the tester or the front end */
    FZ_MISMATCH,
    FZ_INTERNAL,  /* a diagnostic with code internal */
    FZ_RUN_ERROR, /* compiled code returned an error */
    FZ_REGION,    /* the region a query asked for is too small */
    FZ_CRASH,
    FZ_HANG
} fz_verdict;
extern const char *const fz_verdict_names[];
static inline bool fz_failed(fz_verdict v) { return v > FZ_DISCARDED; }

typedef struct fz_options {
    int planted;  /* a planted bug, 0: none */
    bool o0, o3;
    const char *target; /* features after the architecture, e.g. "-avx2", or NULL: host */
    bool verbose;
} fz_options;

/* Runs one case in this process; what went wrong in words goes to why (in the arena of k). */
fz_verdict fz_check(const fz_case *k, const fz_options *o, const char **why);
/* The same in a child process with a time limit: crashes and hangs are verdicts. */
fz_verdict fz_check_apart(const fz_case *k, const fz_options *o);
/* Makes *k smaller while fz_check_apart keeps failing. */
void fz_shrink(fz_case *k, const fz_options *o);

/* ---- what the cases contained ---------------------------------------------------------------------------- */

enum { MAX_FEATURES = 160 };
typedef struct fz_histogram {
    uint64_t cases;
    int n;
    struct {
        char name[24];
        uint64_t count;
    } of[MAX_FEATURES];
} fz_histogram;
void fz_count(fz_histogram *h, const fz_case *k);
void fz_add_histogram(fz_histogram *to, const fz_histogram *from);

#endif
