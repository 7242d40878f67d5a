/* lower/vectorize.c: pass `vectorize`: vector loops become vector statements.
 *
 * Three steps. Nests of very many lanes are cut (pieces.c). Storage allocated inside vector loops is
 * made to hold one copy per lane, while everything is still scalar:
 *
 *     vector x in [0, 8):                    vector x in [0, 8):
 *       allocate t[4]                =>        allocate t[4 * 8]
 *         t[i] = ...                             t[i*8 + x] = ...
 *
 * so that nested loops, lanes that differ in size and dense access of neighbouring lanes need no
 * further thought. Then each vector loop is widened (widen.c), inner loops first.
 *
 * needs: flat storage, constant extents; unrolled loops are loops still. breaks: nothing. */
#include "widen.h"

enum { MAX_LANES = 4096 };

/* ---- a copy per lane ------------------------------------------------------------------------- */

typedef struct lane_copy {
    const ir *lane; /* i64: which copy this iteration uses */
    int64_t lanes;
} lane_copy;

typedef struct lane_copies {
    cb_context *ctx;
    vec(const ir *) loops; /* vector loops around, outermost first */
    map of;                /* buffer -> lane_copy */
} lane_copies;

static const ir *copy_allocate(ir_mapper *m, const ir *s)
{
    lane_copies *P = m->env;
    cb_context *c = m->ctx;
    lane_copy *copy = NEW(c->a, lane_copy);
    *copy = (lane_copy){ir_i64(c, 0), 1};
    for (uint32_t i = 0; i < P->loops.n; i++) {
        const ir *loop = P->loops.at[i];
        int64_t n = vector_lanes(loop);
        const ir *at = ir_sub(c, ir_var(c, for_sym(loop)), for_min(loop));
        copy->lane = ir_add(c, ir_muli(c, copy->lane, n), ir_cast(c, T_I64, at));
        copy->lanes *= n;
    }
    if (copy->lanes > 1) map_put(c->a, &P->of, s->u.info->sym, (uint64_t)(uintptr_t)copy);
    const ir *elements = ir_muli(c, s->arg[0], copy->lanes);
    return ir_with_args(c, s, (const ir *[]){elements, s->arg[1], ir_apply(m, s->arg[2])});
}

static const ir *copy_index(ir_mapper *m, ir_sym buffer, const ir *index)
{
    lane_copies *P = m->env;
    cb_context *c = m->ctx;
    const lane_copy *copy = map_getp(&P->of, (const void *)(uintptr_t)buffer);
    if (!copy) return index;
    const ir *lane = ir_broadcast(c, copy->lane, index->type.lanes);
    return ir_add(c, ir_mul(c, index, ir_int(c, index->type, copy->lanes)), lane);
}

static const ir *copy_fn(ir_mapper *m, const ir *n)
{
    lane_copies *P = m->env;
    cb_context *c = m->ctx;
    if (n->op == IR_FOR && n->u.info->kind == LOOP_VECTOR) {
        vec_push(c->a, &P->loops, n);
        const ir *r = ir_map(m, n);
        P->loops.n--;
        return r;
    }
    if (n->op == IR_ALLOCATE && P->loops.n) return copy_allocate(m, n);
    const ir *r = ir_map(m, n);
    if (r->op == IR_LOAD) {
        const ir *index = copy_index(m, r->u.ref.sym, r->arg[0]);
        if (index != r->arg[0])
            return ir_load(c, r->type, r->u.ref.sym, r->u.ref.index, index, r->arg[1]);
    }
    if (r->op == IR_STORE)
        return ir_with_args(
            c, r, (const ir *[]){copy_index(m, r->u.info->sym, r->arg[0]), r->arg[1], r->arg[2]});
    return r;
}

/* ---- the loops ------------------------------------------------------------------------------- */

typedef struct loops {
    low *L;
    int64_t around; /* lanes of the vector loops around */
    int found;
} loops;

