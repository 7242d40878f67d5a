/* dsl/model.h: what a program is once written: Funcs with definitions, inputs, parameters, and
 * schedules as data. Structs behind the handles of carbide.h; read by the interpreter, the schedule
 * tools and lowering. Nothing here knows how anything is lowered.
 */
#ifndef CB_MODEL_H
#define CB_MODEL_H

#include "../ir/ir.h"

typedef struct cb_func_s cb_func_s;
typedef struct cb_param_s cb_param_s;
typedef struct cb_knob_s cb_knob_s;
typedef struct rdom rdom;
typedef struct definition definition;
typedef struct pipeline pipeline;

/* ---- algorithms ------------------------------------------------------------------------------------ */

/* A reduction domain: dims iterate lexicographically, dim 0 innermost. */
typedef struct rdom_dim {
    ir_sym sym;              /* SYM_RVAR, aux = the rdom */
    const char *name;        /* "r.x" (dims x, y, z, w) or, for one dimension, "r" as well */
    const ir *min, *extent;  /* i32; may call Funcs other than the one updated; no Vars or RVars */
} rdom_dim;
struct rdom {
    const char *name;
    uint32_t ndims;
    rdom_dim *dims;
    vec(const ir *) where; /* bool predicates over the RVars and, via capture, Vars of the update */
    cb_loc loc;
    bool used; /* a definition uses it: where() comes too late */
};

/* Text of the equation, and where in it an access stands: (node, occurrence) -> span. */
typedef struct span {
    const ir *node;
    uint32_t occurrence;
    int col, width; /* in definition.text */
} span;

/* What an IMPURE in a definition does: the aux of its symbol points to one of these (effect.c). */
typedef enum effect_kind { EFFECT_PRINT, EFFECT_REQUIRE, EFFECT_COUNT } effect_kind;
extern const effect_kind effect_print, effect_require;

typedef enum def_kind { DEF_PURE, DEF_UPDATE, DEF_EXTERN } def_kind;

struct definition {
    def_kind kind;
    const ir **lhs;    /* rank coordinates, i32; pure definition: distinct VARs */
    const ir **values; /* nvalues, of the Func's types */
    bool partial;      /* UNDEF occurs: some elements or values may stay as they were */
    rdom *dom;         /* updates; NULL when no RVar occurs */
    cb_loc loc;
    const char *text; /* the equation as written, or NULL for builders */
    vec(span) spans;
    /* updates: for each dimension, is lhs[d] exactly a pure Var of the update (then the Var's symbol), else 0 */
    ir_sym *pure_dim;
    /* DEF_EXTERN: the C function that computes the Func, and what it is given besides: a CALL (its coordinates do not
     * matter) stands for the buffers of a Func or input, anything else is a scalar made of parameters. values are 0. */
    const char *function;
    const ir **given;
    uint32_t ngiven;
    const definition *factored; /* what combines partial results of rfactor(): the update as it was written */
};
/* Places that an iteration of one of f's definitions writes, in the order of their operands: 1 but for scatter(). */
uint32_t def_places(cb_context *c, const cb_func_s *f, const definition *d);
/* The Func or input behind an argument of a C function; NULL: a scalar. */
cb_func_s *given_func(cb_context *c, const ir *given);

struct cb_func_s {
    cb_context *ctx;
    ir_sym sym; /* SYM_FUNC, or SYM_IMAGE for an Input; aux = this */
    const char *name;
    cb_loc loc;
    uint32_t rank, nvalues; /* known after the first definition (inputs, outputs: from the declaration) */
    bool has_rank;
    cb_type *types;
    ir_sym *args;           /* Var symbols of the pure definition */
    vec(definition *) defs; /* [0] pure, then updates in order */
    bool is_input, is_output, poisoned;
    bool used;       /* called by another Func: may gain no definition */
    bool unnamed;    /* a reduction without a name: no schedule can speak of it */
    bool any_stride; /* inputs and outputs: stride of dimension 0 need not be 1 */
    const cb_buffer *table; /* an input whose elements are part of the program (table.c); else NULL */
    struct field_rule *rules; /* inputs and outputs: of min, extent, stride of each dimension; NULL: all free */
    uint32_t host_align; /* inputs and outputs: bytes that addresses are multiples of; 0: nothing is said */
    cb_loc align_loc;
};
/* "an input" or "a table", for messages. */
static inline const char *input_word(const cb_func_s *f) { return f->table ? "a table" : "an input"; }

