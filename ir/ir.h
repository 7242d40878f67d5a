/* ir/ir.h: the intermediate representation.
 *
 * Every node has one shape: operation, type, payload, operands. Expressions are interned in their
 * context's arena: equal expressions are the same pointer, so they form DAGs and every walk must
 * memoise (ir_map and ir_visit do). Statements have identity: a location and, for loops and
 * bindings, a symbol; they are not interned. Meaning is never in a name: a symbol is a number, its
 * name serves printing only.
 *
 *     x + 1             (ADD i32 (VAR i32 x) (INT i32 1))
 *     for x in [0, n)   (FOR x (INT 0) (VAR n) body)
 */
#ifndef CB_IR_H
#define CB_IR_H

#include <carbide/runtime.h>

#include "../support/support.h"

/* ---- types (type.c) -------------------------------------------------------------------------- */

#define T_BOOL ((cb_type){CB_UINT, 1, 1})
#define T_I8 ((cb_type){CB_INT, 8, 1})
#define T_I16 ((cb_type){CB_INT, 16, 1})
#define T_I32 ((cb_type){CB_INT, 32, 1})
#define T_I64 ((cb_type){CB_INT, 64, 1})
#define T_U8 ((cb_type){CB_UINT, 8, 1})
#define T_U16 ((cb_type){CB_UINT, 16, 1})
#define T_U32 ((cb_type){CB_UINT, 32, 1})
#define T_U64 ((cb_type){CB_UINT, 64, 1})
#define T_F16 ((cb_type){CB_FLOAT, 16, 1})
#define T_BF16 ((cb_type){CB_BFLOAT, 16, 1})
#define T_F32 ((cb_type){CB_FLOAT, 32, 1})
#define T_F64 ((cb_type){CB_FLOAT, 64, 1})
#define T_HANDLE ((cb_type){CB_HANDLE, 64, 1})
#define T_VOID ((cb_type){CB_UINT, 0, 0})

static inline bool type_eq(cb_type a, cb_type b)
{
    return a.code == b.code && a.bits == b.bits && a.lanes == b.lanes;
}
static inline cb_type type_lanes(cb_type t, unsigned lanes)
{
    t.lanes = (uint16_t)lanes;
    return t;
}
static inline cb_type type_scalar(cb_type t) { return type_lanes(t, 1); }
static inline cb_type type_bool(unsigned lanes) { return type_lanes(T_BOOL, lanes); }
static inline bool type_is_bool(cb_type t) { return t.code == CB_UINT && t.bits == 1; }
static inline bool type_is_int(cb_type t) { return t.code == CB_INT; }
static inline bool type_is_uint(cb_type t) { return t.code == CB_UINT; }
static inline bool type_is_integer(cb_type t) { return t.code <= CB_UINT && t.bits > 1; }
static inline bool type_is_float(cb_type t) { return t.code == CB_FLOAT || t.code == CB_BFLOAT; }
/* Signed 32 or 64 bits: overflow is promised not to happen. */
static inline bool type_no_overflow(cb_type t) { return t.code == CB_INT && t.bits >= 32; }
/* Bytes of one element in memory (bool: 1). */
static inline unsigned type_bytes(cb_type t) { return t.bits <= 8 ? 1 : t.bits / 8u; }
/* Smallest and largest value of an integer type (u64's largest as its bits in an int64_t). */
int64_t type_min(cb_type t);
int64_t type_max(cb_type t);
/* Does the integer `v` (its u64 bits when t is u64 and v < 0) have an exact value in t? */
bool type_can_hold(cb_type t, int64_t v);
/* "u16", "f32", "bool", "i32x8". The text lives in the buffer, at least 16 bytes. */
const char *type_name(cb_type t, char *buffer);
/* Reads a scalar type's name; false when it is none. */
bool type_parse(const char *name, cb_type *t);
/* The common type of two operands by the promotion rules of the language; false when there is none
 * (handles, or different lanes). */
bool type_promote(cb_type a, cb_type b, cb_type *out);

/* ---- nodes ----------------------------------------------------------------------------------- */

typedef enum ir_op {
#define IR_OP(id, spelling, cls, nargs, brief) IR_##id,
#include "ir.def"
#undef IR_OP
    IR_OP_COUNT
} ir_op;

