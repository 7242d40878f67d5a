/* dsl/sched.h: what the files about schedules share: the table of directives, making directives,
 * and the state of one resolution.
 *
 *     schedule.c       directives and schedules as data      sched_api.c     the C functions that make them
 *     sched_read.c     .sched text to data                   sched_print.c   data to text
 *     sched_token.c    the text as tokens                    sched_value.c   values and conditions in it
 *     sched_flat.c     plain entries for one target: guards decided, procedures and files put in
 *     resolve.c        data to plans: names, values, defaults
 *     resolve_made.c   Funcs that directives make            rfactor.c       partial results
 *     resolve_branches.c  stages specialised for conditions
 *     resolve_loops.c  directives about the loops of one stage
 *     resolve_checks.c what is judged when all of them are read
 *     races.c          dependences between iterations of an update (collide.c: examples of them)
 *     resolve_storage.c regions and storage of Funcs
 *     resolve_places.c where Funcs are computed and stored
 *     moves.c          what would be legal in place of what is refused (moves_make.c: what is tried)
 *     expand.c         plans back to text, with reasons
 */
#ifndef CB_SCHED_H
#define CB_SCHED_H

#include "model.h"

/* ---- the table of directives ----------------------------------------------------------------- */

typedef struct dir_info {
    const char *word, *args, *brief;
    bool whole_func; /* scope FUNC */
} dir_info;
extern const dir_info dir_table[DIR_COUNT];
extern const char *const mem_names[]; /* by ir_memory */
enum { MEM_NAMES = MEM_SHARED + 1, POLICY_NAMES = PARTITION_ALWAYS + 1 };
extern const char *const policy_names[POLICY_NAMES]; /* by ir_partition */

/* One argument position of a directive; the last of those with `repeats` takes all that follow. */
typedef struct dir_slot {
    dir_arg_kind kind;
    bool optional, repeats;
} dir_slot;
enum { DIR_MAX_SLOTS = 12 };
uint32_t dir_slots(dir_op op, dir_slot slot[DIR_MAX_SLOTS]);
/* "split(loop, new, new, value[, tail])" */
void dir_usage(text *t, dir_op op);
/* The op of a word; DIR_COUNT when there is none. */
dir_op dir_find(const char *word);
const char *dir_nearest(const char *word);
/* Words kept for directives that are not built yet: what each will do, or NULL. */
const char *dir_planned(const char *word);

/* ---- making ---------------------------------------------------------------------------------- */

directive *directive_new(cb_context *c, dir_op op, cb_loc loc, uint32_t nargs);
/* NULL, or why `v` cannot be a value in a schedule. A value is made of i32 constants, knobs and
 * parameters by + - * / % min max. */
const char *sched_value_fault(cb_context *c, const ir *v);
/* Infix text that sched_read reads back as the same value. */
void sched_value_print(cb_context *c, text *t, const ir *v);
/* The value as a number, knobs replaced. */
typedef enum value_class { VALUE_CONST, VALUE_PARAM, VALUE_OVERFLOW } value_class;
value_class sched_value_const(const schedule *s, const ir *v, int64_t *out);
/* NULL, or why the knob cannot have this value. Text in the arena. */
const char *knob_fault(cb_context *c, const cb_knob_s *k, int64_t value);
enum { SCHED_DEPTH = 64 }; /* of values */

/* Spelling, precedence and operands of cond_op; a word of three letters is called: min(a, b). */
typedef struct cond_op_info {
    const char *text;
    int prec, operands;
} cond_op_info;
extern const cond_op_info cond_ops[COP_COUNT];
enum { COND_UNARY = 7 }; /* precedence of ! and - */
bool sched_cond_same(const sched_cond *a, const sched_cond *b);
void sched_cond_print(text *t, const sched_cond *k);
const char *sched_cond_text(cb_context *c, const sched_cond *k);
/* A condition alone, as C gives it: up to a comma outside parentheses. NULL after a report. */
const sched_cond *sched_cond_read(cb_context *c, const char *source, cb_loc at);
enum { SCHED_NESTING = 16 }; /* of specialize() in specialize() */

/* The schedule as stage entries and contracts alone: procedures expanded, guards decided. NULL after a report. */
schedule *sched_flatten(pipeline *p, schedule *s);
/* NULL, or the first word of a guard that is not one of targets.def (near: a suggestion or NULL), or an operator
 * other than ! && ||. */
