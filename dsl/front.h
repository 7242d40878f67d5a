/* dsl/front.h: what the files of the language front end share, and what schedules, generators and the
 * entry points ask of it.
 *
 *     scope.c     contexts as the user sees them, scopes, names, settings
 *     expr.c      values: literals, promotion, every operation     equation.c  infix text to values (token.c)
 *     convert.c   conversions, calls of Funcs                      fixed.c     words of fixed point, bits, scatter
 *     func.c      Funcs, parameters, domains                       define.c    definitions and their rules
 *     rest.c      `_` among coordinates                            reduce.c    sum(r, e) and its relatives
 *     effect.c    print, require                                   random.c    random numbers
 *     boundary.c  edges as definitions                             table.c     arrays in the program
 *     external.c  Funcs computed by C functions                    cfunc.c     C functions of scalars
 *     constrain.c what is said of buffers                          said.c      does it hold in this call?
 *     pipeline.c  what outputs need                                generator.c bodies by name
 *
 * A handle of carbide.h points at one of the structs below, which knows its context. A mistake in an
 * expression has no place of its own in the source, so the constructor returns a poison value that
 * carries a `fault`; the statement that receives it (a definition, a domain, ...) reports the fault
 * with its own place, once. The equation parser asks for the fault at once and adds a caret.
 */
#ifndef CB_FRONT_H
#define CB_FRONT_H

#include "model.h"

#include <carbide.h>

/* Runs work(env) under a guard of c: false when it jumped out (after a diagnostic). Every public
 * function that may allocate goes through here; the arguments and the result travel in *env, so
 * nothing lives in registers across the setjmp. */
bool front_try(cb_context *c, void (*work)(void *env), void *env);

/* ---- values ---------------------------------------------------------------------------------- */

/* Values of one definition: as many as an argmin over a domain of 16 dimensions has. */
enum { CB_MAX_VALUES = CB_MAX_RANK + 1 };

/* What is wrong with an expression. */
typedef struct fault {
    diag_code code;
    const char *text, *help; /* help may be NULL */
    const char *note;        /* with note_loc; may be NULL */
    cb_loc note_loc;
    bool reported;
} fault;

/* LIT_INT: value.i; LIT_BIG: an integer above INT64_MAX, its bits in value.i; LIT_FLOAT: value.f. */
typedef enum lit_kind { LIT_NONE, LIT_INT, LIT_BIG, LIT_FLOAT } lit_kind;

struct cb_expr_s {
    cb_context *ctx;
    const ir *node;     /* a literal's is the constant it is when nothing else decides its type */
    lit_kind lit;
    ir_value value;
    bool rest;          /* `_`: the coordinates that are not written */
    uint32_t nvalues;   /* above 1: a call of a Func with several values, none chosen yet */
    struct cb_expr_s **part; /* above 1: the values, when they are no call */
    cb_func_s *func;    /* what it calls, when it is a call */
    fault *fault;       /* not NULL: node is poison */
};
typedef struct cb_expr_s expr;

struct cb_stage_s {
    cb_func_s *func;
    int update; /* -1: the pure definition; k: update k, counted from 0 */
};

struct cb_rdom_s {
    cb_context *ctx;
    rdom *dom;
};

/* A C function of scalars. */
struct cb_cfunc_s {
    cb_context *ctx;
    ir_sym sym; /* SYM_EXTERN: bears the function's name */
    const char *name, *function;
    cb_loc loc;
    bool pure, poisoned;
    cb_type result;
    uint32_t n;
    cb_type *types;
};

struct equation;
expr *expr_new(cb_context *c, const ir *node);
expr *expr_literal_int(cb_context *c, int64_t v, bool big);
expr *expr_literal_float(cb_context *c, double v);
expr *expr_fault(cb_context *c, diag_code code, const char *help, const char *fmt, ...)
    CB_PRINTF(4, 5);