/* What the program says a field of f's buffers is: i32 (of strides i64), made of constants, VARs of parameters and FIELDs
 * of inputs and outputs. A FIELD of f itself is that of the same buffer. */
typedef struct field_rule {
    const ir *value; /* NULL: nothing is said */
    cb_loc loc;
} field_rule;
extern const char *const buffer_field_words[3]; /* "min", "extent", "stride" */
/* Field `what` (0 min, 1 extent, 2 stride) of dimension d; NULL: nothing is said. */
static inline const field_rule *buffer_rule(const cb_func_s *f, uint32_t d, int what)
{
    const field_rule *r = f->rules ? &f->rules[3 * d + (uint32_t)what] : NULL;
    return r && r->value ? r : NULL;
}
/* The same when it is a number; false: it is not. */
static inline bool buffer_fixed(const cb_func_s *f, uint32_t d, int what, int64_t *v)
{
    const field_rule *r = buffer_rule(f, d, what);
    return r && ir_as_int(r->value, v);
}

/* add_requirement(): what holds in every call of pipelines that have all outputs it mentions. */
typedef struct requirement {
    const ir *cond;        /* bool, over what values of rules are made of */
    vec(const ir *) line;  /* STRINGs and scalars for the message */
    cb_loc loc;
} requirement;

struct cb_param_s {
    ir_sym sym; /* SYM_PARAM */
    const char *name;
    cb_type type;
    bool has_def, has_min, has_max;
    ir_value def, min, max;
    cb_loc loc;
};

struct cb_knob_s {
    ir_sym sym; /* SYM_KNOB, i32 */
    const char *name;
    int64_t def, min, max, step, value;
    cb_loc loc;
    bool included; /* by another file of the schedule */
};

/* ---- schedules as data ---------------------------------------------------------------------------------- */

typedef enum dir_op {
#define DIRECTIVE(ID, word, scope, args, brief) DIR_##ID,
#include <carbide/directives.def>
#undef DIRECTIVE
    DIR_COUNT
} dir_op;

/* A condition as written: names are looked up when the schedule is applied. */
typedef enum cond_kind { COND_INT, COND_REAL, COND_NAME, COND_FIELD, COND_OP } cond_kind;
typedef enum cond_op {
    COP_OR, COP_AND, COP_EQ, COP_NE, COP_LT, COP_LE, COP_GT, COP_GE, COP_ADD, COP_SUB, COP_MUL, COP_DIV, COP_MOD,
    COP_NOT, COP_NEG, COP_MIN, COP_MAX, COP_COUNT
} cond_op;
typedef struct sched_cond sched_cond;
struct sched_cond {
    cond_kind kind;
    int64_t value;    /* INT */
    const char *text; /* REAL: as written; NAME; FIELD: the buffer's name; interned */
    int field;        /* FIELD: an ir_buffer_field */
    uint32_t dim;     /* FIELD */
    cond_op op;       /* OP */
    const sched_cond *arg[2];
    cb_loc loc;
    int width;
};

/* Kinds of directive arguments; the letters used in directives.def. */
typedef enum dir_arg_kind {
    DARG_LOOP,  /* 'l': an existing loop of the stage */
    DARG_NEW,   /* 'n': the name of a new loop */
    DARG_VALUE, /* 'v': an integer, a knob, or for bound() any scalar expression of parameters */
    DARG_STAGE, /* 's': a Func, or a stage of one */
    DARG_TAIL,  /* 't': a tail strategy */
    DARG_DIM,   /* 'd': a pure dimension of the Func, by the name of its Var */
    DARG_MEMORY, /* 'm' */
    DARG_MADE,   /* 'w': the name of a Func that the directive makes */
    DARG_FUNC,   /* 'f': a Func as a whole, by name */
    DARG_COND,   /* 'c': a condition on parameters and buffers */
    DARG_DIR,    /* 'x': a directive */
    DARG_TEXT,   /* 'q': a text in quotes */
    DARG_POLICY  /* 'p': whether a loop is partitioned */
} dir_arg_kind;

