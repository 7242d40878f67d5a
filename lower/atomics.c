/* lower/atomics.c: pass `atomics`: updates that threads share become pieces that a processor can do.
 *
 *     atomic hist[ramp(i, 1, 4)] += y       let index = ..., value = y
 *                                      =>   atomic hist[index.0] += value.0
 *                                           ...
 *                                           atomic hist[index.3] += value.3
 *
 *     atomic                                atomic under lock (index & 63)
 *       best.0[i] = ...                =>     best.0[i] = ...
 *       best.1[i] = ...                       best.1[i] = ...
 *
 * One value is left to the back end: an atomic instruction, or a loop around compare-and-swap. A tuple
 * takes one of 64 locks, by its place; they lie on the stack of the pipeline, a cache line each, so
 * two calls share none.
 *
 * needs: flat storage, no vector loops. breaks: nothing. */
#include "combine.h"

enum { LOCKS = 64, LOCK_WORDS = 16 };

typedef struct locks {
    low *L;
    ir_sym buffer; /* 0: none needed so far */
} locks;

static const ir *lane_of(cb_context *c, const ir *v, unsigned i)
{
    if (v->type.lanes == 1)
        return v;
    if (v->op == IR_BROADCAST && v->arg[0]->type.lanes == 1)
        return v->arg[0];
    if (v->op == IR_RAMP && v->arg[0]->type.lanes == 1)
        return ir_add(c, v->arg[0], ir_muli(c, v->arg[1], i));
    int32_t lane = (int32_t)i;
    return ir_shuffle(c, &v, 1, &lane, 1);
}

/* Names v when it is worth it. */
static const ir *name_it(cb_context *c, const ir *v, map *lets)
{
    if (v->type.lanes == 1 || v->op == IR_BROADCAST || v->op == IR_RAMP || v->op == IR_VAR)
        return v;
    ir_sym s = ir_sym_new(c, "lanes", SYM_LET, v->type, NULL);
    map_put(c->a, lets, s, (uint64_t)(uintptr_t)v);
    return ir_var(c, s);
}

static const ir *under_lock(locks *K, const ir *index, const ir *body)
{
    cb_context *c = K->L->ctx;
    if (!K->buffer)
        K->buffer = ir_sym_new(c, "locks", SYM_BUFFER, T_I32, NULL);
    const ir *which = ir_muli(c, ir_bin(c, IR_BIT_AND, index, ir_i64(c, LOCKS - 1)), LOCK_WORDS);
    ir_info info = {.sym = K->buffer, .index = 1, .loc = body->u.info->loc};
    return ir_stmt(c, IR_ATOMIC, &info, (const ir *const[]){which, body}, 2);
}

static const ir *piece(locks *K, const update *u, const ir *atomic)
{
    const ir *body = atomic->arg[0];
    if (u->n == 1)
        return atomic;
    if (PLANTED(K->L->ctx, ATOMIC_LOCK))
        return body;
    return under_lock(K, u->index[0], body);
}

static const ir *take_apart(locks *K, const update *u)
{
    cb_context *c = K->L->ctx;
    unsigned n = u->index[0]->type.lanes;
    map lets = {0};
    const ir **index = NEW_ARRAY(c->a, const ir *, u->n), **y = NEW_ARRAY(c->a, const ir *, u->n);
    const ir **part = NEW_ARRAY(c->a, const ir *, n);
    for (uint32_t k = 0; k < u->n; k++) {
        index[k] = name_it(c, u->index[k], &lets);
        y[k] = name_it(c, u->form.incoming[k], &lets);
    }
    const ir *pred = name_it(c, u->pred, &lets);
    for (unsigned i = 0; i < n; i++) {
        const ir **at = NEW_ARRAY(c->a, const ir *, u->n), **in = NEW_ARRAY(c->a, const ir *, u->n);
        update one = *u;
        for (uint32_t k = 0; k < u->n; k++) {
            at[k] = lane_of(c, index[k], i);
            in[k] = lane_of(c, y[k], i);
        }
        one.index = at;
        const ir *on = lane_of(c, pred, i);
        part[i] = piece(K, &one, update_write(c, &one, at, in, ir_bool(c, true)));
        if (!ir_is_true(on))
            part[i] = ir_if(c, on, part[i], NULL);
    }
    const ir *s = ir_block(c, part, n);
    for (uint32_t i = lets.n; i-- > 0;)
        s = ir_let_stmt(c, (ir_sym)lets.entry[i].key, (const ir *)(uintptr_t)lets.entry[i].val, s);
    return s;
}

static const ir *node(ir_mapper *m, const ir *n)
{
    locks *K = m->env;
    update u;
    if (!ir_is_stmt(n))
        return n;
    if (n->op != IR_ATOMIC || n->nargs != 1)
        return ir_map(m, n);
    if (!update_read(m->ctx, n, &u)) {
        const ir *s = n->arg[0];
        if (s->op == IR_STORE && s->arg[0]->type.lanes == 1)
            return n; /* whatever it computes: compare and swap */
        while (s->op == IR_LET_STMT || s->op == IR_BLOCK)
            s = s->arg[s->op == IR_BLOCK ? 0 : 1];
        if (s->op != IR_STORE || s->arg[0]->type.lanes != 1)
            diag_bug(&m->ctx->diags, "atomics", "an update of vectors has lost its form");
        return under_lock(K, ir_i64(m->ctx, 0), n->arg[0]);
    }
    bool plain = u.index[0]->type.lanes == 1 && ir_is_true(u.pred);
    return plain ? piece(K, &u, n) : take_apart(K, &u);
}

/* All locks open, around everything. */
static const ir *with_locks(locks *K, const ir *body)
{
    cb_context *c = K->L->ctx;
    ir_sym i = ir_sym_new(c, "lock", SYM_LOOP, T_I32, NULL);
    const ir *at = ir_muli(c, ir_cast(c, T_I64, ir_var(c, i)), LOCK_WORDS);
    const ir *open = ir_store(c, K->buffer, 0, at, ir_i32(c, 0), ir_bool(c, true));
    open = ir_for(c, i, LOOP_SERIAL, ir_i32(c, 0), ir_i32(c, LOCKS), open);
    ir_info info = {.sym = K->buffer, .type = T_I32, .memory = MEM_STACK};
    const ir *s = ir_block2(c, open, body);
    return ir_stmt(c, IR_ALLOCATE, &info, (const ir *const[]){ir_i64(c, LOCKS * LOCK_WORDS), ir_bool(c, true), s}, 3);
}

void low_atomics(low *L)
{
    locks K = {.L = L};
    ir_mapper m = {.ctx = L->ctx, .fn = node, .env = &K};
    L->body = ir_apply(&m, L->body);
    if (K.buffer)
        L->body = with_locks(&K, L->body);
}