expr *expr_op(cb_context *c, cb_op op, uint32_t n, expr *const *v);
/* Fixed point, bits and the words beside them (fixed.c). */
#define CB_FIXED_CASES                                                                             \
    case CB_OP_SAT_ADD: case CB_OP_SAT_SUB: case CB_OP_HALF_ADD: case CB_OP_HALF_SUB:              \
    case CB_OP_HALF_ADD_UP: case CB_OP_WIDE_ADD: case CB_OP_WIDE_SUB: case CB_OP_WIDE_MUL:         \
    case CB_OP_WIDE_SHL: case CB_OP_WIDE_SHR: case CB_OP_ROUND_SHL: case CB_OP_ROUND_SHR:          \
    case CB_OP_MUL_SHR: case CB_OP_ROUND_MUL_SHR: case CB_OP_ABSD: case CB_OP_LERP:                \
    case CB_OP_POPCOUNT: case CB_OP_CLZ: case CB_OP_CTZ: case CB_OP_CONCAT_BITS: case CB_OP_MUX:   \
    case CB_OP_SCATTER: case CB_OP_GATHER:                                                         \
    case CB_OP_IPOW: case CB_OP_FMA: case CB_OP_FRACT: case CB_OP_IS_INF: case CB_OP_IS_FINITE
expr *expr_fixed(cb_context *c, cb_op op, uint32_t n, expr *const *v);
/* Operands in their common type: a fault, or NULL and the nodes in out. */
expr *expr_promote(cb_context *c, cb_op op, uint32_t n, expr *const *v, const ir **out, cb_type *t);
expr *expr_misfit(cb_context *c, cb_op op, const char *help, cb_type t);
expr *expr_call(cb_context *c, cb_func_s *f, uint32_t n, expr *const *coords);
/* Several values: (a, b); value k of what has several (of a single value: itself); a fault that says what is wrong with e
 * where one value is needed, or NULL. */
expr *expr_tuple(cb_context *c, uint32_t n, expr *const *v);
expr *expr_pick(cb_context *c, expr *call, int64_t k);
expr *expr_several(cb_context *c, const expr *e);
expr *expr_undef(cb_context *c, cb_type t);
expr *expr_cast(cb_context *c, cb_type t, expr *e);
expr *expr_sat_cast(cb_context *c, cb_type t, expr *e);
expr *expr_reinterpret(cb_context *c, cb_type t, expr *e);
/* A field of an input's buffer; of outputs, and strides, where only what is said of buffers may speak of them: a
 * definition refuses them (field_out_of_place). */
expr *expr_extent(cb_context *c, cb_func_s *f, ir_buffer_field field, int64_t d);
/* NULL, or a FIELD in e that no value of an element may depend on; and why not, for a report. */
const ir *field_out_of_place(cb_context *c, const ir *e);
const char *field_out_of_place_text(cb_context *c, const ir *field);
/* A reduction as a call of the stage that it makes (reduce.c): in `into`, or in a new Func called name (NULL: none). */
expr *expr_reduce(cb_context *c, cb_reduction op, rdom *r, expr *e, cb_func_s *into,
                  const char *name, cb_loc loc, const struct equation *eq);
bool reduction_word(const char *word, cb_reduction *op);
const char *reduction_name(cb_reduction op);
/* `_`, and coordinates with it replaced by the Vars _0, _1, ... (rest.c): `rank` coordinates in all. A fault, or NULL and
 * the coordinates in out (CB_MAX_RANK). */
expr *expr_rest(cb_context *c);
expr *rest_expand(cb_context *c, const char *func, uint32_t rank, uint32_t *n, expr *const *coords,
                  expr **out);
/* How many coordinates `_` stands for on the left of a new Func with these values. */
uint32_t rest_count(cb_context *c, uint32_t nvalues, expr *const *values);
bool rest_is(cb_context *c, ir_sym s);
/* print, print_when and require (effect.c): the condition if there is one, the value, then the line. */
typedef struct effect_part {
    expr *e; /* NULL: text */
    const char *text;
} effect_part;
expr *expr_effect(cb_context *c, cb_effect_kind kind, uint32_t n, const effect_part *part, cb_loc loc);
/* NULL, or what e does besides, in words. */
const char *effect_in(cb_context *c, const ir *e);
/* random_float() and its relatives (random.c), and e with every one in it as a hash of the coordinates. */
expr *expr_random(cb_context *c, cb_random_kind kind, uint32_t n, expr *const *v, cb_loc loc);
const ir *random_place(cb_context *c, const ir *e, uint32_t n, const ir *const *coord);
/* The value as one of type t by the rules of assignment: a literal that fits, or a value that
 * promotion would turn into t without loss. `what` begins the message: "the value of 'f'". */