/* In the order of cb_tail. */
typedef enum tail {
    TAIL_AUTO, TAIL_GUARD, TAIL_ROUND_UP, TAIL_SHIFT_INWARDS, TAIL_PREDICATE, TAIL_PREDICATE_LOADS,
    TAIL_PREDICATE_STORES, TAIL_SHIFT_BLEND, TAIL_ROUND_UP_BLEND, TAIL_COUNT
} tail;
extern const char *const tail_names[TAIL_COUNT]; /* "auto", "guard", "round_up", ... */
/* Does the region a split writes (reads) grow to a whole number of iterations? */
static inline bool tail_writes_beyond(tail t)
{
    return t == TAIL_ROUND_UP || t == TAIL_PREDICATE_LOADS || t == TAIL_ROUND_UP_BLEND;
}
static inline bool tail_reads_beyond(tail t)
{
    return t == TAIL_ROUND_UP || t == TAIL_PREDICATE_STORES || t == TAIL_ROUND_UP_BLEND;
}
static inline bool tail_goes_beyond(tail t) { return tail_writes_beyond(t) || tail_reads_beyond(t); }
static inline bool tail_shifts(tail t) { return t == TAIL_SHIFT_INWARDS || t == TAIL_SHIFT_BLEND; }

typedef struct stage_ref {
    const char *func; /* interned name */
    int update;       /* -1: pure definition; k: update k, counted from 0 */
} stage_ref;

typedef struct dir_arg {
    dir_arg_kind kind;
    const char *name; /* LOOP, NEW, DIM: interned loop name ("x", "r.x"); MADE, FUNC: name of the Func; TEXT */
    const sched_cond *cond;      /* COND */
    const struct directive *dir; /* DIR */
    cb_func_s *func;  /* MADE, from C: the handle that stands for the Func to be made; else NULL */
    const ir *value;  /* VALUE: INT, VAR of a knob (unexpanded), or expression */
    stage_ref stage;
    tail tail;
    ir_memory memory;
    ir_partition policy;
    cb_loc loc; /* of this argument, in text schedules */
} dir_arg;

typedef struct directive {
    dir_op op;
    uint32_t nargs;
    dir_arg *arg;
    cb_loc loc;
    const char *excerpt; /* source line, for text schedules */
    const struct sched_call *call; /* as in sched_entry */
    const struct directive *origin; /* the directive this one was expanded from (tile, vectorize(x, n)) */
    cb_context *ctx;
} directive;

/* Where a procedure was called, for what it expands to. */
typedef struct sched_call {
    const char *text; /* "strips(out, y, 32)" */
    cb_loc loc;
    const struct sched_call *outer; /* the call in whose procedure this one stands, or NULL */
    const struct sched_proc *proc;
    const struct sched_entry *entry; /* its arguments, as they are outside of all procedures */
} sched_call;

typedef struct sched_entry sched_entry;
typedef struct contract contract;
typedef vec(sched_entry *) sched_entries;
typedef vec(contract) sched_contracts;

/* Lines between braces, or those of a file. */
typedef struct sched_block {
    sched_entries entries;
    sched_contracts contracts;
} sched_block;

/* What a procedure is called with: a name (of a stage, loop, knob, ...), an update of a Func, or a number. */
typedef struct proc_arg {
    const char *name; /* or NULL */
    stage_ref stage;  /* with name: update >= 0 when an update is meant */
    const ir *value;
    cb_loc loc;
} proc_arg;

typedef struct sched_proc {
    const char *name;
    vec(const char *) params;
    sched_block body;
    cb_loc loc;
    bool included; /* by another file */
} sched_proc;

typedef enum entry_kind { ENTRY_STAGE, ENTRY_WHEN, ENTRY_CALL, ENTRY_INCLUDE } entry_kind;

/* One `schedule(f, ...)` call, one line of a .sched file, or one `when`. */
struct sched_entry {
    entry_kind kind;
    const sched_cond *guard;   /* WHEN: on words of targets.def */
    sched_block *then, *other; /* WHEN: other may be NULL; INCLUDE: then */
    const char *name;          /* CALL: of the procedure; INCLUDE: the file as written */
    vec(proc_arg) args;        /* CALL */
    const sched_call *call;    /* of an expanded entry: where its procedure was called; else NULL */
    stage_ref stage;
    cb_func_s *func; /* from C: the Func itself (of another pipeline: does not count); from text: NULL */
    vec(directive *) dirs;
    cb_loc loc;
    const char *excerpt;
};

typedef enum contract_kind { CONTRACT_VECTORIZED } contract_kind;
struct contract {
    contract_kind kind;
    const sched_call *call;
    stage_ref stage;
    cb_func_s *func; /* as in sched_entry */
    const ir *value;
    cb_loc loc;
    const char *excerpt;
};

