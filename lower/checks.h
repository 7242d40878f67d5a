/* lower/checks.h: what the entry checks (checks.c) share with what the program says of its arguments (sayings.c). */
#ifndef CB_CHECKS_H
#define CB_CHECKS_H

#include "lower.h"

/* Names of the fields of a buffer, per dimension. A stride of 0 (no symbol) is the constant 1. */
typedef struct fields {
    ir_sym *min, *extent, *stride;
} fields;

typedef struct argument {
    low_func *f;
    uint32_t value;
    ir_sym buffer;
    fields *entry;
    box *region;
    const char *what; /* "input", "output", "table" */
    const ir *name;   /* as a STRING */
    const ir **answer; /* to a query: min, extent, stride of each dimension, made on demand */
    bool *asked;       /* those that are being made */
    bool *ruled;       /* rules that are checked */
} argument;

typedef vec(const ir *) stmts;

typedef struct checker {
    low *L;
    cb_context *c;
    vec(argument) args;
    vec(argument) tables; /* of which only the region is checked */
    map boxes;        /* low_func -> box */
    ir_mapper fields; /* FIELD -> let, or what the program says it is */
    ir_mapper given;  /* FIELD -> let, or the number that the program says it is */
    ir_mapper wide;   /* i32 -> i64 */
    facts *known;     /* what the checks so far have shown */
    map fits;         /* sums and products in rules that were found to fit their type */
    bool asking;      /* queries met get names */
    vec(const ir *) queries; /* those with names, */
    vec(ir_sym) answers;     /* and their names */
} checker;

static inline const ir *check_i64(checker *k, const ir *e) { return ir_cast(k->c, T_I64, e); }

/* checks.c: adds an assertion; a condition that is known to hold is left out. */
void check_add(checker *k, stmts *to, const ir *cond, int code, const char *msg, const ir *const *args, uint32_t nargs);
#define CHECK(k, to, cond, code, text, ...)                                                        \
    check_add(k, to, cond, CB_ERR_##code, text, (const ir *const[]){__VA_ARGS__},                  \
              COUNT_OF(((const ir *const[]){__VA_ARGS__})))
/* Field `what` of dimension d of the buffer as the let that holds what the caller gave (a stride of 1: the constant). */
const ir *check_given(checker *k, const argument *a, uint32_t d, int what);
argument *check_argument(checker *k, ir_sym buffer);

/* sayings.c: the same field as the program says it is, in terms of lets that it says nothing of; NULL: it does not. */
const ir *saying_known(checker *k, argument *a, uint32_t d, int what);
/* Finds all of them, for flatten. */
void saying_all_known(checker *k, argument *a);
/* Does the program say what the field is, other than by a number? */
bool saying_is_rule(const argument *a, uint32_t d, int what);
/* Are all buffers that matter to e no queries? */
const ir *saying_all_given(checker *k, const ir *e);
void check_rules(checker *k, stmts *to, argument *a);
void check_alignment(checker *k, stmts *to, const argument *a);
/* The requirements; in an answer to a query only those that speak of no query. */
void check_requirements(checker *k, stmts *to, bool in_answer);
/* What a query of this buffer is told of the field. */
const ir *saying_answer(checker *k, argument *a, uint32_t d, int what);

#endif