/* In an exhaustive switch, `IR_MATH_CASES:`: functions of floats, the accurate and the fast ones. */
#define IR_MATH_CASES                                                                              \
    case IR_SQRT: case IR_EXP: case IR_LOG: case IR_SIN: case IR_COS: case IR_TAN: case IR_ASIN:   \
    case IR_ACOS: case IR_ATAN: case IR_SINH: case IR_COSH: case IR_TANH: case IR_FLOOR:           \
    case IR_CEIL: case IR_ROUND: case IR_TRUNC: case IR_POW: case IR_ATAN2: case IR_HYPOT:         \
    case IR_ERF: case IR_EXP2: case IR_EXPM1: case IR_LOG2: case IR_LOG10: case IR_LOG1P:          \
    case IR_ASINH: case IR_ACOSH: case IR_ATANH: case IR_FAST_EXP: case IR_FAST_LOG:               \
    case IR_FAST_SIN: case IR_FAST_COS: case IR_FAST_POW: case IR_FAST_INVERSE:                    \
    case IR_FAST_INVERSE_SQRT
/* Fixed point and bit counts. */
#define IR_FIXED_CASES                                                                             \
    case IR_SAT_ADD: case IR_SAT_SUB: case IR_HALF_ADD: case IR_HALF_SUB: case IR_HALF_ADD_UP:     \
    case IR_ABSD: case IR_ROUND_SHL: case IR_ROUND_SHR: case IR_MUL_SHR: case IR_ROUND_MUL_SHR:    \
    case IR_POPCOUNT: case IR_CLZ: case IR_CTZ
/* Strict arithmetic of floats. */
#define IR_STRICT_CASES                                                                            \
    case IR_STRICT_ADD: case IR_STRICT_SUB: case IR_STRICT_MUL: case IR_STRICT_DIV:                \
    case IR_STRICT_MOD: case IR_STRICT_MIN: case IR_STRICT_MAX

static inline bool ir_is_strict(ir_op op) { return op >= IR_STRICT_ADD && op <= IR_STRICT_MAX; }

typedef enum ir_class {
    IRC_LEAF, IRC_ARITH2, IRC_CMP2, IRC_LOGIC2, IRC_LOGIC1, IRC_BIT2, IRC_BIT1, IRC_INT2, IRC_INT1, IRC_SHIFT2,
    IRC_MATH1, IRC_MATH2, IRC_OTHER, IRC_STMT
} ir_class;

typedef struct ir_op_info {
    const char *id, *spelling, *brief;
    ir_class cls;
    int nargs;
} ir_op_info;
extern const ir_op_info ir_ops[IR_OP_COUNT];

/* A symbol: index into its context's table. 0 is none. */
typedef uint32_t ir_sym;

typedef enum ir_sym_kind {
    SYM_NONE,
    SYM_VAR,    /* a pure variable of a definition */
    SYM_RVAR,   /* a reduction variable; aux is its rdom */
    SYM_PARAM,  /* a scalar argument of the pipeline; aux is its cb_param_s */
    SYM_KNOB,   /* a tunable of a schedule */
    SYM_FUNC,   /* a Func; aux is its struct */
    SYM_IMAGE,  /* an input buffer; aux is its struct (the same as a Func's) */
    SYM_LOOP,   /* a loop variable */
    SYM_LET,    /* a name for a value */
    SYM_REGION, /* a bound of a stage's loops, before bounds inference defines it */
    SYM_BUFFER, /* flat storage: an argument buffer or an allocation */
    SYM_EXTERN  /* a C function */
} ir_sym_kind;

typedef struct ir_symbol {
    const char *name;
    ir_sym_kind kind;
    cb_type type;
    void *aux;
} ir_symbol;

typedef struct ir ir;
typedef struct ir_info ir_info;

/* Two 32-bit numbers in one payload word. */
typedef struct ir_ref {
    ir_sym sym;
    uint32_t index;
} ir_ref;