typedef struct schedule {
    const char *name;
    sched_entries entries;      /* in order of writing */
    vec(cb_knob_s *) knobs;
    sched_contracts contracts;
    vec(sched_proc *) procs;
    sched_block *open;          /* in C, inside of when(): where directives go */
    const char *file;
    cb_context *ctx;
} schedule;

/* ---- schedules resolved: what lowering reads -------------------------------------------------------------
 * Made by schedule_resolve: names looked up, defaults decided, knobs replaced by numbers, structural
 * legality checked. Nothing is left to interpret. */

typedef enum split_kind { SPLIT_SPLIT, SPLIT_FUSE, SPLIT_RENAME } split_kind;

/* old -> outer, inner (SPLIT); outer, inner -> old (FUSE: `old` names the fused loop);
 * old -> outer (RENAME). Fields index stage_plan.dims_all. */
typedef struct split_plan {
    split_kind kind;
    uint32_t old, outer, inner;
    int64_t factor;
    tail tail; /* never AUTO */
    const directive *from;
} split_plan;

typedef struct loop_plan {
    const char *name;
    ir_loop_kind kind;
    bool is_rvar; /* an RVar or made from one */
    int pure_dim; /* an original pure loop: dimension of the Func; else -1 */
    int rdom_dim; /* an original RVar loop: dimension of the domain; else -1 */
    const directive *from; /* what gave it its kind, or NULL */
    ir_partition partition;
    const directive *partition_from; /* partition(), or NULL */
} loop_plan;

/* prefetch(f, l, ahead) */
typedef struct prefetch_plan {
    cb_func_s *of;
    uint32_t loop; /* index into dims_all */
    int64_t ahead;
    const directive *from;
} prefetch_plan;

/* specialize(cond, ...): the loops of the stage where cond holds, made from those it had when the directive
 * was met. */
typedef struct branch_plan {
    const ir *cond; /* bool, over parameters and fields of buffers */
    struct stage_plan *plan;
    uint32_t first_step, first_split; /* of plan: what is its own */
    const directive *from;
} branch_plan;

typedef struct stage_plan {
    cb_func_s *func;
    int update; /* -1: pure */
    definition *def; /* what is computed: as written, but for calls that a schedule sends elsewhere */
    vec(loop_plan) dims_all;  /* every loop that ever existed */
    vec(split_plan) splits;   /* in order of application */
    vec(uint32_t) loops;      /* final loops, OUTERMOST first: indices into dims_all */
    const directive *atomic;  /* atomic(), or NULL */
    bool atomic_used, atomic_parallel; /* loops need it; a parallel one does */
    const directive *stream;  /* stream_stores(), or NULL */
    vec(prefetch_plan) prefetches;
    const directive *left;    /* unscheduled(), or NULL */
    vec(directive *) steps;   /* what was applied, in order, tile and vectorize(x, n) taken apart */
    vec(branch_plan) branches; /* the first whose condition holds runs, else the loops of this plan */
    const directive *fails;    /* specialize_fail: these loops never run */
    vec(const ir *) known;     /* of a branch: comparisons that hold there */
    const directive *branch;   /* of a branch: the specialize() that made it */
} stage_plan;

typedef enum level_kind { LEVEL_INLINE, LEVEL_ROOT, LEVEL_AT } level_kind;
typedef struct loop_level {
    level_kind kind;
    cb_func_s *func; /* AT */
    int stage;       /* AT: 0 = pure definition, k = update k-1 */
    uint32_t loop;   /* AT: index into dims_all of that stage's first leaf; a final loop of it */
    uint32_t *leaf_loop; /* AT: the same for each leaf (stage_leaves) */
    const directive *from;
} loop_level;

typedef struct bound_plan {
    uint32_t dim;
    const ir *min, *extent; /* BOUND: promised (extent always, min or NULL); else NULL */
    int64_t modulus, remainder; /* ALIGN: modulus 0 = none */
    bool extent_only; /* ALIGN: the min stays */
    const directive *from;
} bound_plan;

/* What was asked for the storage of one dimension; 0, NULL: nothing. */
typedef struct storage_plan {
    int64_t align, bound, fold;
    const directive *align_from, *bound_from, *fold_from;
} storage_plan;

/* estimate(): hints about a Func or an input. */
typedef struct estimate_plan {
    const cb_func_s *func;
    uint32_t dim;
    int64_t min, extent;
    const directive *from;
} estimate_plan;

