/* tests/fuzz/fuzz.h: the random tester: random programs with random schedules, compiled code against
 * the reference interpreter.
 *
 *     program.c    programs as trees that print as equations and can be built in a context
 *     generate.c   random programs: inputs, Funcs, updates       gen.h   how to add to them
 *     gen_value.c  tables of operations                          gen_index.c   a table of coordinates
 *     cfuncs.c     C functions and tables that programs use
 *     sayings.c    what programs say of the buffers they are given
 *     check.c      one case: interpret, compile, run, compare
 *     excuse.c     failures that are none
 *     slow.c       cases with too much to do
 *     crowd.c      threads that meet
 *     shrink.c     smaller cases that still fail
 *     save.c       cases as files: corpus/ keeps what was found once
 *     features.c   what cases contain
 *     ledger.c     what was run, as a file
 *     main.c       many cases in child processes, counts, histogram
 *
 * Schedules are proposed by driver/propose.c, which users' `fuzz` command uses as well. A case is a pure
 * function of (seed, number), so any case can be run again alone.
 */
#ifndef CB_FUZZ_H
#define CB_FUZZ_H

#include <stdio.h>

#include <carbide.h>

#include <carbide/runtime.h>

#include "../../driver/propose.h"

/* ---- programs --------------------------------------------------------------------------------------- */

enum { MAX_KIDS = 8, MAX_RANK = 6, MAX_RVARS = 4, MAX_UPDATES = 4, MAX_FUNCS = 13, MAX_INPUTS = 2, EDGES = 5,
       FZ_STAGES = 3 };

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
    FX_CAST,   /* t(kid) */
    FX_SECOND, /* value 1 of func i at kids; FX_CALL of such a Func is value 0 */
    FX_REDUCE, /* op over a domain of its own: kids: the value, then min and extent of each dimension; i: see FZ_NAMED */
    FX_RED,    /* variable i of the reduction around it, i32 */
    FX_UNDEF   /* undef(t) */
} fx_kind;

/* i of a FX_REDUCE: with a name that the schedule may speak of; above it which of its values, counted from 1. */
enum { FZ_NAMED = 1, FZ_PICK_SHIFT = 1 };

typedef struct fx fx;
struct fx {
    fx_kind kind;
    cb_type t;
    int i;
    double lit;
    const char *op;
    int nkids;
    fx *kid[MAX_KIDS];
};

typedef struct fz_update {
    fx *lhs[MAX_RANK];
    fx *value, *value2; /* value2: of a Func with two values */
    int pick;           /* 1, 2: that value alone is updated; 0: all of them */
    const char *assign; /* "=", "+=" */
    int nr;             /* dimensions of its domain: 0 none */
    int rmin[MAX_RVARS], rextent[MAX_RVARS];
    fx *extent0; /* in place of rextent[0], or NULL: it reads data */
    fx *where, *where2; /* or NULL */
} fz_update;

typedef struct fz_func {
    cb_type t;
    int rank;
    int nvalues; /* 1 or 2, */
    cb_type t2;  /* the second of this type */
    bool output; /* besides the last Func; its region is that of the last, six elements larger on each side */
    fx *pure, *pure2;
    int ext;      /* not 0: the C function of that number computes it (cfuncs.c), */
    int given[2]; /* from these Funcs, or inputs -1 - i, */
    int by;       /* and this */
    int nupdates;
    fz_update update[MAX_UPDATES];
    bool small; /* its values are few: good as indices */
} fz_func;

typedef struct fz_input {
    cb_type t;
    int rank;
    bool edge; /* read through a boundary condition, */
    int edge_kind; /* this one of fz_edges */
} fz_input;

enum { MAX_MARKS = 64, MAX_SAID = 12 };
/* Outputs besides the last are so much larger on each side, so that it may read around. */
enum { FZ_MORE = 6 };

typedef struct fz_case {
    arena *a;
    rng r;
    int ninputs;
    fz_input input[MAX_INPUTS];
    int nfuncs; /* the last one is the output */
    fz_func func[MAX_FUNCS];
    bool has_param;
    int param;
    proposal plan;
    int32_t min[MAX_RANK], extent[MAX_RANK]; /* of the output */
    int padding;                             /* extra elements per row of the output */
    uint64_t data_seed;
    int nsaid; /* of buffers and arguments: sayings.c */
    const char *said[MAX_SAID];
    int nmarks; /* forms that went into it, for the histogram */
    const char *mark[MAX_MARKS];
} fz_case;

extern const char *const fz_vars[MAX_RANK]; /* "x", "y", "z", ... */
extern const char *const fz_edges[EDGES];   /* "repeat_edge", ... */
/* cfuncs.c: declares C functions and tables in the current scope; a Func that a C function computes. */
void fz_declare_c(void);
void fz_put_extern(text *t, const fz_case *k, int f);
void fz_define_extern(const fz_case *k, int f, const cb_func *func, const cb_func *input, const cb_expr *vars);
void fz_func_name(text *t, const fz_case *k, int func);
/* The program as a person would write it, and the schedule file. */
void fz_print_program(text *t, const fz_case *k);
void fz_print_schedule(text *t, const fz_case *k);
/* Builds it; the pipeline has no schedule and is not resolved. NULL when something was refused. */
pipeline *fz_build(cb_context *c, const fz_case *k);