expr *expr_assign(cb_context *c, cb_type t, expr *e, const char *what);
/* A literal as a node of type t; NULL when it does not fit. */
const ir *expr_fit(cb_context *c, const expr *lit, cb_type t);
/* e of a handle as part of c: NULL handles and other contexts become faults. */
expr *expr_in(cb_context *c, cb_expr e);
/* Reports e's fault, unless it was reported; true when e is poison. */
bool expr_report(cb_context *c, expr *e, cb_loc loc);
/* Adds the line of text, cut to a readable length around the caret. */
void front_excerpt(cb_context *c, diag *d, const char *line, int caret, int width);
void fault_report(cb_context *c, fault *f, cb_loc loc, const char *excerpt, int caret, int width);
/* Which parts of the language occur in a value. */
static inline bool sym_is(cb_context *c, const ir *n, ir_sym_kind k)
{
    return n->op == IR_VAR && ir_symbol_of(c, n->u.sym)->kind == k;
}
extern const struct op_info {
    const char *word, *brief;
    uint8_t least, most;
} op_info[CB_OP_COUNT];

/* ---- names and scopes ------------------------------------------------------------------------ */

typedef enum bind_kind { BIND_EXPR, BIND_FUNC, BIND_RDOM, BIND_ARRAY, BIND_CFUNC } bind_kind;
typedef struct binding {
    const char *name; /* interned */
    bind_kind kind;
    expr *expr;       /* EXPR: a Var, Param, Knob or captured value */
    cb_func_s *func;  /* FUNC */
    rdom *dom;        /* RDOM */
    struct cb_cfunc_s *cfunc; /* CFUNC */
    cb_func_s **array; /* ARRAY: count of them */
    uint32_t count;
    cb_loc loc;
} binding;

typedef struct cb_scope_s scope;
struct cb_scope_s {
    cb_context *ctx;
    scope *outer; /* of the thread, whatever its context */
    scope *root;  /* the outermost scope of this nest of blocks: where Func names are unique */
    bool isolated; /* a generator's or schedule's body: sees no names around it */
    cb_loc loc;
    vec(binding) names;
    map by_name;      /* name -> index + 1 */
    map func_names;   /* of a root: every Func name used in it */
    vec(cb_func_s *) inputs, outputs; /* of a root, in order of declaration */
    vec(cb_param_s *) params;
    vec(requirement *) requirements; /* of a root */
    uint32_t effects; /* of a root: calls of print and require so far */
    uint32_t randoms; /* of a root: random numbers without a seed so far */
    schedule *sched;  /* of a root: where directives given in it go; NULL before the first */
    pipeline *made;   /* a schedule's body: what its generator made */
};

/* The front end's state of a context. */
typedef struct setting {
    const char *name;
    int64_t value;
    bool used;
} setting;
typedef struct front {
    schedule sched;        /* directives given outside of any scope */
    map roots;             /* cb_func_s -> the root scope it was made in */
    vec(setting) settings; /* given from outside: "name=value" */
    vec(const char *) rendered; /* texts of the diagnostics, in order */
    void (*sink)(void *user, const cb_message *m);
    void *sink_user;
    cb_loc at;             /* of the statement at work: the place of what has none of its own */
    const char *home;      /* the same while no statement is: "command line" */
    map inputs;            /* cb_func_s -> cb_buffer: bound for running from this program */
    ir_sym implicit[CB_MAX_RANK]; /* the Vars _0, _1, ... (rest.c); 0: not used yet */
    ir_sym effect[EFFECT_COUNT]; /* the symbols of print and require; 0 before the first */
    ir_sym random;         /* the symbol of random numbers not placed yet (random.c); 0 before the first */
    map params;            /* cb_param_s -> const ir (a constant of its type) */
    map functions;         /* name, interned -> address of a C function given by set_extern */
} front;

front *front_of(cb_context *c);
scope *scope_current(void); /* of the calling thread, or NULL */
/* The current scope when it belongs to c; otherwise NULL after a diagnostic. */
scope *scope_need(cb_context *c, cb_loc loc);
scope *scope_push(cb_context *c, cb_loc loc, bool isolated);
void scope_pop(scope *s);
/* Declares a name; false after a diagnostic when the scope has it already. */
bool scope_declare(scope *s, const binding *b);
const binding *scope_find(const scope *s, const char *name);
/* The names visible from s, for suggestions. */
const char *scope_nearest(cb_context *c, const scope *s, const char *name);
/* A Func name that is unique in the nest: name itself, or name_1, name_2, ... */
const char *scope_func_name(scope *s, const char *name);
/* The schedule that directives written in C go to at this point: the one of the current nest of
 * scopes, which a Schedule body begins afresh. */
