/* codegen/llvm.h: shared by the files of the LLVM back end; nobody else includes it.
 *
 *   llvm_module.c  the module: arguments, entry points, metadata, passes, output
 *   llvm_stmt.c    statements: loops, branches, allocations, errors, parallel loops
 *   llvm_expr.c    expressions
 *   llvm_math.c    arithmetic: division, shifts, conversions, elementary functions
 *   llvm_poly.c    exp and log of f32 as polynomials
 *   llvm_fp.h      lists the files of the other elementary functions
 *   llvm_fixed.c   fixed point, bit counts, fma
 *   llvm_instead.c fixed point that was written out in a wider type
 *   llvm_dot.c     sums of neighbouring lanes and of their products
 *   llvm_native.c  instructions of the target, on vectors of any width
 *   llvm_vector.c  lanes: shuffles, ramps, reductions
 *   llvm_atomic.c  updates that threads share
 *   llvm_access.c  every shape of load and store
 *   llvm_extern.c  calls of C functions that compute Funcs
 *   llvm_compat.c  what differs between LLVM versions, and registering targets
 *
 * How values look in LLVM: bool is i1 in a register and a byte in memory; f16 and bf16 are i16 and
 * are widened to float around every operation; handles are i64; n lanes are <n x T>, one lane is T.
 */
#ifndef CB_LLVM_H
#define CB_LLVM_H

#include <llvm-c/Core.h>
#include <llvm-c/TargetMachine.h>

#include "codegen.h"

/* Memory behind one symbol, as the function being emitted sees it. */
typedef struct cg_memory {
    LLVMValueRef base;   /* ptr to element 0 (for an argument: to the element at min) */
    LLVMValueRef header; /* arguments: the cb_buffer, maybe null; else NULL */
    LLVMValueRef dims;   /* arguments: its cb_dim array */
    LLVMValueRef slot;   /* heap allocations: where the live pointer is kept; else NULL */
} cg_memory;

/* An outlined body of a parallel loop; type and is_argument are known once its call was emitted. */
typedef struct cg_closure {
    LLVMValueRef fn;
    LLVMTypeRef type;  /* struct of what is captured */
    bool *is_argument; /* per captured symbol: an argument buffer, which takes three words */
} cg_closure;

/* Numbers of the alias scopes: 0 is for the fields of cb_buffers, 1.. for memory. */
enum { CG_SCOPES_MAX = 64 };

/* A sequence that a loop counts: k times its variable, times `pace` if that is not 0. */
typedef struct cg_step {
    int64_t k;
    ir_sym pace;
    LLVMValueRef by;         /* from one to the next */
    LLVMValueRef phi, value; /* i64; what is to be used is the value */
} cg_step;

/* The loop being emitted. */
typedef struct cg_loop {
    LLVMValueRef begin;             /* i64 */
    LLVMBasicBlockRef before, head; /* the block that enters it, its first block */
    vec(cg_step) steps;             /* the first is its variable */
} cg_loop;

/* The block in which all assertions with the same error exit report. */
typedef struct cg_reporter {
    LLVMBasicBlockRef exit, block;
    LLVMValueRef code, message, n; /* its phis */
} cg_reporter;

