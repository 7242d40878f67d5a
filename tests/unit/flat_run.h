/* tests/unit/flat_run.h: runs flat, scalar IR on real memory, so that a test of a pass can compare
 * what a nest computes before and after. Vectors and IMPURE are not for it.
 *
 *     flat_machine m = {.c = c, .L = L};
 *     flat_bind_buffer(&m, buffer_symbol, &cb_buffer);
 *     assert_int_equal(flat_run(&m, L->body), 0);
 */
#ifndef TEST_FLAT_RUN_H
#define TEST_FLAT_RUN_H

#include "../../lower/lower.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

typedef struct flat_memory {
    cb_type type;
    unsigned char *at;   /* element 0 */
    int64_t count;       /* elements; -1: not checked */
    cb_buffer *argument; /* or NULL */
} flat_memory;

typedef struct flat_machine {
    cb_context *c;
    low *L;      /* for PAR_CALL; may be NULL */
    map values;  /* symbol -> ir_value bits */
    map memory;  /* symbol -> flat_memory */
    int evaluated, stored; /* expression nodes, stores */
    const char *message; /* of the assertion that failed */
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
    flat_bind_memory(m, s, (flat_memory){b ? b->type : T_I32, b ? b->host : NULL, -1, b});
}

static inline flat_memory *flat_memory_of(flat_machine *m, ir_sym s)
{
    flat_memory *mem = map_getp(&m->memory, (const void *)(uintptr_t)s);
    assert_non_null(mem);
    return mem;
}

static inline unsigned char *flat_at(flat_memory *mem, int64_t index)
{
    if (mem->count >= 0)
        assert_in_range((uint64_t)index, 0, (uint64_t)mem->count - 1);
    return mem->at + index * (int64_t)type_bytes(mem->type);
}

static inline ir_value flat_read(cb_type t, const void *p)
{
    ir_value v = {.i = 0};
    if (t.code == CB_FLOAT && t.bits == 32) {
        float f;
        memcpy(&f, p, 4);
        v.f = (double)f;
    } else if (t.code == CB_FLOAT) {
        memcpy(&v.f, p, 8);
    } else {
        memcpy(&v.i, p, type_bytes(t));
        v.i = value_wrap(t, v.i);
    }
    return v;
}

static inline void flat_write(cb_type t, void *p, ir_value v)
{
    float f = (float)v.f;
    if (t.code == CB_FLOAT && t.bits == 32)
        memcpy(p, &f, 4);
    else
        memcpy(p, &v, type_bytes(t));
}

static inline ir_value flat_field(flat_machine *m, const ir *n)
{
    cb_buffer *b = flat_memory_of(m, n->u.ref.sym)->argument;
    ir_buffer_field field = (ir_buffer_field)(n->u.ref.index / 16);
    unsigned d = n->u.ref.index % 16;
    if (field == FIELD_IS_NULL)
        return (ir_value){.i = !b};
    assert_non_null(b);
    switch (field) {
    case FIELD_MIN: return (ir_value){.i = b->dim[d].min};
    case FIELD_EXTENT: return (ir_value){.i = b->dim[d].extent};
    case FIELD_STRIDE: return (ir_value){.i = b->dim[d].stride};
    case FIELD_TYPE_CODE: return (ir_value){.i = b->type.code};
    case FIELD_TYPE_BITS: return (ir_value){.i = b->type.bits};
    case FIELD_RANK: return (ir_value){.i = b->rank};
    case FIELD_IS_QUERY: return (ir_value){.i = !b->host && !b->device};
    case FIELD_HOST_NULL: return (ir_value){.i = !b->host};
    case FIELD_BAD_VERSION:
        return (ir_value){.i = b->size != sizeof *b || b->version != CB_BUFFER_VERSION};
    case FIELD_IS_NULL:
    case FIELD_COUNT: break;
    }
    fail();
    return (ir_value){0};
}

static inline ir_value flat_eval(flat_machine *m, const ir *n)
{
    ir_value arg[8], out = {0};
    cb_type types[8];
    uint64_t bits;
    m->evaluated++;
    assert_int_equal(n->type.lanes, 1);
    switch ((int)n->op) {
    case IR_INT: return (ir_value){.i = n->u.i};
    case IR_FLOAT: return (ir_value){.f = n->u.f};
    case IR_VAR:
        if (!map_get(&m->values, n->u.sym, &bits))
            fail_msg("symbol %s has no value", ir_sym_name(m->c, n->u.sym));
        return (ir_value){.i = (int64_t)bits};
    case IR_FIELD: return flat_field(m, n);
    case IR_LET:
        flat_bind(m, n->u.sym, flat_eval(m, n->arg[0]));
        return flat_eval(m, n->arg[1]);
    case IR_LOAD: {
        flat_memory *mem = flat_memory_of(m, n->u.ref.sym);
        if (!flat_eval(m, n->arg[1]).i)
            return out;
        return flat_read(mem->type, flat_at(mem, flat_eval(m, n->arg[0]).i));
    }
    default: break;
    }
    assert_in_range(n->nargs, 1, 8);
    for (uint32_t i = 0; i < n->nargs; i++) {
        types[i] = n->arg[i]->type;
        arg[i] = flat_eval(m, n->arg[i]);
    }
    bool overflow = false;
    if (!value_eval((ir_op)n->op, n->type, types, arg, &out, &overflow))
        fail_msg("cannot evaluate %s", ir_ops[n->op].id);
    return out;
}

