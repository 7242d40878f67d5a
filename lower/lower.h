/* lower/lower.h: from definitions and a resolved schedule to loop nests over flat memory.
 *
 * lower.c holds the pass table, which is the table of contents of the compiler. A pass is a function
 * on the lowering state; it replaces L->body. */
#ifndef CB_LOWER_H
#define CB_LOWER_H

#include "../dsl/model.h"

/* Facts about a target that lowering needs (codegen/target.c fills it). */
typedef struct low_target {
    int vector_bytes;  /* natural vector width */
    bool masked_memory[4]; /* native masked load/store of 1, 2, 4, 8-byte elements */
    /* How many neighbouring lanes of bytes, of i16, of u16, of bf16, widened, are added up at once: their products, or themselves;
     * 0, 1: none. */
    uint8_t products[4], sums[3];
} low_target;

/* ---- the lowering state ------------------------------------------------------------------------------ */

typedef struct low low;
typedef struct low_func low_func;
typedef struct low_stage low_stage;

/* One loop of a stage's nest, outermost first. */
typedef struct low_loop {
    ir_sym sym;
    ir_loop_kind kind;
    uint32_t dim; /* index into plan->dims_all */
} low_loop;

struct low_stage {
    low_func *f;
    uint32_t index; /* 0 pure, k update k-1 */
    const stage_plan *plan;
    const ir **lhs, **values; /* in the lowering context, inlined; over `args` and `rvars` */
    ir_sym *args;    /* per dimension: the pure Var of this stage, or 0 */
    const ir *where; /* conjunction of the domain's predicates, or true */
    ir_sym *rvars;   /* per dimension of the domain */
    const ir **rmin, **rextent;
    uint32_t nrvars;
    /* What inlined Funcs were called with and do not use, and values of theirs that are not used: read as far as
     * regions go, which do not depend on what is inlined. The first `nguarded` only where `where` holds. */
    vec(const ir *) unused;
    uint32_t nguarded;
    low_loop *loops; /* outermost first */
    uint32_t nloops;
    /* Made by loops.c, per index of plan->dims_all: its symbol (a loop's, or a let's once it was split), and its
     * range in terms of region symbols. */
    ir_sym *dim_sym;
    const ir **dim_min, **dim_extent;
    /* print and require (effects.c; NULL: none): of its values and coordinates, done before it stores where `where` holds;
     * of inlined Funcs that `where` reads, done at every point of the domain; of those that its bounds read, once. */
    const ir *effects, *where_effects, *bound_effects;
    const ir *core; /* what the innermost loop runs: IF(where) PROVIDE; EXTERN_STAGE */
    /* What can run of this stage, in the order of stage_leaves: itself, unless it is specialised. Then each leaf has
     * variables of its own and values simplified under its conditions, and the stage itself has no loops. */
    low_stage **leaf;
    uint32_t nleaves;
    low_stage *home; /* of a leaf: the stage; else itself */
    low_stage *written; /* after rfactor(): the update as it was written, for its region only; else NULL */
    const ir **given; /* a stage computed by a C function: as in its definition */
    uint32_t ngiven;
};

/* A place in the nest: inside loop `loop` of `stage`; stage NULL: outside all loops. */
typedef struct low_site {
    low_stage *stage;
    uint32_t loop; /* index into stage->loops */
} low_site;