struct ir {
    uint16_t op; /* ir_op */
    uint16_t depth; /* levels of operands below, this one included; saturates */
    cb_type type;
    uint32_t nargs;
    uint32_t id;   /* order of creation in the context: the only order passes may rely on */
    uint32_t hash; /* expressions only */
    union {
        int64_t i;            /* INT, REDUCE */
        double f;             /* FLOAT */
        ir_sym sym;           /* VAR, LET */
        ir_ref ref;           /* CALL, LOAD, FIELD, IMPURE, C_CALL */
        const char *s;        /* STRING (interned), POISON: reason or NULL */
        const int32_t *lanes; /* SHUFFLE: type.lanes indices, interned */
        const ir_info *info;  /* statements */
        uint64_t bits;
    } u;
    const ir *arg[];
};

/* LOAD's ref.index and STORE's info->mem: flags and alignment facts. */
enum {
    IR_MEM_STREAM = 1,         /* non-temporal */
    IR_MEM_ALIGN_SHIFT = 8,    /* bits 8..15: log2 of the known alignment in bytes of lane 0, 0 none */
    IR_MEM_ALIGN_MASK = 0xff00
};

/* IF before flattening: the statement inside runs in any case, but its loads are off where the
 * condition is false. */
enum { IR_IF_LOADS = 1 };

typedef enum ir_loop_kind {
    LOOP_SERIAL, LOOP_PARALLEL, LOOP_VECTOR, LOOP_UNROLL, LOOP_GPU_BLOCK, LOOP_GPU_THREAD, LOOP_GPU_LANE
} ir_loop_kind;
typedef enum ir_device { DEVICE_NONE, DEVICE_HOST, DEVICE_CUDA, DEVICE_OPENCL } ir_device;
typedef enum ir_memory { MEM_AUTO, MEM_HEAP, MEM_STACK, MEM_REGISTER, MEM_SHARED } ir_memory;
/* Loop partitioning policy. */
typedef enum ir_partition { PARTITION_AUTO, PARTITION_NEVER, PARTITION_ALWAYS } ir_partition;

/* The payload of a statement. Only the fields its op speaks of are set. */
struct ir_info {
    ir_sym sym;
    ir_loop_kind kind;      /* FOR */
    ir_device device;       /* FOR */
    ir_partition partition; /* FOR */
    ir_memory memory;       /* REALIZE, ALLOCATE */
    cb_type type;           /* ALLOCATE */
    uint32_t nvalues;       /* PROVIDE: values; REALIZE: values per element */
    uint32_t rank;          /* PROVIDE, REALIZE: dimensions */
    uint32_t mem;           /* STORE, PROVIDE: IR_MEM_... */
    uint32_t index;         /* PAR_CALL: function; IF: IR_IF_LOADS; FOR: 1 + number of its partition() */
    int code;               /* ASSERT: CB_ERR_... */
    const char *text;       /* ASSERT, PRINT: message format with %s %d %u %f; FOR: directive it came from */
    cb_loc loc;
};

/* ---- contexts (context.c) -------------------------------------------------------------------- */

/* What a Carbide context is inside: one arena, the intern table, symbols, diagnostics. Lowering
 * works in a context of its own (made and freed per compile), so that ids do not depend on what was
 * compiled before. */
typedef struct cb_context {
    arena *a;
    escape esc;
    diags diags;
    strtab strings;
    const ir **table; /* intern table */
    uint32_t ntable, table_cap;
    uint32_t next_id;
    vec(ir_symbol) syms;
    vec(const ir *) args_scratch;
    uint32_t next_impure;
    int depth_limit;
    void *dsl; /* the front end's state (dsl/model.h) */
    void *lower; /* the simplifier's answers (lower/facts.c) */
    int planted; /* a bug of planted.def put in on purpose, 0: none */
    struct cb_context *parent; /* of a compile's context: where diagnostics go */
} cb_context;

cb_context *ctx_new(const cb_allocator_fns *fns); /* NULL when out of memory */
/* A fresh context with the allocator of `parent`; its diagnostics are delivered to parent's. */
cb_context *ctx_new_child(cb_context *parent);
void ctx_free(cb_context *c);
const char *ctx_string(cb_context *c, const char *s);
ir_sym ir_sym_new(cb_context *c, const char *name, ir_sym_kind kind, cb_type type, void *aux);
static inline ir_symbol *ir_symbol_of(cb_context *c, ir_sym s) { return &c->syms.at[s]; }
static inline const char *ir_sym_name(cb_context *c, ir_sym s) { return c->syms.at[s].name; }