static bool find_vector(void *env, const ir *n)
{
    loops *V = env;
    if (n->op == IR_FOR && n->u.info->kind == LOOP_VECTOR) V->found++;
    return ir_is_stmt(n);
}

static bool widest_store(void *env, const ir *n)
{
    uint64_t *lanes = env;
    if (n->op == IR_STORE && n->arg[0]->type.lanes > *lanes) *lanes = n->arg[0]->type.lanes;
    return ir_is_stmt(n);
}

/* What `expect vectorized` asks about: a loop's symbol belongs to a stage (contracts.c). */
static void note_lanes(low *L, const ir *loop, const ir *done)
{
    const void *stage = ir_symbol_of(L->ctx, for_sym(loop))->aux;
    uint64_t lanes = 1, known = 0, part;
    if (!stage) return;
    ir_visit(L->ctx, done, widest_store, &lanes);
    if (map_get(&L->vector_parts, for_sym(loop), &part))
        lanes = lanes * (part >> 32) / (uint32_t)part;
    map_get(&L->stage_lanes, (uint64_t)(uintptr_t)stage, &known);
    if (lanes > known) map_put(L->ctx->a, &L->stage_lanes, (uint64_t)(uintptr_t)stage, lanes);
}

static const ir *vector_loop(ir_mapper *m, const ir *s)
{
    loops *V = m->env;
    low *L = V->L;
    cb_context *c = m->ctx;
    int64_t n, around = V->around;
    if (!ir_as_int(for_extent(s), &n))
        diag_bug(&c->diags, "vectorize", "loop '%s' has no constant extent",
                 ir_sym_name(c, for_sym(s)));
    if (n <= 0) return widen_nothing(c);
    if (n > MAX_LANES / around) {
        diag *d = low_error(L, DIAG_LOOP_TOO_LARGE, s->u.info->loc,
                            "vector loop '%s' makes vectors of more than %d lanes",
                            ir_sym_name(c, for_sym(s)), MAX_LANES);
        diag_help(&c->diags, d, "vectorize fewer iterations, or unroll one of the loops");
        diag_end(&c->diags, d);
        return s;
    }
    V->around = around * n;
    const ir *body = ir_apply(m, for_body(s));
    V->around = around;
    const ir *done = n == 1 ? ir_substitute1(c, body, for_sym(s), for_min(s))
                            : widen_loop(c, for_sym(s), for_min(s), (unsigned)n, body);
    note_lanes(L, s, done);
    return done;
}

static const ir *vectorize_fn(ir_mapper *m, const ir *n)
{
    if (!ir_is_stmt(n)) return n;
    if (n->op == IR_FOR && n->u.info->kind == LOOP_VECTOR) return vector_loop(m, n);
    return ir_map(m, n);
}

/* Lanes have been put together: only what threads share stays atomic. */
static const ir *settle_fn(ir_mapper *m, const ir *n)
{
    if (!ir_is_stmt(n)) return n;
    if (n->op == IR_ATOMIC && !n->u.info->index) return n->arg[0];
    return ir_map(m, n);
}

static void settle(low *L)
{
    ir_mapper m = {.ctx = L->ctx, .fn = settle_fn};
    L->body = ir_apply(&m, L->body);
}

void low_vectorize(low *L)
{
    loops V = {.L = L, .around = 1};
    ir_visit(L->ctx, L->body, find_vector, &V);
    if (!V.found) {
        settle(L);
        return;
    }
    low_cut_wide(L);
    lane_copies P = {.ctx = L->ctx};
    ir_mapper copies = {.ctx = L->ctx, .fn = copy_fn, .env = &P};
    L->body = ir_apply(&copies, L->body);
    ir_mapper m = {.ctx = L->ctx, .fn = vectorize_fn, .env = &V};
    L->body = ir_apply(&m, L->body);
    settle(L);
}