typedef struct func_plan {
    cb_func_s *func;
    loop_level compute, store;
    ir_memory memory;
    const directive *memory_from; /* store_in, or NULL */
    vec(bound_plan) bounds;
    vec(const directive *) makes; /* wrap, clone: Funcs made from this one */
    const directive *made_by;     /* what made this Func; NULL: the program has it */
    vec(stage_plan *) stages; /* one per definition */
    uint32_t *storage_order;  /* permutation of dims, innermost first */
    storage_plan *storage;    /* per dimension */
    loop_level hoist;         /* where storage is allocated: where it is stored, or further out */
} func_plan;

struct pipeline {
    cb_context *ctx;
    const char *name;
    vec(cb_func_s *) inputs;   /* in order of declaration */
    vec(cb_func_s *) tables;   /* those that occur, in order of declaration: read like inputs, but no arguments */
    vec(cb_param_s *) params;
    vec(cb_func_s *) outputs;
    vec(cb_func_s *) funcs;    /* reachable from the outputs, producers first, deterministic; once resolved also those
                                * that directives made */
    vec(requirement *) requirements;
    vec(cb_func_s *) program;  /* funcs without those; filled by schedule_resolve */
    schedule *sched;           /* as data; NULL: default */
    schedule *flat;            /* what it says for `target`: procedures expanded, guards decided (schedule_resolve) */
    const char *const *target; /* words of targets.def that hold */
    uint32_t ntarget;
    bool strict; /* the target has all floats computed as by strict() */
    bool trial;  /* a copy that a refusal tries another schedule on: nothing is shown of it */
    size_t bytes;    /* that lowering took */
    bool unfinished; /* memory ran out; of a trial, the little it is given */
    const directive *refused; /* of a trial: by lowering, or NULL */
    /* Can what was resolved be lowered? NULL: not known (lower.c sets it). */
    bool (*lowers)(struct pipeline *p);
    const void *lowers_for;
    vec(func_plan *) plans;    /* parallel to funcs, after schedule_resolve */
    vec(func_plan *) input_plans; /* of inputs, then of tables: only `makes` is used */
    vec(estimate_plan) estimates;
};

/* pipeline.c: collects reachable Funcs from outputs. NULL after a diagnostic. */
pipeline *pipeline_new(cb_context *c, const char *name, cb_func_s *const *outputs, uint32_t n);
func_plan *pipeline_plan(const pipeline *p, const cb_func_s *f);
/* constrain.c: does what is made of fields count in p, that is, are all outputs that it mentions outputs of p? What is
 * said of a field of an argument, if it counts. "blur.c:12": places in code that is shipped are not paths. */
bool pipeline_counts(const pipeline *p, const ir *e);
const field_rule *pipeline_rule(const pipeline *p, const cb_func_s *f, uint32_t d, int what);
const char *loc_in_code(cb_context *c, cb_loc loc);
/* Is f an output of this pipeline? (is_output says how it was declared: any Func can be run alone.) */
static inline bool pipeline_is_output(const pipeline *p, const cb_func_s *f)
{
    for (uint32_t i = 0; i < p->outputs.n; i++)
        if (p->outputs.at[i] == f)
            return true;
    return false;
}
/* The C functions of scalars that its definitions call, each name once, by its first call. */
void c_calls_of(const pipeline *p, void (*use)(void *env, const definition *def, const ir *call), void *env);
cb_func_s *pipeline_func(const pipeline *p, const char *name);
/* Pairs (min, extent) for each dimension of f when the schedule estimates all of them, else NULL. */
const int64_t *pipeline_estimate(const pipeline *p, const cb_func_s *f);

/* schedule.c: schedules and their entries as data. */
schedule *schedule_new(cb_context *c, const char *name);
cb_knob_s *schedule_knob(const schedule *s, const char *name);
/* Gives a knob another value; false after a diagnostic (no such knob, out of range or steps). */
bool schedule_set_knob(schedule *s, const char *name, int64_t value);

/* Does the schedule ask what the target is? */
bool schedule_has_guards(const schedule *s);
/* resolve.c: fills p->plans from p->sched. false after diagnostics. */
bool schedule_resolve(pipeline *p);
/* moves.c: adds to a report g of D, made by lowering, what would be legal in place of d (NULL: nothing is known);
 * `number`: one that d should have, 0: not known. How many lines. */