const sched_cond *sched_guard_fault(const sched_cond *k, const char **near);
void sched_call_print(cb_context *c, text *t, const sched_entry *e);
void sched_call_notes(cb_context *c, diag *d, const sched_call *call);

/* Words that start a line of their own in a schedule's text. */
enum { SCHED_KEYWORDS = 7 };
extern const char *const sched_keywords[SCHED_KEYWORDS];
void sched_knob_print(text *t, const cb_knob_s *k, int64_t value);
void sched_contracts_print(text *t, const schedule *s);

/* ---- resolution ------------------------------------------------------------------------------ */

/* Limits of what one loop nest may ask of the compiler. */
enum { SCHED_MAX_LANES = 1024, SCHED_MAX_COPIES = 4096 };

/* Which directives were given to a Func as a whole; NULL: none. */
typedef struct func_dirs {
    const directive *compute, *store, *hoist, *memory, *order;
    const directive *any; /* the first that needs loops or storage of its own */
} func_dirs;

/* A Func made by wrap or clone. */
typedef struct made_func {
    const directive *d;
    cb_func_s *of, *func;
    const cb_func_s *handle; /* what stands for it in C, or NULL */
    cb_func_s **reader;      /* those named; none: all */
    bool *used;              /* does reader k read `of`? */
    bool any;                /* does anything read it? */
    uint32_t nreaders;
} made_func;

/* What was refused: a directive as written, or an entry whose stage is unknown. */
typedef struct complaint {
    diag_code code;
    const directive *d;
    const sched_entry *entry;
} complaint;

typedef struct resolver {
    cb_context *c;
    pipeline *p;
    schedule *s;
    vec(made_func) made;
    map rewritten;   /* definition as written -> definition with calls sent to what was made */
    func_dirs *dirs; /* parallel to p->funcs */
    uint32_t leaf;   /* of specialised stages: the one that rules about places look at */
    map broken;      /* stage_plans with a refused directive: the rest of them is not judged */
    bool failed;
    bool dry; /* reports are listed, not made */
    vec(complaint) refused;
    /* of the report being made: the directive as written and its argument, or the entry whose stage is unknown */
    const directive *about;
    int about_arg;
    const sched_entry *about_entry;
    vec(const directive *) others; /* that its notes show */
    vec(const char *) hints; /* its help where no move is found */
} resolver;

/* Plans from R->s, a schedule that is flat; false after reports. */
bool resolve_flat(resolver *R);
/* Starts a report. */
diag *sched_open(resolver *R, diag_code code, cb_loc loc, const char *msg);

/* moves.c: adds what would be legal in place of what the report is about; how many. */
uint32_t moves_help(resolver *R, diag *g);

/* Starts a report about argument `arg` of d (-1: the directive itself): "text of d: message", the
 * excerpt with a caret where one is known. Notes may follow; then diag_end. */
diag *sched_report(resolver *R, diag_code code, const directive *d, int arg, const char *fmt, ...)
    CB_PRINTF(5, 6);
void sched_note(resolver *R, diag *g, const char *fmt, ...) CB_PRINTF(3, 4);
void sched_help(resolver *R, diag *g, const char *fmt, ...) CB_PRINTF(3, 4);
/* Help that is shown only where nothing is found that can be pasted. */
void sched_hint(resolver *R, const char *fmt, ...) CB_PRINTF(2, 3);
/* "note: out: split(y, yo, yi, 8)" at another directive. */
void sched_note_at(resolver *R, diag *g, const directive *other);
void sched_did_you_mean(resolver *R, diag *g, const char *word, const char *const *words,
                        uint32_t n);