/* sayings.c: what is said of arguments. Does it fix regions of inputs? */
void fz_print_sayings(text *t, const fz_case *k);
void fz_build_sayings(const fz_case *k, const cb_func *func, const cb_func *input);
bool fz_says_regions(const fz_case *k);

void fz_generate(fz_case *k, arena *a, uint64_t seed, uint64_t number);
/* Says that the case has a form in it that no operator shows. */
void fz_mark(fz_case *k, const char *form);
/* Tells every form and operation that the tables can produce. */
void fz_each_form(void (*fn)(void *env, const char *name), void *env);
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
    FZ_BEYOND,    /* a schedule without a directive that widens regions computes more of an output than there is */
    FZ_UNBOUNDED, /* a schedule is refused for an access without bound, or beyond a table, which is none without it */
    FZ_CRASH,
    FZ_HANG,
    FZ_VERDICTS
} fz_verdict;
extern const char *const fz_verdict_names[];
static inline bool fz_failed(fz_verdict v) { return v > FZ_DISCARDED; }

typedef struct fz_options {
    int planted;  /* a planted bug, 0: none */
    bool o0;
    int o3_every; /* one case in so many is compiled at O3; 0: none */
    const char *target; /* features after the architecture, e.g. "-avx2", or NULL: host */
    bool verbose;
    bool excused; /* this is the run of another schedule, that excuse.c asks for */
} fz_options;

/* A context that keeps its reports to itself. */
cb_context *fz_context(void);
/* Runs one case in this process, in a context that may have seen others; what went wrong in words goes to why
 * (in the arena of k). */
fz_verdict fz_check_in(cb_context *c, const fz_case *k, const fz_options *o, const char **why);
/* The same in a context of its own. */
fz_verdict fz_check(const fz_case *k, const fz_options *o, const char **why);
/* The same in a child process with a time limit: crashes and hangs are verdicts. *kind, unless kind is NULL, tells failures
 * of one verdict apart by what is said of them, but for numbers and names: another element, or not a number. */
fz_verdict fz_check_apart(const fz_case *k, const fz_options *o, uint32_t *kind);
/* slow.c: did it not end in `limit` seconds because it has that much to do? */
bool fz_is_slow(const fz_case *k, const fz_options *o, double limit);
/* Makes *k smaller while fz_check_apart keeps failing in the same way. */
void fz_shrink(fz_case *k, const fz_options *o);

/* excuse.c: does the schedule have a directive that may compute more of outputs (`last`: of the last) than is needed, or
 * read more of an Input behind a boundary condition? */
bool fz_stores_beyond(const fz_case *k, bool last);
bool fz_reads_beyond(const fz_case *k);
/* Has it any directive that may widen a region? */
bool fz_widens(const fz_case *k);
/* Does the program run without the schedule, and when what it computes is computed outside of all loops? */
bool fz_runs_plainly(const fz_case *k);
/* Is it compiled in both ways? */
bool fz_is_bounded(const fz_case *k);

/* crowd.c: for compiled code. */
/* Before a run: it may have so many crowds again. */
void fz_crowd_begins(void);
int fz_parallel_for(const cb_env *env, int64_t begin, int64_t end, int32_t width, cb_par_body body, void *closure);

/* ---- what the cases contained ---------------------------------------------------------------------------- */

enum { MAX_FEATURES = 400 };
typedef struct fz_histogram {
    uint64_t cases;
    int n;
    struct {
        char name[40];
        uint64_t count;
    } of[MAX_FEATURES];
} fz_histogram;
void fz_count(fz_histogram *h, const fz_case *k);
void fz_add_histogram(fz_histogram *to, const fz_histogram *from);

/* ---- many cases: what came out, and where it is kept ---------------------------------------------------------- */

enum { FZ_FAILURES = 64, FZ_VERSION = 40 };
typedef struct fz_tally {
    uint64_t counts[FZ_VERDICTS];
    fz_histogram accepted;
    int nfailures;
    struct {
        uint64_t number;
        fz_verdict v;
    } failure[FZ_FAILURES];
} fz_tally;

/* Cases first .. first + cases - 1 of a seed, run with a version. */
typedef struct fz_piece {
    const char *version; /* a word */
    uint64_t seed, first, cases;
} fz_piece;
/* Adds what came out of a piece to a file; false: it cannot be written. */
bool fz_ledger_add(const char *path, const fz_piece *p, const fz_tally *y);
bool fz_ledger_has(const char *path, const fz_piece *p);
/* Adds up files: all of them, or what one version did; failures are printed. False: one cannot be read. */
bool fz_ledger_sum(char **paths, int n, const char *version, fz_tally *y);

#endif