schedule *front_schedule(cb_context *c);
cb_loc site_loc(cb_context *c, cb_site at);
/* Reports to stderr that no scope is open. */
void front_no_scope(cb_site at, const char *what);
/* Reports a zeroed Func handle: "`what` of something that was never made". */
void front_null_func(cb_site at, const char *what);

/* ---- equations ------------------------------------------------------------------------------- */

typedef enum assign_op {
    ASSIGN_SET, ASSIGN_ADD, ASSIGN_SUB, ASSIGN_MUL, ASSIGN_DIV, ASSIGN_MOD, ASSIGN_AND, ASSIGN_OR, ASSIGN_XOR, ASSIGN_SHL,
    ASSIGN_SHR
} assign_op;

typedef struct equation {
    const char *text;
    cb_func_s *func;
    vec(expr *) coords;
    bool picked; /* f(x)[pick] = ... */
    int64_t pick;
    assign_op op;
    vec(expr *) values;
    vec(span) spans;
    int eq_col, eq_width; /* the assignment operator */
    int lhs_col, lhs_width;
    bool failed; /* and reported */
} equation;

/* Both report what is wrong and set failed, or give poison. */
void equation_parse(cb_context *c, const char *src, const binding *captured, uint32_t n, cb_loc loc,
                    equation *out);
expr *equation_expr(cb_context *c, const char *src, const binding *captured, uint32_t n, cb_loc loc);
/* token.c: the number that n characters are, "." being the decimal point. */
double token_decimal(cb_context *c, const char *s, int n);
/* Captured values as bindings; false after a diagnostic. */
bool captures_bind(cb_context *c, const char *names, int n, const cb_value *values, cb_loc loc,
                   binding **out);

/* ---- definitions ----------------------------------------------------------------------------- */

/* "r.x", "r.y", "r.z", "r.w", "r.v4", ... */
const char *rvar_name(cb_context *c, const char *domain, uint32_t d);
cb_func_s *func_new(cb_context *c, const char *name, cb_loc loc);
/* Adds a definition by the rules of the language; NULL after a diagnostic (f is then poisoned). */
definition *func_define(cb_func_s *f, uint32_t n, expr *const *coords, assign_op op, uint32_t nvalues,
                        expr *const *values, cb_loc loc, const equation *eq);
/* An update over dom, whether its variables occur or not. */
definition *func_define_over(cb_func_s *f, rdom *dom, uint32_t n, expr *const *coords, assign_op op,
                             uint32_t nvalues, expr *const *values, cb_loc loc, const equation *eq);
/* An update of value k alone. */
definition *func_define_element(cb_func_s *f, int64_t k, uint32_t n, expr *const *coords, assign_op op,
                                expr *value, cb_loc loc, const equation *eq);
cb_stage stage_handle(cb_func_s *f, int update);
/* "f(x, y)" as it is declared, for messages. */
const char *func_shape(cb_func_s *f);

/* cfunc.c: a call of one. */
expr *expr_c_call(cb_context *c, const struct cb_cfunc_s *g, uint32_t n, expr *const *args);
/* external.c: NULL, or what is wrong with the name of a C function. */
const char *extern_name_fault(cb_context *c, const char *name);
/* external.c: the address of a C function that set_extern has given; 0: none. */
uintptr_t extern_address(cb_context *c, const char *name);

/* ---- generators ------------------------------------------------------------------------------ */

/* These run bodies of the user and are not to be called under a guard. */
/* Runs a generator's body; NULL after a diagnostic. */
pipeline *generator_run(cb_context *c, const cb_record *r);
/* Runs a schedule's body for what the generator made, and makes it p->sched; false after a
 * diagnostic. */
bool generator_schedule(cb_context *c, const cb_record *r, pipeline *p);
/* "a, b": the generators, or the schedules of one; in alphabetical order, because that of the
 * records depends on the C compiler. "" when there are none. */
const char *registry_names(cb_context *c, cb_registry reg, const char *generator);
/* NULL: there is none. */
const cb_record *registry_find(cb_registry reg, const char *generator, const char *schedule);
/* Takes "name=value"; false after a diagnostic. */
bool front_set(cb_context *c, const char *given);
/* Gives knobs the values set from outside, and refuses settings that nothing has used; false after a
 * diagnostic. */
bool front_apply_settings(cb_context *c, schedule *s);

#endif