struct low_func {
    low *L;
    ir_sym sym; /* SYM_FUNC in the lowering context, aux = this; SYM_IMAGE for inputs */
    const char *name;
    cb_func_s *src;
    const func_plan *plan; /* NULL for inputs */
    uint32_t rank, nvalues;
    cb_type *types;
    low_stage *stages; /* one per definition */
    uint32_t nstages;
    bool inlined, is_input, is_output;
    int64_t substituted; /* inlined: so many calls, so far */
    uint32_t order; /* position in realization order (producers first) */
    /* Region symbols (SYM_REGION): loops of stages are written in terms of them until bounds inference binds a
     * fresh symbol at each level. */
    ir_sym *region_min, *region_max;
    ir_sym query; /* the same of a Func computed by a C function: what the function answered (external.c) */
    const ir **value_min, **value_max; /* value bounds per value; NULL = type range or unbounded */
    low_site compute, store; /* set by loops.c; not for outputs and inputs: in the first leaf of that stage */
    low_site *computes, *stores; /* the same in each leaf: at least one */
    uint32_t ncomputes, nstores;
    low_site *hoists; /* hoist_storage(): where storage is allocated, or NULL */
    uint32_t nhoists;
    vec(low_stage *) readers; /* stages (of other Funcs) that read this Func, inlining done */
    /* Arguments, tables: what loops read at most, when the schedule widens that (bounds.c); of outputs without their own updates. */
    struct box *nest_reads;
    /* Decided by bounds.c, done by fold.c: dimension kept in a circular buffer of fold_factor rows; factor 0: none */
    uint32_t fold_dim;
    int64_t fold_factor;
    /* One buffer symbol (SYM_BUFFER) per value: made by order.c for inputs and outputs, by flatten.c for others. */
    ir_sym *buffer;
    /* Inputs, outputs: what the program says of min, extent, stride of each dimension, in FIELDs; NULL: nothing. Then what
     * checks.c makes of it for value v at [3*(v*rank + d)]: fields are lets bound at entry. */
    const ir **rule, **known;
    ir_sym *stride_name; /* inputs, outputs: what checks.c calls the strides of value 0's buffer; 0: the constant 1 */
};

/* What back ends meet after the last pass: LET_STMT, ASSERT (message arguments are STRING, i64 or f64), FOR (serial),
 * STORE, ALLOCATE, BLOCK, IF, EVALUATE, PRODUCE and CONSUME (transparent), SET_DIM (min, extent, stride of dimension
 * info->index of argument buffer info->sym, in an answer to a query) and PAR_CALL: begin, end, then one operand for
 * each captured symbol of functions.at[info->index]; a buffer is passed as a VAR of type handle. */
typedef struct low_function { /* an outlined parallel body */
    const char *name;
    ir_sym index; /* loop variable, i32 */
    vec(ir_sym) captured; /* symbols of values (VAR) and of buffers (SYM_BUFFER), in closure order */
    const ir *body;
} low_function;

/* prefetch() of a stage, and the Func it names: NULL where that is stored nowhere. */
typedef struct low_prefetch_mark {
    const struct prefetch_plan *plan;
    const low_func *f;
} low_prefetch_mark;

/* add_requirement(), fields being those of buffers. */
typedef struct low_requirement {
    const ir *cond;
    vec(const ir *) line;
    const requirement *src;
} low_requirement;

struct low {
    cb_context *ctx;  /* the lowering context (child of pipe->ctx) */
    pipeline *pipe;
    low_target target;
    vec(low_func *) funcs;  /* inputs excluded; realization order, producers first */
    vec(low_func *) inputs;
    vec(low_func *) tables; /* is_input too, but no arguments: their regions and strides are known */
    vec(low_func *) outputs;
    vec(ir_sym) params;     /* parallel to pipe->params */
    vec(low_requirement) requirements;
    const ir *body;
    vec(low_function *) functions;
    unsigned have; /* properties that hold: LOW_... */
    map func_of;   /* symbol -> low_func */
    map branch_cond; /* branch_plan -> its condition, here */
    vec(const directive *) always; /* partition(l, always): number i is of FORs with info->index i + 1 */
    vec(low_prefetch_mark) prefetches; /* number i is of PREFETCHes with info->index i + 1 */
    map vector_parts; /* vector loop -> its lanes, and above bit 32 those of the loop that it is a part of (pieces.c) */
    map stage_lanes; /* low_stage -> lanes of its widest store; filled by vectorize for `expect vectorized` */
};

/* Properties of L->body. */
enum {
    LOW_ORDERED = 1 << 0, /* funcs in realization order, inlined Funcs substituted */
    LOW_NEST = 1 << 1,    /* body is a loop nest over PROVIDE and CALL */
    LOW_BOUNDED = 1 << 2, /* no SYM_REGION left */
    LOW_SIZED = 1 << 3,   /* REALIZE nodes carry bounds */
    LOW_CHECKED = 1 << 4, /* entry checks present */
    LOW_FLAT = 1 << 5,    /* no CALL, PROVIDE, REALIZE */
    LOW_UNROLLED = 1 << 6,
    LOW_VECTOR = 1 << 7,  /* no vector loops left */
    LOW_CLOSED = 1 << 8   /* parallel loops outlined */
};