static inline int flat_run(flat_machine *m, const ir *n);

static inline int flat_par_call(flat_machine *m, const ir *n)
{
    low_function *f = m->L->functions.at[n->u.info->index];
    flat_machine inner = {.c = m->c, .L = m->L};
    int64_t end = flat_eval(m, n->arg[1]).i;
    assert_int_equal(n->nargs, f->captured.n + 2);
    for (uint32_t i = 0; i < f->captured.n; i++) { /* the body sees what was captured only */
        ir_sym s = f->captured.at[i];
        if (ir_symbol_of(m->c, s)->kind == SYM_BUFFER)
            flat_bind_memory(&inner, s, *flat_memory_of(m, n->arg[i + 2]->u.sym));
        else
            flat_bind(&inner, s, flat_eval(m, n->arg[i + 2]));
    }
    for (int64_t i = flat_eval(m, n->arg[0]).i; i < end; i++) {
        flat_bind_int(&inner, f->index, i);
        int code = flat_run(&inner, f->body);
        m->message = inner.message;
        if (code)
            return code;
    }
    m->stored += inner.stored;
    return 0;
}

static inline int flat_for(flat_machine *m, const ir *n)
{
    int64_t min = flat_eval(m, for_min(n)).i, extent = flat_eval(m, for_extent(n)).i;
    for (int64_t i = 0; i < extent; i++) {
        flat_bind_int(m, for_sym(n), min + i);
        int code = flat_run(m, for_body(n));
        if (code)
            return code;
    }
    return 0;
}

static inline int flat_allocate(flat_machine *m, const ir *n)
{
    int64_t count = flat_eval(m, n->arg[0]).i;
    assert_true(count >= 0);
    size_t bytes = (size_t)count * type_bytes(n->u.info->type);
    flat_memory mem = {n->u.info->type, arena_alloc(m->c->a, bytes + 1), count, NULL};
    memset(mem.at, 0xa5, bytes);
    flat_bind_memory(m, n->u.info->sym, mem);
    return flat_run(m, n->arg[2]);
}

static inline int flat_store(flat_machine *m, const ir *n)
{
    if (!flat_eval(m, n->arg[2]).i)
        return 0;
    flat_memory *mem = flat_memory_of(m, n->u.info->sym);
    ir_value v = flat_eval(m, n->arg[1]);
    flat_write(mem->type, flat_at(mem, flat_eval(m, n->arg[0]).i), v);
    m->stored++;
    return 0;
}

/* 0, or the code of the assertion that failed. */
static inline int flat_run(flat_machine *m, const ir *n)
{
    int code = 0;
    if (!n)
        return 0;
    switch ((int)n->op) {
    case IR_LET_STMT:
        flat_bind(m, n->u.info->sym, flat_eval(m, n->arg[0]));
        return flat_run(m, n->arg[1]);
    case IR_ASSERT:
        if (flat_eval(m, n->arg[0]).i)
            return 0;
        m->message = n->u.info->text;
        return n->u.info->code;
    case IR_PRODUCE:
    case IR_CONSUME: return flat_run(m, n->arg[0]);
    case IR_FOR: return flat_for(m, n);
    case IR_STORE: return flat_store(m, n);
    case IR_ALLOCATE: return flat_allocate(m, n);
    case IR_PAR_CALL: return flat_par_call(m, n);
    case IR_BLOCK:
        for (uint32_t i = 0; i < n->nargs && !code; i++)
            code = flat_run(m, n->arg[i]);
        return code;
    case IR_IF:
        if (flat_eval(m, n->arg[0]).i)
            return flat_run(m, n->arg[1]);
        return n->nargs > 2 ? flat_run(m, n->arg[2]) : 0;
    case IR_SET_DIM: {
        cb_dim *d = &flat_memory_of(m, n->u.info->sym)->argument->dim[n->u.info->index];
        cb_dim to = {(int32_t)flat_eval(m, n->arg[0]).i, (int32_t)flat_eval(m, n->arg[1]).i,
                     flat_eval(m, n->arg[2]).i};
        *d = to;
        return 0;
    }
    case IR_EVALUATE: (void)flat_eval(m, n->arg[0]); return 0;
    default: fail_msg("cannot run %s", ir_ops[n->op].id); return 0;
    }
}

/* Number of statements (of any op when op is IR_OP_COUNT) or expressions of an op below n. */
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
