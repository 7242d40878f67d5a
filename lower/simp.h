/* lower/simp.h: what the files of the simplifier share: linear forms, facts with their caches, and
 * the constructors that simplify as they build.
 *
 *     simp_bin(S, IR_ADD, x + 1, 2)   gives   x + 3
 */
#ifndef CB_SIMP_H
#define CB_SIMP_H

#include "lower.h"

/* In an exhaustive switch over the operations of expressions: `IR_STATEMENT_CASES:`. */
#define IR_STATEMENT_CASES                                                                         \
    case IR_LET_STMT: case IR_ASSERT: case IR_PRODUCE: case IR_CONSUME: case IR_FOR:               \
    case IR_PROVIDE: case IR_STORE: case IR_REALIZE: case IR_ALLOCATE: case IR_FREE:               \
    case IR_BLOCK: case IR_IF: case IR_EVALUATE: case IR_PAR_CALL: case IR_FORK: case IR_ACQUIRE:  \
    case IR_ATOMIC: case IR_SET_DIM: case IR_PREFETCH: case IR_PRINT: case IR_EXTERN_STAGE: case IR_EXTERN_CALL

/* ---- linear forms (linear.c)
 * ---------------------------------------------------------------------- k + sum of coef*atom,
 * atoms in order of id. Exact only where arithmetic does not wrap: i32, i64. */

enum { LIN_MAX = 24 };

typedef struct lin_term {
    const ir *atom;
    int64_t coef;
} lin_term;

typedef struct lin {
    cb_type type;
    bool math; /* over the integers: hints, broadcasts and widenings are looked through */
    uint32_t n;
    int64_t k;
    lin_term t[LIN_MAX];
} lin;

void lin_zero(lin *L, cb_type type, bool math);
/* L += coef*e; false when it has too many terms or a number too large; L is then of no use. */
bool lin_add(lin *L, const ir *e, int64_t coef);
/* The same, but only the outermost levels of a sum are opened: for sums that are too long. */
bool lin_add_top(lin *L, const ir *e, int64_t coef, uint32_t levels);
bool lin_add_const(lin *L, int64_t k);
bool lin_add_lin(lin *L, const lin *M, int64_t coef);
bool lin_scale(lin *L, int64_t factor);
/* Takes term i out and gives its coefficient. */
int64_t lin_take(lin *L, uint32_t i);
/* e as a linear form; e itself as the only atom when it is not one. */
void lin_of(lin *L, const ir *e, bool math);
/* a - b; false when it cannot be expressed. */
bool lin_diff(lin *L, const ir *a, const ir *b, bool math);
/* Divides a form known to be compared with 0 (L >= 0) by the common divisor of its coefficients. */
void lin_tighten(lin *L);
int64_t lin_gcd(const lin *L); /* of the coefficients; 0 when there are none */
/* The one expression for a form: sums with like factors grouped, positive terms first, the constant
 * last. NULL when a number does not fit the type. Not for math forms. */
const ir *lin_build(cb_context *c, const lin *L);

int64_t floor_div(int64_t a, int64_t b); /* b > 0 */
int64_t floor_mod(int64_t a, int64_t b);
int64_t gcd64(int64_t a, int64_t b); /* >= 0; gcd(0, x) = |x| */

/* ---- facts and caches (facts.c) -------------------------------------------------------------- */

typedef struct sym_fact {
    const ir *lo, *hi; /* may be NULL */
    bool named; /* a let that stays: lo = hi is its value, but the symbol is not replaced by it */
    uint32_t serial; /* later facts have larger ones */
    const_range range;
} sym_fact;

/* A math form that is >= 0. */
typedef struct condition {
    lin form;
    uint64_t mask; /* of its atoms */
} condition;

struct facts {
    cb_context *c;
    const facts *outer;
    bool any; /* there is a fact here or outside */
    map syms; /* symbol -> sym_fact * */
    map known; /* bool expression -> 0 or 1 */
    vec(const condition *) nonneg;
    uint32_t serial; /* of the latest fact about a symbol here or outside */
    uint64_t nonneg_mask; /* of the atoms in nonneg */
    uint64_t mask; /* of all atoms that a proof may use, here or outside */
    struct simp_cache *cache;
};

/* Answers under one set of facts; dropped when a fact is added. */
typedef struct simp_cache {
    map simple; /* expression -> simplified */
    map syms; /* symbol -> its fact here or outside, or NULL */
    map ranges; /* expression -> const_range * */
    int depth;
} simp_cache;

/* A bit for an atom; equal atoms have equal bits. */
static inline uint64_t atom_mask(const ir *atom)
{
    return (uint64_t)1 << ((atom->op == IR_VAR ? atom->u.sym : atom->id) & 63);
}
/* The facts object for f: f, or the context's factless one. */
const facts *simp_facts(cb_context *c, const facts *f);
const sym_fact *facts_symbol(const facts *f, ir_sym s);
/* s is a name for value, which is simplified. */
void facts_let(facts *f, ir_sym s, const ir *value, bool replace);
/* 1 or 0 when the condition is known, else -1. */
int facts_known(const facts *f, const ir *cond);
const_range simp_range(const facts *S, const ir *e);
const_range lin_range(const facts *S, const lin *L);
/* Is the math form >= 0 for certain? Spends at most `budget` steps. */
bool prove_nonneg(const facts *S, const lin *L, int budget);

/* ---- simplifying constructors (simplify.c); operands are simplified -------------------------- */

const ir *simp(const facts *S, const ir *e); /* any expression */
const ir *simp_node(const facts *S, const ir *n); /* n whose operands are simplified */
const ir *simp_bin(const facts *S, ir_op op, const ir *a, const ir *b);
const ir *simp_un(const facts *S, ir_op op, const ir *a);
const ir *simp_select(const facts *S, const ir *cond, const ir *a, const ir *b);
const ir *simp_cast(const facts *S, cb_type t, const ir *a);
const ir *simp_broadcast(const facts *S, const ir *a, unsigned n);
const ir *simp_ramp(const facts *S, const ir *base, const ir *stride, unsigned n);
const ir *simp_lin(const facts *S, const lin *L); /* NULL as lin_build */

/* Normal forms of some operations (normal.c); n itself when there is nothing to do. */
const ir *normal_sum(const facts *S, const ir *n);     /* ADD, SUB, MUL of i32, i64 */
const ir *normal_div_mod(const facts *S, const ir *n); /* DIV, MOD of i32, i64 by a constant */
const ir *simp_divided_ramp(const facts *S, const ir *n); /* the same of a ramp (ramps.c) */
const ir *normal_min_max(const facts *S, const ir *n);
const ir *normal_compare(const facts *S, const ir *n); /* of i32, i64 */
const ir *normal_logic(const facts *S, const ir *n);   /* AND, OR */
const ir *normal_cast(const facts *S, const ir *n);

/* The condition as "L >= 0" (math form), for LE and LT of i32 and i64. */
bool compare_as_lin(const ir *cond, lin *L);
/* Is n a constant, or a broadcast of one? */
static inline bool simp_is_number(const ir *n)
{
    if (n->op == IR_BROADCAST) n = n->arg[0];
    return n->op == IR_INT || n->op == IR_FLOAT;
}
/* Is a let of this value of no use: a constant, a symbol, a symbol plus a constant? */
bool simp_is_cheap(const ir *value);
/* cond without LIKELY around it. */
static inline const ir *without_likely(const ir *cond)
{
    while (cond->op == IR_LIKELY) cond = cond->arg[0];
    return cond;
}

#endif