typedef struct low_pass {
    const char *name;  /* flag of --until and CARBIDE_DUMP */
    const char *brief; /* one sentence */
    void (*run)(low *L);
    unsigned needs, gives, breaks;
    bool (*when)(const low *L); /* NULL: always */
} low_pass;

extern const low_pass low_passes[];
extern const unsigned low_npasses;

/* Runs the passes up to and including `until` (NULL: all). NULL after a diagnostic. The caller frees the
 * result with low_free. `p` has been resolved. */
low *low_run(pipeline *p, const low_target *t, const char *until);
/* Moves that schedule_resolve suggests are from now on lowered for t before they are shown. */
void low_judge(pipeline *p, const low_target *t);
void low_free(low *L);

/* ---- passes, in order (each in the file of its name) ---------------------------------------------------------- */
void low_order(low *L);      /* order.c: import, inline, realization order */
void low_loops(low *L);      /* loops.c: loop nests from schedules */
void low_mark_loops(low *L); /* contracts.c: aux of each loop's symbol becomes its low_stage */
void low_value_bounds(low *L); /* values.c: range of each Func's values */
void low_bounds(low *L);     /* bounds.c: region each stage must compute, per loop level; slide.c: what the previous iteration left */
void low_alloc_bounds(low *L); /* alloc.c: extents of REALIZE */
void low_fold(low *L);       /* fold.c: circular storage */
void low_checks(low *L);     /* checks.c: argument checks, bounds query */
void low_flatten(low *L);    /* flatten.c: coordinates to flat indices, REALIZE to ALLOCATE, tuples to one buffer per value */
void low_const_extents(low *L); /* extents.c: constant extents for vector and unrolled loops */
void low_hoist(low *L);      /* hoist.c: storage allocated further out */
void low_registers(low *L);  /* registers.c: what is stored in registers has constant coordinates */
void low_unroll(low *L);     /* unroll.c */
void low_vectorize(low *L);  /* vectorize.c */
void low_contracts(low *L);  /* contracts.c: `expect` */
void low_partition(low *L);  /* partition.c */
void low_simplify_body(low *L); /* simplify.c: L->body simplified */
void low_accumulate(low *L); /* accumulate.c */
void low_trim(low *L);       /* trim.c: dead lets and allocations, empty loops */
void low_cse(low *L);        /* cse.c: common subexpressions named once, at the outermost place that is safe */
bool low_any_aligned(const low *L); /* is something promised of addresses? */
void low_align(low *L);      /* align.c: vectors at aligned addresses */
void low_prefetch(low *L);   /* prefetch.c: what later iterations read */
void low_stream(low *L);     /* stream.c: vectors of streamed stores at aligned addresses */
void low_narrow(low *L);     /* narrow.c: a program of its own for what is narrower than its vectors */
bool low_any_prefetch(const low *L);
bool low_any_stream(const low *L);
void low_atomics(low *L);    /* atomics.c: shared updates by element, or under locks */
void low_parallel(low *L);   /* parallel.c: parallel bodies outlined */

/* ---- simplifier (simplify.c, rules compiled from simplify.rules) ------------------------------------------------
 * Facts: known ranges of symbols and conditions known to hold. */
typedef struct facts facts;
facts *facts_new(cb_context *c, const facts *outer);     /* inherits what outer knows; cheap */
void facts_range(facts *f, ir_sym s, const ir *lo, const ir *hi); /* lo <= s <= hi; NULL: unknown */
void facts_align(facts *f, ir_sym s, int64_t modulus, int64_t remainder);
void facts_assume(facts *f, const ir *cond);             /* cond is true here */

/* Simplifies an expression (memoised per call) under facts (NULL: none). */
const ir *simplify(cb_context *c, const ir *e, const facts *f);
/* Simplifies a statement, collecting facts from loops, lets and conditions on the way. NULL when nothing is
 * left to do. */
