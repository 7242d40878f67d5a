/* driver/propose.h: random schedules for a pipeline, most of them legal.
 *
 *     out   split(y, v0, v1, 7), vectorize(x, 8, shift_inwards)
 *     f0    store_at(out, v0), compute_at(out, v1)
 *
 * Proposals follow the loops each stage has at every moment and the rules of placement roughly; what is
 * refused all the same is proposed again, or counted. The random tester (tests/fuzz) and the `fuzz`
 * command of generator programs both take their schedules from here.
 *
 *     propose.c         Funcs from the outputs back: places, then what Funcs have as a whole
 *     propose_loops.c   a table of moves for the loops of one stage
 *     propose_made.c    Funcs that schedules make, branches for conditions, guards and procedures
 */
#ifndef CB_PROPOSE_H
#define CB_PROPOSE_H

#include "../dsl/model.h"

/* ---- random numbers -------------------------------------------------------------------------- */

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

/* ---- proposals ------------------------------------------------------------------------------- */

/* Directives of one stage, each a text. One that is "@when", "@else" or "@proc" says in which form the line is
 * written: under a guard that holds, after one that does not, or as a procedure and its call. */
typedef struct proposed {
    const char *stage; /* "f0", "f0.update 1" */
    uint32_t n;
    const char **dir;
} proposed;

typedef struct proposal {
    uint32_t n;
    proposed *line;
} proposal;

typedef struct propose_options {
    /* The region of the outputs, when it is known: bound() may promise it. rank values each, or NULL. */
    const int32_t *min, *extent;
} propose_options;

/* A random schedule for p, whose plans are replaced by those of the default schedule. The texts are in
 * the arena of p's context. False after a diagnostic. */
bool propose(proposal *q, pipeline *p, rng *r, const propose_options *o);
void proposal_print(text *t, const proposal *q);
/* The same without directive d of line i; q is left alone. */
proposal proposal_without(arena *a, const proposal *q, uint32_t i, uint32_t d);

proposal proposal_copy(arena *a, const proposal *q);
/* One directive more at the end. */
void proposal_add(arena *a, proposal *q, const char *stage, const char *d);

/* ---- what the files share -------------------------------------------------------------------- */

enum { PROPOSE_LOOPS = 24, PROPOSE_DIRS = 12 };

typedef struct floop {
    const char *name;
    bool rvar, kind_set, vector, parallel;
    bool inner;  /* of constant extent, made by a split */
    int factor;  /* of inner loops */
    int dim;     /* a loop as it was at first: dimension of the Func; else -1 */
    bool rounds; /* rounding up its end rounds up the end of a dimension */
    int extent;  /* of a dimension of an output, which may not be rounded up (unknown: 1), or of a domain; else 0 */
    bool serial; /* its pieces overlap: neither parallel nor vector */
    bool cut;    /* a tail is decided in it: it has a steady state */
} floop;

typedef struct fstage {
    const stage_plan *plan;
    uint32_t func; /* index into p->funcs */
    bool pure;
    bool associative, commutes; /* its update; domain: it has one */
    bool scatters, chases; /* stores at computed coordinates; at or from such as its own values decide */
    bool together; /* loops of the domain run together: atomic() */
    bool tailed;   /* has tails that atomic() refuses */
    bool beyond;   /* tails leave elements beyond the end without a proper value */
    bool widened;  /* tails store beyond the end */
    bool closed;   /* specialize_fail() or unscheduled() ends it */
    int hidden;    /* loops below are inside of a vector loop in some branch */
    int n;
    floop loop[PROPOSE_LOOPS]; /* innermost first */
    proposed *line;
} fstage;

/* A loop of a stage, by index: inside it something is computed. */
typedef struct fsite {
    uint32_t stage;
    int loop;
} fsite;

typedef struct ffunc {
    bool inlined;
    bool read; /* although inlined */
    bool root; /* computed outside of all loops */
    fsite at;  /* otherwise */
    vec(uint32_t) readers; /* stages, inlining done */
    vec(uint32_t) early;   /* those that read it in the bounds of their domain, before the loops of that begin */
    uint32_t first, nstages; /* of its stages */
    bool bounded, promised, aligned, placed; /* by bound_storage; bound, bound_extent; align_bounds, align_extent; store_in */
} ffunc;

typedef struct planner {
    arena *a;
    pipeline *p;
    rng *r;
    const propose_options *o;
    vec(fstage *) stages;
    ffunc *func; /* parallel to p->funcs */
    vec(proposed) made; /* lines that make Funcs */
    vec(const cb_func_s *) factored; /* Funcs that get partial results */
    int fresh;
} planner;

void propose_add(planner *p, fstage *s, const char *dir);
const char *propose_fresh(planner *p);
/* No room for further directives or loops. */
static inline bool propose_full(const fstage *s)
{
    return s->line->n >= PROPOSE_DIRS || s->n + 2 > PROPOSE_LOOPS;
}
/* Now and then, so that refusals are tested as well. */
static inline bool propose_slip(planner *p) { return chance(p->r, 1); }
/* A few random moves on the loops of s. */
void propose_loops(planner *p, fstage *s);
/* Every loop over a dimension by n, as far as it is a loop of no kind. */
void propose_unroll_all(planner *p, fstage *s, int n);
void propose_mark(planner *p, fstage *s, int at, const char *word);
bool propose_vector_outside(const fstage *s, int at);
bool propose_parallel_inside(const fstage *s, int at);
bool propose_has_name(const fstage *s, const char *name);
/* The update of a stage, for the fields of *s that speak of it. */
void propose_judge(planner *p, fstage *s);
/* propose_made.c: some Funcs to be made, as schedule text and in p->made; "" for none. */
const char *propose_made(planner *p);
/* Do updates of f read partial results? */
bool propose_is_factored(const planner *p, const cb_func_s *f);
/* Branches for conditions, at the end of the line of s. */
void propose_branches(planner *p, fstage *s);
/* Perhaps the line of s in another form. */
void propose_form(planner *p, fstage *s);

#endif
