/* tests/fuzz/gen.h: what the files that make random programs share, and how to add to them.
 *
 * Everything random that has alternatives is a table of rows: a name, a weight, for which types, and a function
 * that makes the expression. A new operation is one row in gen_value.c:
 *
 *     {"popcount", 2, IS_INTEGER, word_1},
 *
 * and the histogram (make fuzz) lists it: operators by their occurrence in accepted cases, forms without an
 * operator (a name with a space) by fz_mark. What a row makes must mean the same in every order of evaluation:
 * see generate.c.
 */
#ifndef CB_FUZZ_GEN_H
#define CB_FUZZ_GEN_H

#include "fuzz.h"

typedef struct gen {
    fz_case *k;
    rng *r;
    int func;   /* the Func being defined */
    int update; /* -1: its pure definition */
    int nr;     /* RVars in sight */
    bool self;  /* may read itself (an update) */
    int nred;   /* variables of the reduction around, */
    bool plain; /* and no reductions here */
} gen;

/* Which types a row is for. */
typedef enum gen_when {
    ANY,
    IS_INTEGER,
    IS_SIGNED,
    IS_UNSIGNED,
    IS_NARROW, /* integers that wrap: not i32, i64 */
    IS_FLOAT
} gen_when;

typedef struct gen_row gen_row;
struct gen_row {
    const char *name; /* the operator or word; or words with a space: a form that is marked */
    int weight;
    gen_when when;
    fx *(*make)(gen *g, const gen_row *row, cb_type t, int depth);
};

/* A row for type t, by weight; marks forms. */
const gen_row *gen_choose(gen *g, const gen_row *rows, size_t n, cb_type t);
#define GEN_ONE_OF(g, rows, t, depth) gen_make(g, rows, COUNT_OF(rows), t, depth)
fx *gen_make(gen *g, const gen_row *rows, size_t n, cb_type t, int depth);

/* gen_value.c */
extern const cb_type gen_types[];
enum { GEN_INTS = 8, GEN_FLOATS = 4, GEN_TYPES = GEN_INTS + GEN_FLOATS }; /* narrow integers come first */
cb_type gen_type(rng *r);
fx *gen_value(gen *g, cb_type t, int depth);
fx *gen_condition(gen *g, int depth);
fx *gen_clamped(gen *g, cb_type t, int depth);
fx *gen_widened(gen *g, cb_type t); /* a number or product of numbers of 8 or 16 bits */
void gen_value_forms(void (*fn)(void *env, const char *name), void *env);

/* gen_stage.c: reductions and random numbers as values, several values, scans, undef, bounds from data */
fx *gen_reduced(gen *g, const gen_row *row, cb_type t, int depth);
fx *gen_random(gen *g, const gen_row *row, cb_type t, int depth);
fx *gen_effect(gen *g, const gen_row *row, cb_type t, int depth);
bool gen_scan(gen *g, fz_update *up);
bool gen_reduction(gen *g, fz_update *up);
void gen_crowd(gen *g, fz_update *up);
void gen_update_forms(gen *g, fz_update *up);
void gen_func_forms(gen *g, bool output);
int gen_undef_first(gen *g, bool output);
void gen_stage_forms(void (*fn)(void *env, const char *name), void *env);

/* cfuncs.c: calls of C functions, reads of tables; the Func as one that a C function computes, or false */
fx *gen_c_call(gen *g, const gen_row *row, cb_type t, int depth);
fx *gen_table(gen *g, const gen_row *row, cb_type t, int depth);
bool gen_extern(gen *g);

/* gen_index.c */
fx *gen_variable(gen *g, int d);
fx *gen_offset(gen *g, fx *e, int c);
fx *gen_data_index(gen *g, int limit);
fx *gen_coordinate(gen *g, int d, int depth);
fx *gen_call(gen *g, int callee, int depth);
fx *gen_input_read(gen *g, int depth);
fx *gen_self_read(gen *g);
void gen_index_forms(void (*fn)(void *env, const char *name), void *env);

/* sayings.c: what is said of inputs and outputs, whose regions are known */
void gen_sayings(fz_case *k);
void gen_sayings_forms(void (*fn)(void *env, const char *name), void *env);

/* generate.c: nodes */
fx *gen_node(gen *g, fx_kind kind, cb_type t, int nkids);
fx *gen_literal(gen *g, cb_type t, double v);
fx *gen_small_literal(gen *g, cb_type t);
fx *gen_op1(gen *g, fx_kind kind, cb_type t, const char *op, fx *a);
fx *gen_op2(gen *g, fx_kind kind, cb_type t, const char *op, fx *a, fx *b);
fx *gen_op3(gen *g, cb_type t, const char *word, fx *a, fx *b, fx *c);
fx *gen_cast(gen *g, cb_type t, fx *a);
fx *gen_pure_var(gen *g, int d);
bool gen_has(const fx *e, fx_kind kind);

#endif