const ir *simplify_stmt(cb_context *c, const ir *s, const facts *f);
/* Is cond true for all values of its symbols under the facts? false: cannot tell. */
bool can_prove(cb_context *c, const ir *cond, const facts *f);
/* e as coef*s + rest with rest free of s; false when it is not of that form. For i32 and i64. */
bool linear_in(cb_context *c, const ir *e, ir_sym s, int64_t *coef, const ir **rest);
/* Constant range and alignment of an integer expression; false in has_lo/has_hi: unbounded. */
typedef struct const_range {
    bool has_lo, has_hi;
    int64_t lo, hi;
    int64_t modulus, remainder; /* e == remainder (mod modulus); modulus 1: nothing known, 0: constant */
} const_range;
const_range range_of(cb_context *c, const ir *e, const facts *f);
/* The same for differences with a min or max in them, such as extents: tries the choices (span.c). */
const_range low_span(cb_context *c, const ir *e, const facts *f);

/* ---- intervals and boxes (interval.c) --------------------------------------------------------------------------
 * Symbolic [lo, hi] of scalar expressions over an environment of intervals. Inclusion isotone: smaller operand
 * intervals never give larger results. NULL lo or hi: unbounded. Provenance says which access widened it. */
typedef struct provenance {
    const ir *access;        /* the CALL or PROVIDE that asked for this bound */
    const low_stage *stage;  /* in whose definition; NULL: the caller of the pipeline */
} provenance;
typedef struct interval {
    const ir *lo, *hi;
    provenance lo_from, hi_from;
} interval;
typedef struct box {
    uint32_t rank;
    interval *dim;
    bool empty; /* nothing was accessed */
} box;

typedef struct interval_env interval_env;
struct interval_env {
    cb_context *ctx;
    const low *L;         /* value bounds of CALLs; may be NULL */
    const facts *facts;   /* may be NULL */
    const interval_env *outer;
    map vars;             /* symbol -> const interval * ; symbols absent here and outside are points */
    map memo;             /* expression -> interval *, for this env only */
    struct interval_guard *guards; /* linear conditions that hold here (interval.c) */
    map plain;            /* as memo, but without guards */
    bool within_guard;    /* a guard is being used: other guards are not */
};
interval_env *interval_env_new(cb_context *c, const low *L, const interval_env *outer);
void interval_bind(interval_env *E, ir_sym s, const ir *lo, const ir *hi);
/* Interval of e. Every symbol bound in E is replaced by its extremes; the result mentions unbound symbols only. */
interval interval_of(interval_env *E, const ir *e);
box *box_new(cb_context *c, uint32_t rank);
box *box_copy(cb_context *c, const box *b);
/* a := hull of a and b, keeping provenance. Bounds that are provably ordered are not wrapped in min/max. */
void box_hull(cb_context *c, box *a, const box *b, const facts *f);

/* Boxes of `func` touched in a statement or expression, over all loops and lets inside it (those outside are
 * points): loops bind their variable's interval, lets their value's, guards `if (likely(v <= hi))` and PROMISE
 * clamp. reads: CALLs; writes: PROVIDEs. */
box *boxes_touched(interval_env *E, const ir *n, ir_sym func, uint32_t rank, bool reads, bool writes);
/* Is n a field of an input's buffer? A query asks for these: what depends on them is not known when it is answered. */
bool low_is_input_size(cb_context *c, const ir *n);
/* Reads alone, in a statement; without ends where those depend on what C functions answer inside of its loops. */
box *boxes_read(interval_env *E, const ir *n, ir_sym func, uint32_t rank);

/* ---- solver (solve.c) ------------------------------------------------------------------------------------------ */
/* For a bool condition, the largest provable interval of integer symbol s in which it is true (exact for linear
 * comparisons and conjunctions of them): lo/hi NULL: unbounded on that side. false when it cannot tell. A condition
 * free of s gives false. */
bool solve_for(cb_context *c, const ir *cond, ir_sym s, const facts *f, const ir **lo, const ir **hi);
typedef enum monotone { MONO_CONSTANT, MONO_INCREASING, MONO_DECREASING, MONO_UNKNOWN } monotone;
monotone monotone_in(cb_context *c, const ir *e, ir_sym s, const facts *f);

/* ---- argument buffers and whole regions (regions.c) -------------------------------------------------------------
 * The buffer symbol of value v of an input or output, made on first use. */
ir_sym low_buffer(low *L, low_func *f, uint32_t v);
/* First and last coordinate of dimension d of an input or output's buffer (of value 0), i32, as FIELD expressions, or the
 * constants that the program says they are. low_checks replaces every FIELD of the body by a let bound once at entry. */