uint32_t moves_help_lowered(pipeline *p, diags *D, diag *g, const directive *d, int64_t number);
/* Of a program that lowering refused for what it reads: the directive without which it would have been accepted; NULL: it is
 * the program's own mistake, or nothing is known. */
const directive *moves_blame(pipeline *p, diag_code code);

/* The plans of a stage that can run, in the order in which they are chosen: itself when it has no branches. */
typedef vec(stage_plan *) stage_plans;
void stage_leaves(arena *a, stage_plan *s, stage_plans *out);
/* Number of coordinates of an output in dimension d where the conditions of the plan say; -1: they do not. */
int64_t plan_pure_extent(const pipeline *p, const stage_plan *s, uint32_t d);

/* sched_read.c / sched_print.c: text form. */
schedule *schedule_read(cb_context *c, const char *source, const char *filename);
void schedule_print(text *t, const schedule *s);
/* The resolved schedule with every default and its reason, as readable schedule text. */
void schedule_expand(text *t, const pipeline *p);
bool directive_print(text *t, const directive *d);
void stage_ref_print(text *t, stage_ref s);

/* ---- what is said of arguments, for given ones (said.c) ------------------------------------------------- */
typedef struct said_args {
    const pipeline *p;
    const ir_value *params; /* in the order of pipeline.params */
    /* Of an input or output, value v: NULL where it is not known yet. Its dims count, and host if it has any. */
    const cb_buffer *(*buffer)(void *user, const cb_func_s *f, uint32_t v);
    void *user;
} said_args;
typedef enum said_truth { SAID_UNKNOWN, SAID_TRUE, SAID_OVERFLOWS } said_truth;
/* The value of what rules and requirements are made of; of a field, as it counts. */
said_truth said_value(const said_args *A, const ir *e, ir_value *out);
said_truth said_field(const said_args *A, const cb_func_s *f, uint32_t value, uint32_t d, int what, int64_t *out);
typedef struct said_fault {
    int code;         /* CB_ERR_CONSTRAINT or CB_ERR_REQUIREMENT */
    const char *text; /* as compiled code says it */
    cb_loc loc;
    const requirement *of; /* or NULL */
} said_fault;
/* Does everything hold that can be told? false: the first that does not is in *fault. */
bool said_holds(const said_args *A, said_fault *fault);
bool said_requirements(const said_args *A, said_fault *fault); /* of these alone */
/* Lines, each with something before it: what is said of an argument; what is required. */
void said_print(text *t, const pipeline *p, const cb_func_s *f, const char *before);
void said_print_requirements(text *t, const pipeline *p, const char *before);

/* ---- the reference interpreter (interp.c) ---------------------------------------------------------------
 * Evaluates definitions on demand; knows nothing of schedules. */
typedef struct interp_args {
    const cb_buffer *const *inputs; /* in the order of pipeline.inputs */
    const ir_value *params;         /* in the order of pipeline.params */
    cb_buffer *const *outputs;      /* in the order of outputs, one per value of each */
    /* NULL, or for each of those an array with a number per element, dimension 0 fastest: how far
     * the element of a compiled pipeline may be from the interpreter's, which floats decide. */
    double *const *slack;
    /* Calls the C function `name`: values[i] points to argument i after env, a `cb_buffer *` where types[i] is a handle.
     * Its result; NULL: there are no C functions to call. */
    int (*call)(void *user, const char *name, uint32_t n, const cb_type *types, void **values);
    /* The same for a C function of scalars: values[i] points to argument i, result to room for 8 bytes. False: it cannot be
     * called. */
    bool (*element)(void *user, const char *name, cb_type t, uint32_t n, const cb_type *types, void **values, void *result);
    void *call_user;
    /* Told the lines of print(); NULL: they go to stderr. */
    void (*print)(void *user, const char *line);
    void *user;
} interp_args;
typedef struct interp_report {
    bool overflow; /* a signed 32/64-bit operation overflowed */
    bool undefined; /* an element was read that nothing had given a value (undef) */
    const char *where; /* of the first of these: "blur_x(3, 4)" */
    bool out_of_bounds; /* an input was read outside its buffer */
    uint64_t points; /* elements evaluated */
} interp_report;
/* 0, or a CB_ERR_ code after a diagnostic. */
int interp_run(pipeline *p, const interp_args *args, interp_report *report);
/* Is `have` within the slack of what the interpreter wants? */
bool interp_close(cb_type t, ir_value want, ir_value have, double slack);

#endif