typedef struct cg {
    low *L;
    cb_context *ctx;
    const cg_target *target;
    const char *name;
    deferred cleanup;

    LLVMContextRef llvm;
    LLVMModuleRef module;
    LLVMBuilderRef b;
    LLVMTargetMachineRef machine;
    LLVMTargetDataRef layout;
    LLVMMemoryBufferRef output;
    char *message; /* made by LLVM, to be given back */
    const char *error; /* first complaint of LLVM's diagnostics handler */
    unsigned long long frame; /* bytes of the largest stack frame that is too large, says the handler; or 0 */

    LLVMTypeRef i1, i8, i16, i32, i64, f32, f64, ptr, nothing;
    LLVMTypeRef dim_type, buffer_type;
    cg_closure *closures; /* parallel to L->functions */

    map scope_of;          /* buffer symbol -> number of its alias scope */
    LLVMMetadataRef scope[CG_SCOPES_MAX];
    LLVMValueRef own[CG_SCOPES_MAX], others[CG_SCOPES_MAX]; /* lists for alias.scope, noalias */
    unsigned nscopes;
    unsigned md_alias_scope, md_noalias, md_prof, md_nontemporal;
    bool streams;      /* something is stored past the caches */
    unsigned largest;  /* most expressions in one statement */
    map strings; /* interned text -> constant */
    LLVMValueRef *tables; /* parallel to L->tables; equal elements share a constant */

    /* The function being emitted. */
    LLVMValueRef fn, env;
    LLVMBasicBlockRef entry;     /* holds allocas; ends in a branch to start, added last */
    LLVMBasicBlockRef start;
    LLVMBasicBlockRef fail;      /* where an error goes: frees what is live, returns the code */
    LLVMBasicBlockRef last_fail; /* where all of those end: returns the code */
    map vars;                    /* symbol -> LLVMValueRef */
    map lines;                   /* integer symbol -> its value as a cg_line *, see llvm_index.h */
    map lets;                    /* symbol -> the expression it names, for the shape of indices */
    map memory;                  /* buffer symbol -> cg_memory * */
    cg_reporter reporter;        /* of the error exit used last */
    LLVMValueRef slots;          /* for the arguments of messages, made on first use */
    LLVMValueRef zero_slot;      /* a zero in memory, likewise */
    LLVMValueRef room;           /* for a vector in memory, likewise, of so many bytes */
    unsigned long long room_bytes;
    const ir *all_on;            /* a predicate that is known to hold for all lanes here, or NULL */
    bool some_on;                /* masks here have lanes that are off: nobody need ask */
    int loop_depth, stmt_depth, depth;
    cg_loop loop;
    bool innermost; /* inside a loop without loops, where these are bound */
    map changing;
    unsigned loops;              /* emitted in it */

    map memo;        /* expression -> LLVMValueRef, within one statement */
    map let_values;  /* let symbol -> value node, within one statement */
    vec(const ir *) work; /* stack of cg_expr */
} cg;

/* ---- types and constants --------------------------------------------------------------------- */

LLVMTypeRef cg_type(cg *g, cb_type t);        /* in registers */
LLVMTypeRef cg_memory_type(cg *g, cb_type t); /* in memory: bool is i8 */
LLVMTypeRef cg_lanes_type(LLVMTypeRef t, unsigned lanes);
unsigned cg_lanes(LLVMValueRef v);
/* The type of one lane, and the bits of an integer one. */
LLVMTypeRef cg_element(LLVMValueRef v);
static inline unsigned cg_width(LLVMValueRef v) { return LLVMGetIntTypeWidth(cg_element(v)); }
static inline LLVMValueRef cg_i64(cg *g, int64_t v)
{
    return LLVMConstInt(g->i64, (unsigned long long)v, 1);
}
static inline LLVMValueRef cg_i32(cg *g, int64_t v)
{
    return LLVMConstInt(g->i32, (unsigned long long)v, 1);
}
/* An integer or float constant with the type, and so the lanes, of `like`. */
LLVMValueRef cg_int_like(LLVMValueRef like, int64_t v);
LLVMValueRef cg_float_like(LLVMValueRef like, double v);
LLVMValueRef cg_text(cg *g, const char *s); /* pointer to a constant string */

/* ---- llvm_expr.c ----------------------------------------------------------------------------- */

LLVMValueRef cg_expr(cg *g, const ir *n);
/* Starts a statement: what was computed for the one before may be stale. */
void cg_forget(cg *g);
_Noreturn void cg_unsupported(cg *g, const ir *n);

/* ---- llvm_math.c ----------------------------------------------------------------------------- */