const ir *low_arg_min(low *L, low_func *f, uint32_t d);
const ir *low_arg_max(low *L, low_func *f, uint32_t d);
/* The canonical analysis, free of schedules: the region of every Func and Input that a call needs, from the
 * definitions and the outputs' regions. *boxes maps low_func * to box * (map_getp). An output already present starts
 * from its box, others from [low_arg_min, low_arg_max]; a Func that nobody reads gets an empty box. */
void low_whole_regions(low *L, map *boxes);
/* Has a loop of f, in any branch, a tail of this kind? */
bool low_any_tail(const low_func *f, bool (*is)(tail));
/* Does the schedule ask for more than the definitions need: by round_up, predicate_loads, predicate_stores, bound() and their
 * like? */
bool low_widens(const low *L);
/* Takes print and require out of a stage's expressions (effects.c). */
void low_take_effects(low_stage *s);
/* An assertion with a message made of STRINGs and scalars, blanks between them (effects.c). */
const ir *low_assert_line(cb_context *c, const ir *cond, int code, const ir *const *part, uint32_t n);
/* Widens the region of f by what its updates read and write of f itself. */
void low_widen_by_updates(low *L, low_func *f, box *region);
/* What the stages of f, each computed for parts of its region, touch of f itself at most, tails included: in terms of the symbols
 * of the region that contains the parts (bounds.c). */
box *low_own_reach(low *L, const low_func *f);
/* Accesses of b that name no stage yet are in s. */
void low_name_stage(box *b, const low_stage *s);
/* Reports unbounded-access for the first dimension of b that is unbounded; true when it did. */
bool low_unbounded(low *L, const low_func *f, const box *b);
/* " by in(x + 1) in 'f'": the accesses that widened an interval; "": not known. */
const char *low_reach(const low *L, const interval *v);
/* "from y to y + 1"; NULL: no bound. */
const char *low_reach_text(low *L, const ir *lo, const ir *hi);
/* ", for f(x), f(x + 1) in 'g'": how stages that read f read it; "": not known. */
const char *low_for_accesses(low *L, const low_func *f);
/* A note with the accesses of f in the stages that read it, and where they may land. */
void low_note_accesses(low *L, diag *g, const low_func *f, const char *where);
/* Reports table-bounds: dimension d of b is outside of the table f in any case. */
void low_outside(low *L, const low_func *f, const box *b, uint32_t d);

/* ---- stages computed by C functions (external.c) --------------------------------------------------------------- */
/* Known from pass `order` on. */
static inline bool low_is_extern(const low_func *f) { return f->query != 0; }
/* The Func or input that argument i of the C function is; NULL: a scalar. */
low_func *low_given(const low_stage *s, uint32_t i);
/* Is some reader of f a C function? Then it sees f as a buffer. */
bool low_given_to_c(const low_func *f);
/* The question what the function would do about a region, and its answer about the region itself. */
const ir *low_query(const low_stage *s, const box *region);
void low_query_region(const low_stage *s, const ir *query, box *region);
/* The stage as a statement, over its region symbols or over a region. */
const ir *low_extern_core(const low_stage *s);
const ir *low_extern_over(const low_stage *s, const ir *query, const box *region);
/* Calls use for every argument of the EXTERN_STAGE n that is `func`, with its (min, extent) in each dimension. */
void low_extern_reads(const ir *n, low *L, ir_sym func, void (*use)(void *env, const ir *const *dims), void *env);

/* ---- reports ---------------------------------------------------------------------------------------------------- */
diag *low_error(low *L, diag_code code, cb_loc loc, const char *fmt, ...) CB_PRINTF(4, 5); /* then notes, diag_end */
/* The same at a directive: its text, then the message. */
diag *low_refuse(low *L, diag_code code, const directive *d, const char *fmt, ...) CB_PRINTF(4, 5);
/* What would be legal in place of directive d (NULL: nothing is known), as help of report g; a number that it should
 * have, or 0. */
void low_moves(low *L, diag *g, const directive *d, int64_t number);
/* The directive without which there would be no such mistake, or NULL: none alone. */
const directive *low_blame(low *L, diag_code code);
/* Loop nest of the scheduled pipeline as a person reads it (`carbide nest`). */
void low_print_nest(text *t, const low *L);

#endif