void sched_end(resolver *R, diag *g);
/* A report that is complete but for its help. */
void sched_end_help(resolver *R, diag *g, const char *help);
const char *directive_text(cb_context *c, const directive *d);
/* Where the user wrote it: a directive made from another one stands at that one. */
static inline const directive *dir_written(const directive *d) { return d->origin ? d->origin : d; }
/* "out", "out.update 0" */
const char *stage_text(resolver *R, const stage_plan *s);
/* "yo, yi, x" */
const char *loops_text(resolver *R, const stage_plan *s);
uint32_t func_index(const resolver *R, const cb_func_s *f);
/* The stage that argument `arg` of d names; NULL after a report. */
stage_plan *find_stage(resolver *R, const directive *d, int arg);
/* A number in a directive, lo at least; false after a report. */
bool const_arg(resolver *R, const directive *d, uint32_t arg, int64_t lo, int64_t *out);
/* The same as an expression of constants and parameters, i32; NULL after a report. */
const ir *value_arg(resolver *R, const directive *d, uint32_t arg);
/* Remembers d in *slot; false after a report when something stands there. */
bool take_slot(resolver *R, const directive **slot, const directive *d);

/* resolve_storage.c: bound, align_..., store_in, reorder_storage, ..._storage, estimate. */
void apply_storage_directive(resolver *R, func_plan *f, const directive *d);
void apply_input_estimate(resolver *R, const cb_func_s *input, const directive *d);
/* What can only be judged when all directives are read. */
void check_storage(resolver *R, func_plan *f);

/* rfactor.c */
/* The Func of partial results that rfactor() makes of an update of `of`; its new definition goes to
 * R->rewritten. NULL after a report. */
cb_func_s *make_partial(resolver *R, const directive *d, cb_func_s *of, int update);

/* resolve_made.c */
/* Makes the Funcs that directives ask for, adds them to p->funcs, and fills R->rewritten. */
void make_funcs(resolver *R);
/* The Func or input that argument `arg` of d names, of the program or made so far; NULL after a report, which suggests inputs if asked to. */
cb_func_s *func_arg(resolver *R, const directive *d, uint32_t arg, bool inputs);
/* The Func that a handle from C stands for: itself, or what a directive made for it. */
const cb_func_s *func_of_handle(const resolver *R, const cb_func_s *f);

/* resolve_branches.c */
bool apply_specialize(resolver *R, stage_plan *s, const directive *d);
/* Is e a constant where the conditions of the plan hold? */
bool plan_constant(cb_context *c, const stage_plan *s, const ir *e, int64_t *out);
bool apply_specialize_fail(resolver *R, stage_plan *s, const directive *d);

/* resolve_loops.c */
void record_step(resolver *R, stage_plan *s, const directive *d);
void stage_initial_loops(resolver *R, stage_plan *s);
/* Index into dims_all of the loop that argument `arg` names; UINT32_MAX after a report. */
uint32_t find_loop(resolver *R, const directive *d, uint32_t arg, const stage_plan *s);
bool has_loop(const stage_plan *s, const char *name);
int loop_position(const stage_plan *s, uint32_t dim); /* 0 outermost; -1: not a loop any more */
/* Applies one directive of scope STAGE; false after a report. */
bool apply_stage_directive(resolver *R, stage_plan *s, const directive *d);
/* a*b, saturating; -1 (not a constant) when either is. */
int64_t times_extent(int64_t a, int64_t b);
/* Of every loop that ever was: its extent where it is a constant (else -1), the distance in
 * elements between its iterations, and whether rounding its end up rounds up the end of a
 * dimension. */
typedef struct loop_size {
    int64_t extent, span;
    bool rounds;
} loop_size;
loop_size *loop_sizes(const resolver *R, const stage_plan *s);

/* Of every loop that ever was: its extent where it is a constant, else -1. */
int64_t *loop_extents(const resolver *R, const stage_plan *s);

/* resolve_checks.c: what can only be judged when everything is read: constant extents, order of kinds. */
void check_stage_loops(resolver *R, stage_plan *s);

/* races.c */
struct assoc;
/* Is the update of the stage an associative operation of the table? */
bool stage_assoc(resolver *R, const stage_plan *s, struct assoc *out);
/* May the loops of the stage stand in this order (outermost first)? */
bool order_may_become(resolver *R, const stage_plan *s, const uint32_t *to);
/* Notes about why not, with two iterations. */
void note_order(resolver *R, diag *g, const stage_plan *s, const uint32_t *to);
/* Parallel and vector loops of the domain: refuses those with races, and decides what atomic() does. */
void check_races(resolver *R, stage_plan *s);

/* resolve_places.c */
void resolve_places(resolver *R);
/* The stage computed by a C function that is given f, or NULL. */
const stage_plan *given_to_c(cb_context *c, const pipeline *p, const cb_func_s *f);

#endif
