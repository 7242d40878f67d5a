/* tests/unit/flat_run.h: runs flat IR on memory of the test, with stmt_eval.h, from a list of what
 * symbols stand for, so that a test of a pass can compare what a nest computes before and after.
 *
 *     flat_machine m = {.c = c, .L = L};
 *     flat_bind_buffer(&m, buffer_symbol, &cb_buffer);
 *     assert_int_equal(flat_run(&m, L->body), 0);
 */
#ifndef TEST_FLAT_RUN_H
#define TEST_FLAT_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stmt_eval.h"

typedef struct flat_memory {
    cb_type type;
    unsigned char *at;   /* element 0 */
    int64_t count;       /* elements */
    cb_buffer *argument; /* or NULL */
} flat_memory;

typedef struct flat_machine {
    cb_context *c;
    low *L;      /* for PAR_CALL; may be NULL */
    map values;  /* symbol -> ir_value bits */
    map memory;  /* symbol -> flat_memory */
    int evaluated, stored; /* expression nodes, as trees; elements stored */
    const char *message;   /* of the assertion that failed */
} flat_machine;

static inline void flat_bind(flat_machine *m, ir_sym s, ir_value v)
{
    map_put(m->c->a, &m->values, s, (uint64_t)v.i);
}

static inline void flat_bind_int(flat_machine *m, ir_sym s, int64_t v)
{
    flat_bind(m, s, (ir_value){.i = v});
}

static inline void flat_bind_memory(flat_machine *m, ir_sym s, flat_memory mem)
{
    map_putp(m->c->a, &m->memory, (const void *)(uintptr_t)s,
             arena_copy(m->c->a, &mem, sizeof mem));
}

static inline void flat_bind_buffer(flat_machine *m, ir_sym s, cb_buffer *b)
{
    flat_bind_memory(m, s, (flat_memory){b ? b->type : T_I32, b ? b->host : NULL, 0, b});
}

static inline void flat_enter(const flat_machine *m, stmt_eval *E)
{
    for (uint32_t i = 0; i < m->values.n; i++)
        stmt_eval_bind(E, (ir_sym)m->values.entry[i].key,
                       ir_symbol_of(m->c, (ir_sym)m->values.entry[i].key)->type,
                       (ir_value){.i = (int64_t)m->values.entry[i].val});
    for (uint32_t i = 0; i < m->memory.n; i++) {
        ir_sym s = (ir_sym)m->memory.entry[i].key;
        const flat_memory *mem = (const flat_memory *)(uintptr_t)m->memory.entry[i].val;
        if (mem->argument) {
            stmt_eval_argument(E, s, mem->argument);
        } else if (mem->at) {
            stmt_store *b = stmt_eval_store(E, s, mem->type);
            b->host = mem->at;
            b->hi = mem->count - 1;
        }
    }
}

/* 0, or the code of the assertion that failed. */
static inline int flat_run(flat_machine *m, const ir *n)
{
    stmt_eval *E = stmt_eval_new(m->c);
    E->trees = true;
    if (m->L) {
        E->functions = m->L->functions.at;
        E->nfunctions = m->L->functions.n;
    }
    flat_enter(m, E);
    int code = stmt_eval_run(E, n);
    char why[sizeof E->why];
    memcpy(why, E->why, sizeof why);
    m->evaluated += (int)E->evaluated;
    m->stored += (int)E->stores;
    m->message = E->message;
    stmt_eval_free(E);
    if (why[0]) fail_msg("%s", why);
    return code;
}

/* Number of statements or expressions of an op below n. */
typedef struct flat_counter {
    int op, n;
} flat_counter;
static inline bool flat_count_node(void *env, const ir *n)
{
    flat_counter *k = env;
    k->n += n->op == k->op;
    return true;
}
static inline int flat_count(cb_context *c, const ir *n, ir_op op)
{
    flat_counter k = {(int)op, 0};
    ir_visit(c, n, flat_count_node, &k);
    return k.n;
}

#endif