LLVMValueRef cg_arith(cg *g, ir_op op, cb_type t, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef cg_compare(cg *g, ir_op op, cb_type t, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef cg_shift(cg *g, bool left, cb_type t, cb_type tn, LLVMValueRef a, LLVMValueRef n);
LLVMValueRef cg_abs(cg *g, cb_type t, LLVMValueRef a);
LLVMValueRef cg_cast(cg *g, cb_type to, cb_type from, LLVMValueRef a);
LLVMValueRef cg_math(cg *g, ir_op op, cb_type t, LLVMValueRef *args, unsigned nargs);
/* Calls an intrinsic overloaded on the type of its first argument. */
LLVMValueRef cg_intrinsic(cg *g, const char *name, LLVMValueRef *args, unsigned nargs);
/* Calls an intrinsic by its name and what it is overloaded on. Operands and result are vectors of any elements of the right size
 * altogether: LLVM's versions differ in those that they ask for. */
LLVMValueRef cg_call_named(cg *g, const char *name, LLVMTypeRef *overload, unsigned noverload, LLVMTypeRef result,
                           const LLVMValueRef *args, unsigned nargs);
/* Small floats to float and back; others pass through. */
LLVMValueRef cg_widen(cg *g, cb_type t, LLVMValueRef a);
LLVMValueRef cg_narrow(cg *g, cb_type t, LLVMValueRef a);
/* A C function applied to every lane. */
LLVMValueRef cg_call_lanes(cg *g, const char *name, LLVMTypeRef result, LLVMValueRef *args,
                           unsigned nargs, bool pure);

/* ---- llvm_fixed.c ---------------------------------------------------------------------------- */

/* Fixed point, bit counts, fma. */
LLVMValueRef cg_fixed(cg *g, const ir *n, LLVMValueRef *arg);

/* ---- llvm_native.c --------------------------------------------------------------------------- */

/* An instruction as LLVM's intrinsics for vectors of 16, 32 and 64 bytes (of its last operand). */
enum { CG_NATIVE_OPERANDS = 3 };
typedef struct cg_instruction {
    const char *name[3];
    uint32_t needs[3];  /* one of these features; 0: what the caller knows to be there */
    unsigned overloads; /* on the types of the result, 1, and of the last operand, 2 */
    bool lane_by_lane;  /* the result has the lanes of the last operand; else its bytes */
} cg_instruction;
/* Do vectors of so many bytes fill it? */
bool cg_native_fills(const cg *g, const cg_instruction *I, unsigned bytes);
/* The instruction on whole vectors of integers that fill it; elements of the result have `bits`. */
LLVMValueRef cg_native(cg *g, const cg_instruction *I, unsigned bits, const LLVMValueRef *arg, unsigned nargs);

/* ---- llvm_instead.c -------------------------------------------------------------------------- */

/* What is equal to n and better, or n. */
const ir *cg_instead(cg *g, const ir *n);

/* ---- llvm_dot.c ------------------------------------------------------------------------------ */

/* acc + a sum of lanes of a*b (acc NULL: 0; b NULL: 1), by one of the ways of the table there. */
typedef struct cg_dot {
    const ir *reduce, *acc, *a, *b;
    const struct way *way;
} cg_dot;
/* Is n such a sum? Then acc, a, b are the operands to be there when it is emitted. */
bool cg_find_dot(cg *g, const ir *n, cg_dot *d);
LLVMValueRef cg_emit_dot(cg *g, const cg_dot *d, LLVMValueRef acc, LLVMValueRef a, LLVMValueRef b);

/* ---- llvm_poly.c ----------------------------------------------------------------------------- */

LLVMValueRef cg_polynomial_exp(cg *g, LLVMValueRef x); /* f32 */
LLVMValueRef cg_polynomial_log(cg *g, LLVMValueRef x);

/* ---- llvm_vector.c --------------------------------------------------------------------------- */

LLVMValueRef cg_splat(cg *g, LLVMValueRef v, unsigned n); /* n repetitions of a scalar or vector */
LLVMValueRef cg_lane(cg *g, LLVMValueRef v, unsigned i);
LLVMValueRef cg_set_lane(cg *g, LLVMValueRef v, LLVMValueRef x, unsigned i);
/* Lanes `lane` of the concatenation of parts (all of one element type); -1: any value. */
LLVMValueRef cg_shuffle(cg *g, LLVMValueRef *parts, unsigned nparts, const int32_t *lane,
                        unsigned n);
LLVMValueRef cg_join(cg *g, LLVMValueRef *parts, unsigned nparts); /* all lanes of the concatenation */
LLVMValueRef cg_slice(cg *g, LLVMValueRef v, unsigned from, unsigned n);
LLVMValueRef cg_ramp(cg *g, cb_type t, LLVMValueRef base, LLVMValueRef stride, unsigned n);
LLVMValueRef cg_reduce(cg *g, ir_op op, cb_type t, LLVMValueRef v, unsigned lanes);

/* ---- llvm_access.c --------------------------------------------------------------------------- */

LLVMValueRef cg_load(cg *g, const ir *load);
void cg_store(cg *g, const ir *store);

/* ---- llvm_index.c ---------------------------------------------------------------------------- */

/* A signed scalar of 32 or 64 bits as the i64 that addresses are made of (it may be assumed not to
 * overflow, so nothing else may use it); NULL for other types. */
LLVMValueRef cg_wide(cg *g, const ir *n);
/* The same of what is bound to a name. */
LLVMValueRef cg_symbol_wide(cg *g, ir_sym s);
/* Remembers of a name what indices are made of: its value, or that it is the variable of the loop. */
void cg_bind_line(cg *g, ir_sym s, const ir *value);
void cg_bind_count(cg *g, ir_sym s, LLVMValueRef variable);

/* ---- llvm_masked.c --------------------------------------------------------------------------- */

/* The scalar that a predicate is for all its lanes, or NULL. */
static inline const ir *cg_for_all(const ir *predicate)
{
    while (predicate->op == IR_BROADCAST)
        predicate = predicate->arg[0];
    return predicate->type.lanes == 1 ? predicate : NULL;
}

/* Has the machine masked accesses of elements of this type? */
bool cg_has_masked(const cg *g, cb_type t);
/* Neighbouring elements of `bytes` bytes from p on, those that mask has, where the machine has no such access. Lanes that are
 * off are 0. */
LLVMValueRef cg_load_where(cg *g, ir_sym buffer, LLVMTypeRef t, unsigned bytes, LLVMValueRef p, unsigned align, LLVMValueRef mask);
void cg_store_where(cg *g, ir_sym buffer, LLVMValueRef v, unsigned bytes, LLVMValueRef p, unsigned align, LLVMValueRef mask);
/* The predicate that all masked accesses of a STORE have for which the machine has no instruction, if there are several; else NULL. */
const ir *cg_shared_mask(cg *g, const ir *store);
/* The store by `emit`, once where that predicate holds for all lanes and once where it does not. */
void cg_in_two_cases(cg *g, const ir *store, const ir *predicate, void (*emit)(cg *g, const ir *store));

/* ---- llvm_atomic.c --------------------------------------------------------------------------- */

void cg_atomic(cg *g, const ir *s);

/* ---- llvm_stmt.c ----------------------------------------------------------------------------- */

void cg_stmt(cg *g, const ir *s);
LLVMBasicBlockRef cg_block(cg *g, const char *name);
/* What is built next stands at the end of b. */
void cg_go_on_in(cg *g, LLVMBasicBlockRef b);
/* Runs the rest under a condition: branches to a new block; cg_end_if continues after it. */
LLVMBasicBlockRef cg_begin_if(cg *g, LLVMValueRef cond);
void cg_end_if(cg *g, LLVMBasicBlockRef after);
/* Branches to `unlikely` when cond holds; goes on in a new block. */
void cg_branch_off(cg *g, LLVMValueRef cond, LLVMBasicBlockRef unlikely);
/* A function gets its blocks; after its body, cg_function_end closes it with `return 0`. */
void cg_function_begin(cg *g, LLVMValueRef fn);
void cg_function_end(cg *g);
void cg_parallel_body(cg *g, unsigned index);
LLVMValueRef cg_alloca(cg *g, LLVMTypeRef t, uint64_t count, unsigned align);
void cg_bind(cg *g, ir_sym s, LLVMValueRef v, const ir *value);
cg_memory *cg_memory_of(cg *g, ir_sym buffer);

/* Goes to the error exit when code (an i32 just computed) is not 0. */
void cg_check_code(cg *g, LLVMValueRef code);
/* Goes there with a code when `bad` holds. */
void cg_fail_if(cg *g, LLVMValueRef bad, LLVMValueRef code);
/* Goes there with a code, from the current block, which ends here. */
void cg_fail_with(cg *g, LLVMValueRef code);

/* ---- llvm_loop.c ----------------------------------------------------------------------------- */

void cg_for(cg *g, const ir *s);
bool cg_is_loop(const ir *n);
/* Iterations [begin, end) of body over sym; at least one when `some`. With `ask`, each asks first whether to stop. */
void cg_range(cg *g, ir_sym sym, LLVMValueRef begin, LLVMValueRef end, bool some, const ir *body, bool ask);
/* k times the variable of the innermost loop, times a name bound before it (0: 1), as an i64. */
LLVMValueRef cg_stepped(cg *g, int64_t k, ir_sym pace);
/* Here LLVM sees no further, for the sake of its time: see llvm_loop.c. */
void cg_end_of_sight(cg *g);

/* ---- llvm_message.c -------------------------------------------------------------------------- */

void cg_assert(cg *g, const ir *s);
void cg_print(cg *g, const ir *s);
/* cb_rt_error(env, code, message, args, n): args are i64. */
void cg_report(cg *g, LLVMValueRef code, const char *message, LLVMValueRef *args, unsigned n);
/* The same, and goes to the error exit; the current block ends here. */
void cg_fail(cg *g, int code, const char *message, LLVMValueRef *args, unsigned n);
/* A name for the text of a message. */
const char *cg_escaped(cg *g, const char *s);

/* ---- llvm_extern.c --------------------------------------------------------------------------- */

void cg_extern_stage(cg *g, const ir *s);
LLVMValueRef cg_query(cg *g, const ir *n, LLVMValueRef *arg);
LLVMValueRef cg_query_dim(cg *g, const ir *n, LLVMValueRef query);

/* ---- llvm_ccall.c ---------------------------------------------------------------------------- */

/* A C function of scalars, called for each lane that its predicate has. */
LLVMValueRef cg_c_call(cg *g, const ir *n, LLVMValueRef *arg);
/* Argument i of a call, of type t, as C passes it: small integers are extended by the caller. */
void cg_extend_argument(cg *g, LLVMValueRef call, unsigned i, cb_type t);

/* ---- llvm_table.c ---------------------------------------------------------------------------- */

/* Tables become the memory of their symbols in the function that begins. */
void cg_bind_tables(cg *g);

/* ---- llvm_module.c --------------------------------------------------------------------------- */

void cg_attribute(cg *g, LLVMValueRef fn, LLVMAttributeIndex where, const char *name,
                  uint64_t value);
/* Marks a memory access: which buffer it touches (0: fields of cb_buffers). */
void cg_mark_access(cg *g, LLVMValueRef access, ir_sym buffer);
/* A constant without a name. */
LLVMValueRef cg_constant(cg *g, LLVMValueRef value);
/* A new internal function; its body is the caller's. */
LLVMValueRef cg_own_function(cg *g, const char *name, LLVMTypeRef type);
/* The same, one that computes a value from its arguments alone. */
LLVMValueRef cg_helper(cg *g, const char *name, LLVMTypeRef type);
/* A function of the runtime or of the C library, declared on first use. */
LLVMValueRef cg_extern(cg *g, const char *name, LLVMTypeRef type);

/* ---- llvm_compat.c --------------------------------------------------------------------------- */

void cg_register_targets(void);
/* The four masked memory intrinsics: the operand for alignment comes and goes with the version. */
LLVMValueRef cg_masked_load(cg *g, LLVMTypeRef t, LLVMValueRef p, unsigned align, LLVMValueRef mask,
                            LLVMValueRef pass);
LLVMValueRef cg_masked_store(cg *g, LLVMValueRef v, LLVMValueRef p, unsigned align,
                             LLVMValueRef mask);
LLVMValueRef cg_gather(cg *g, LLVMTypeRef t, LLVMValueRef ps, unsigned align, LLVMValueRef mask,
                       LLVMValueRef pass);
LLVMValueRef cg_scatter(cg *g, LLVMValueRef v, LLVMValueRef ps, unsigned align, LLVMValueRef mask);

#endif