/* Bugs put in on purpose, to test the tests: see planted.def. */
typedef enum ir_bug {
    BUG_NONE,
#define BUG(id, pass, what) BUG_##id,
#include "planted.def"
#undef BUG
    BUG_COUNT
} ir_bug;
#ifdef CB_PLANT
#define PLANTED(ctx, bug) ((ctx)->planted == BUG_##bug)
#else
#define PLANTED(ctx, bug) ((void)(ctx), false)
#endif

/* ---- constructors (build.c) ---------------------------------------------------------------------
 * The only place nodes are made. All check operand types: a mismatch is a bug of ours and goes to
 * diag_bug. The front end checks user mistakes before it comes here. A poison operand gives that
 * poison. Constants fold here by the semantics of value.c; nothing else is simplified. */

const ir *ir_node(cb_context *c, ir_op op, cb_type t, uint64_t payload, const ir *const *args, uint32_t nargs);
const ir *ir_poison(cb_context *c, const char *why);
const ir *ir_int(cb_context *c, cb_type t, int64_t v);   /* vector types: a broadcast; wraps to t */
const ir *ir_float(cb_context *c, cb_type t, double v);  /* rounded to t */
const ir *ir_const(cb_context *c, cb_type t, double v);  /* either, by type */
const ir *ir_bool(cb_context *c, bool v);
const ir *ir_i32(cb_context *c, int64_t v);
const ir *ir_i64(cb_context *c, int64_t v);
const ir *ir_string(cb_context *c, const char *s);
const ir *ir_var(cb_context *c, ir_sym s); /* of the symbol's type */
const ir *ir_var_typed(cb_context *c, ir_sym s, cb_type t);
/* ARITH2, CMP2, LOGIC2, BIT2, INT2, SHIFT2, MATH2, ABSD */
const ir *ir_bin(cb_context *c, ir_op op, const ir *a, const ir *b);
/* LOGIC1, BIT1, INT1, MATH1, ABS, IS_NAN, LIKELY */
const ir *ir_un(cb_context *c, ir_op op, const ir *a);
/* MUL_SHR, ROUND_MUL_SHR, FMA */
const ir *ir_tri(cb_context *c, ir_op op, const ir *a, const ir *b, const ir *d);
#define IR_BIN_FN(name, OP)                                                                      \
    static inline const ir *ir_##name(cb_context *c, const ir *a, const ir *b)                   \
    {                                                                                            \
        return ir_bin(c, IR_##OP, a, b);                                                         \
    }
IR_BIN_FN(add, ADD) IR_BIN_FN(sub, SUB) IR_BIN_FN(mul, MUL) IR_BIN_FN(div, DIV)
IR_BIN_FN(mod, MOD) IR_BIN_FN(min, MIN) IR_BIN_FN(max, MAX) IR_BIN_FN(eq, EQ) IR_BIN_FN(ne, NE)
IR_BIN_FN(lt, LT) IR_BIN_FN(le, LE) IR_BIN_FN(and, AND) IR_BIN_FN(or, OR)
#undef IR_BIN_FN
static inline const ir *ir_not(cb_context *c, const ir *a) { return ir_un(c, IR_NOT, a); }
static inline const ir *ir_likely(cb_context *c, const ir *a) { return ir_un(c, IR_LIKELY, a); }
const ir *ir_addi(cb_context *c, const ir *a, int64_t k); /* a + k, in a's type; a itself for 0 */
const ir *ir_muli(cb_context *c, const ir *a, int64_t k);
/* The strict form of an operation whose results have type t; op itself when it has none. */
ir_op ir_strict_op(ir_op op, cb_type t);
const ir *ir_select(cb_context *c, const ir *cond, const ir *a, const ir *b);
const ir *ir_cast(cb_context *c, cb_type t, const ir *a); /* t's lanes are taken from a */
const ir *ir_reinterpret(cb_context *c, cb_type t, const ir *a);
const ir *ir_promise(cb_context *c, const ir *x, const ir *lo, const ir *hi);
const ir *ir_call(cb_context *c, ir_sym func, uint32_t value, cb_type t, const ir *const *coords, uint32_t rank);
const ir *ir_load(cb_context *c, cb_type t, ir_sym buffer, uint32_t mem, const ir *index, const ir *pred);
const ir *ir_ramp(cb_context *c, const ir *base, const ir *stride, unsigned n);
const ir *ir_broadcast(cb_context *c, const ir *a, unsigned n); /* a itself when n is 1 */
const ir *ir_shuffle(cb_context *c, const ir *const *parts, uint32_t nparts, const int32_t *lanes, uint32_t n);
const ir *ir_reduce(cb_context *c, ir_op op, const ir *a, unsigned lanes);
const ir *ir_let(cb_context *c, ir_sym s, const ir *value, const ir *body);

/* Fields of an argument buffer. MIN and EXTENT are i32, STRIDE and DEVICE i64, the others i32; HOST_NULL and NULL are bool. */
typedef enum ir_buffer_field {
    FIELD_MIN, FIELD_EXTENT, FIELD_STRIDE, FIELD_TYPE_CODE, FIELD_TYPE_BITS, FIELD_RANK,
    FIELD_IS_NULL,   /* the cb_buffer pointer is NULL */
    FIELD_IS_QUERY,  /* neither host memory nor a device handle */
    FIELD_HOST_NULL,
    FIELD_BAD_VERSION, /* size or version unknown */
    FIELD_HOST_LOW,    /* i32: the address of the first element modulo 4096 */
    FIELD_COUNT
} ir_buffer_field;
const ir *ir_field(cb_context *c, ir_sym buffer, ir_buffer_field f, unsigned dim);

/* PLACES: one operand for each place that a definition writes at once, all of one type. How many
 * the first of n expressions to do so speaks of (else 1), and e at one of them. */
const ir *ir_places(cb_context *c, const ir *const *args, uint32_t n);
uint32_t ir_place_count(cb_context *c, const ir *const *e, uint32_t n);
const ir *ir_at_place(cb_context *c, const ir *e, uint32_t place);
/* What has an effect and depends on places happens once for each of them, and must do so when its operands have become the
 * same at all. e with those nodes (IMPURE, calls of impure C functions) marked in their number: ir_at_place makes of a
 * marked one another node at every place. Done where a definition is made. */
const ir *ir_mark_places(cb_context *c, const ir *e);

/* Takes UNDEF out of a value: what is stored where *when (a bool) holds; NULL: nothing ever. UNDEF stands at the top
 * or in choices there: select(c, undef, e) is e when !c. */
const ir *ir_split_undef(cb_context *c, const ir *value, const ir **when);
bool ir_has_undef(cb_context *c, const ir *value);

/* Statements. `loc` may be zero. */
const ir *ir_stmt(cb_context *c, ir_op op, const ir_info *info, const ir *const *args, uint32_t nargs);
/* The node `s` with other operands (s itself when they are the same). A statement's info is shared; the
 * type of an expression follows from its new operands, with the payload (symbol, repetitions, cast
 * type) kept. A statement whose body becomes NULL (nothing to do) is NULL. */
const ir *ir_with_args(cb_context *c, const ir *s, const ir *const *args);
const ir *ir_let_stmt(cb_context *c, ir_sym s, const ir *value, const ir *body);
const ir *ir_assert(cb_context *c, const ir *cond, int code, const char *text, const ir *const *args, uint32_t nargs);
const ir *ir_for(cb_context *c, ir_sym s, ir_loop_kind k, const ir *min, const ir *extent, const ir *body);
const ir *ir_provide(cb_context *c, ir_sym func, const ir *const *coords, uint32_t rank, const ir *const *values, uint32_t nvalues, const ir *pred);
const ir *ir_store(cb_context *c, ir_sym buffer, uint32_t mem, const ir *index, const ir *value, const ir *pred);
const ir *ir_block(cb_context *c, const ir *const *stmts, uint32_t n); /* flattens; NULLs dropped; NULL when empty */
const ir *ir_block2(cb_context *c, const ir *a, const ir *b);
const ir *ir_if(cb_context *c, const ir *cond, const ir *then_s, const ir *else_s); /* else may be NULL */

/* ---- reading nodes --------------------------------------------------------------------------- */

static inline bool ir_is_stmt(const ir *n) { return ir_ops[n->op].cls == IRC_STMT; }
/* A call of a C function that does something besides (of a pure one it may happen any number of times)? */
static inline bool ir_is_impure_call(const ir *n) { return n->op == IR_C_CALL && n->u.ref.index; }
static inline bool ir_is_poison(const ir *n) { return n->op == IR_POISON; }
/* A scalar constant, or a broadcast of one. */
bool ir_as_int(const ir *n, int64_t *v);
bool ir_as_float(const ir *n, double *v);
bool ir_is_int(const ir *n, int64_t v); /* equals that constant (integers, bools and their broadcasts) */
static inline bool ir_is_true(const ir *n) { return type_is_bool(n->type) && ir_is_int(n, 1); }
static inline bool ir_is_false(const ir *n) { return type_is_bool(n->type) && ir_is_int(n, 0); }

static inline ir_sym for_sym(const ir *s) { return s->u.info->sym; }
static inline const ir *for_min(const ir *s) { return s->arg[0]; }
static inline const ir *for_extent(const ir *s) { return s->arg[1]; }
static inline const ir *for_body(const ir *s) { return s->arg[2]; }
/* PROVIDE: coordinates at arg[0..rank), values after them, predicate last */
static inline const ir *const *provide_values(const ir *s) { return s->arg + s->u.info->rank; }
static inline const ir *provide_pred(const ir *s) { return s->arg[s->nargs - 1]; }
/* REALIZE: arg[2d], arg[2d+1] = min, extent of dimension d; then condition, body */
static inline const ir *realize_body(const ir *s) { return s->arg[s->nargs - 1]; }

/* ---- walking (walk.c) ---------------------------------------------------------------------------
 * ir_map rebuilds a node from mapped operands:
 *
 *     static const ir *rename(ir_mapper *m, const ir *n)
 *     {
 *         if (n->op == IR_VAR && n->u.sym == 3) return ...;
 *         return ir_map(m, n);               // everything else: map the operands
 *     }
 *     ir_mapper m = {.ctx = c, .fn = rename, .env = &mine};
 *     result = ir_apply(&m, root);
 *
 * ir_apply calls fn once per expression node and remembers (memo); statements are visited each time.
 * A pass whose answer for an expression depends on where it stands clears m.memo when its
 * environment changes (map_clear). Depth is limited: beyond it the walk reports `too-deep` and jumps
 * to the guard. */
typedef struct ir_mapper ir_mapper;
struct ir_mapper {
    cb_context *ctx;
    const ir *(*fn)(ir_mapper *m, const ir *n);
    void *env;
    map memo;
    int depth;
};
const ir *ir_apply(ir_mapper *m, const ir *n);
/* n with every operand replaced by ir_apply of it; n itself when none changed. A PROVIDE, LET etc.
 * keeps its symbol. */
const ir *ir_map(ir_mapper *m, const ir *n);

/* Pre-order visit of every distinct expression and every statement below n, once each. fn returns
 * false to skip the operands. */
void ir_visit(cb_context *c, const ir *n, bool (*fn)(void *env, const ir *n), void *env);
/* Would n do something besides giving a value (IMPURE, calls of impure C functions)? */
bool ir_has_effect(cb_context *c, const ir *n);
/* Does n read elements, or ask what is known at run time only (LOAD, CALL, C_CALL, IMPURE, QUERY, QUERY_DIM)? */
bool ir_reads_memory(cb_context *c, const ir *n);
/* How many distinct expressions, and statements, n is. */
uint64_t ir_size(cb_context *c, const ir *n);
/* Is some node below n, itself included, one of those? */
bool ir_any(cb_context *c, const ir *n, bool (*is)(const ir *n));
/* The same of statements alone: expressions are not looked into. */
bool ir_any_stmt(cb_context *c, const ir *n, bool (*is)(const ir *n));

/* Substitution of symbols by expressions (VAR nodes); key: symbol, value: const ir *. Let-bound
 * symbols are unique, so nothing is captured. */
const ir *ir_substitute(cb_context *c, const ir *n, const map *by_sym);
const ir *ir_substitute1(cb_context *c, const ir *n, ir_sym s, const ir *value);
/* Does n mention symbol s (as VAR, CALL, LOAD, FIELD, or a statement's symbol)? */
bool ir_uses(cb_context *c, const ir *n, ir_sym s);
/* Does n mention any symbol of the set (keys)? */
bool ir_uses_any(cb_context *c, const ir *n, const map *set);
/* The same, without FIELD: a buffer's extents are not its elements. */
bool ir_reads_any(cb_context *c, const ir *n, const map *set);
/* Free VAR symbols of n in order of first appearance, pushed to *out (keys; values 0). */
void ir_free_vars(cb_context *c, const ir *n, map *out);
/* All LET nodes of an expression substituted away (a DAG stays small). */
const ir *ir_inline_lets(cb_context *c, const ir *n);
/* An expression whose operations on floats are all strict. */
const ir *ir_strict(cb_context *c, const ir *n);
/* Copies an expression into another context; syms maps symbols (missing: a diag_bug). */
const ir *ir_import(cb_context *dst, cb_context *src, const ir *n, const map *syms);
/* A copy of statement s in which every symbol bound inside by FOR, LET, LET_STMT or ALLOCATE is fresh.
 * (REALIZE keeps its symbol: a Func is known by it, and copies stand in disjoint scopes.) */
const ir *ir_fresh_copy(cb_context *c, const ir *s);

/* ---- text (print.c, read.c) and verification (verify.c) -------------------------------------- */

/* Infix text of an expression, as a user would write it: "(in(x - 1, y) + 3)/2". Minimal parentheses. */
const char *ir_text(cb_context *c, const ir *n);
/* The readable loop nest (`carbide nest`-like statements with expressions infix). Symbols whose names
 * collide get a suffix .1, .2 in order of appearance, so the text depends on structure only. */
void ir_print(cb_context *c, text *t, const ir *n);
/* The complete textual IR (docs/ir.md): every node and payload; shared nodes once (%n = ...).
 * ir_read(ir_write(n)) gives an equal tree. */
void ir_write(cb_context *c, text *t, const ir *n);
const ir *ir_read(cb_context *c, const char *source, const char *filename); /* NULL after a diagnostic */
/* The typing rule of one node: NULL, or what is wrong. `info` for statements. The constructors refuse
 * what this refuses. */
const char *ir_type_error(ir_op op, cb_type t, const ir *n, const ir *const *args, uint32_t nargs);
/* Typing rules, operand counts, symbols bound once and before use (loop variables, lets, Vars and
 * RVars; parameters, knobs and regions are free). Returns NULL, or what is wrong (text in the arena).
 * `bound`: symbols bound outside, as keys; may be NULL. */
const char *ir_verify(cb_context *c, const ir *n, const map *bound);

/* ---- values (value.c): the semantics of every scalar operation, in one place --------------------
 * Used by the constant folder, the reference interpreter and the tests of every back end. */
typedef union ir_value {
    int64_t i; /* integers and bool: sign- or zero-extended from their width (u64: its bits) */
    double f;  /* floats: already rounded to their type */
} ir_value;
/* Canonical form: wraps an integer to type t. */
int64_t value_wrap(cb_type t, int64_t v);
double value_round(cb_type t, double v); /* to f16, bf16, f32 or f64; every NaN becomes one */
/* As the element lies in memory, zero-extended, and back. */
uint64_t value_to_bits(cb_type t, ir_value v);
ir_value value_from_bits(cb_type t, uint64_t bits);
/* As decimal text; floats with so many digits (17 tell all f64 apart). */
void value_put(text *t, cb_type type, ir_value v, int digits);
/* The value of a scalar integer, bool or float constant node. */
ir_value value_of(const ir *n);
/* One scalar operation on operands of type `operand` giving `result`. *overflow is set when a signed
 * 32- or 64-bit operation overflows (the value is then wrapped); it is never cleared. Handles every
 * expression op whose operands are plain values (arithmetic, comparison, logic, bits, SELECT, CAST,
 * REINTERPRET, ABS, math, IS_NAN, LIKELY, PROMISE). False for other ops. */
bool value_eval(ir_op op, cb_type result, const cb_type *operand, const ir_value *arg, ir_value *out, bool *overflow);

/* The fixed-point operations and bit counts (fixed.c), on values of type t; `count` is the type of what
 * shifts, the last of arg. */
int64_t value_fixed(ir_op op, cb_type t, cb_type count, const int64_t *arg);

/* Evaluates a closed expression given values of symbols: for tests and the rules checker. `lookup` gives the
 * value of a VAR; CALL and LOAD fail. Scalar only. */
bool ir_eval(cb_context *c, const ir *n, bool (*lookup)(void *env, ir_sym s, ir_value *out), void *env, ir_value *out, bool *overflow);

#endif
