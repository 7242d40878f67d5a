/* lower/stream.c: pass `stream`: a loop of vectors that are stored past the caches begins where an address is aligned.
 *
 *     for x in [0, (w + 15)/16)                             p: elements from an aligned address to out[i0]
 *       vectorized v in [0, 16)                             for x in [0, (w + 15)/16 + (p > 0))
 *         if likely(x*16 + v < w)                      =>     vectorized v in [0, 16)
 *           stream out[i0 + x*16 + v] = f(x*16 + v)             let e = x*16 + v - p
 *                                                               if likely(0 <= e && e < (w + 15)/16*16)
 *                                                                 if likely(e < w): stream out[i0 + e] = f(e)
 *
 * Processors store past the caches in whole aligned vectors only, and rows of a picture begin anywhere. The loop runs over
 * the same elements e, each with the same value, so all that was found out before about regions stays true. It is done where the two
 * loops are nothing but a count of such elements: what is inside, written with e, must not mention x. Elsewhere (parts of a tile
 * computed between the two loops, tails that shift) code looks at each address as it is, and stores past the caches when it happens
 * to be aligned (codegen/llvm_access.c): nothing depends on what this pass finds.
 *
 * needs: flat storage, vector loops that are loops. breaks: nothing. */
#include "lower.h"

bool low_any_stream(const low *L)
{
    for (uint32_t i = 0; i < L->funcs.n; i++)
        for (uint32_t k = 0; k < L->funcs.at[i]->nstages; k++)
            if (L->funcs.at[i]->stages[k].plan->stream)
                return true;
    return false;
}

typedef struct counted {
    const ir *outer, *inner; /* the loops */
    map lets;                /* between them and inside, values put in */
    const ir *fetches;       /* prefetch(), before the inner one; or NULL */
    const ir *store;         /* the first streamed store inside */
    bool plain;              /* nothing but lets, conditions and stores */
} counted;

static bool is_data(const ir *n) { return n->op == IR_LOAD || n->op == IR_IMPURE || n->op == IR_C_CALL; }

static bool loads(cb_context *c, const ir *e) { return ir_any(c, e, is_data); }

/* Names a let's value, as a loop's body has it; data stays behind its name. */
static void note_let(cb_context *c, counted *k, const ir *let)
{
    const ir *value = ir_substitute(c, let->arg[0], &k->lets);
    if (!loads(c, value))
        map_put(c->a, &k->lets, let->u.info->sym, (uint64_t)(uintptr_t)value);
}

static void look(cb_context *c, counted *k, const ir *s)
{
    switch ((int)s->op) {
    case IR_LET_STMT:
        note_let(c, k, s);
        look(c, k, s->arg[1]);
        return;
    case IR_BLOCK:
        for (uint32_t i = 0; i < s->nargs; i++)
            look(c, k, s->arg[i]);
        return;
    case IR_IF:
        k->plain &= s->nargs == 2;
        look(c, k, s->arg[1]);
        return;
    case IR_STORE:
        if (!k->store && s->u.info->mem & IR_MEM_STREAM)
            k->store = s;
        return;
    default: k->plain = false;
    }
}

/* Nothing but fetches for later? They say which share of them an iteration has: that stays as it is. */
static bool only_fetches(const ir *s)
{
    const bool holds = s->op == IR_FOR || s->op == IR_BLOCK || s->op == IR_LET_STMT || s->op == IR_IF;
    for (uint32_t i = 0; holds && i < s->nargs; i++)
        if (ir_is_stmt(s->arg[i]) && !only_fetches(s->arg[i]))
            return false;
    return holds || s->op == IR_PREFETCH;
}

/* A serial loop around a vector loop around a streamed store? */
static bool read_loops(cb_context *c, const ir *loop, counted *k)
{
    *k = (counted){.outer = loop, .plain = true};
    const ir *s = for_body(loop);
    for (; s->op == IR_LET_STMT; s = s->arg[1]) {
        if (loads(c, s->arg[0]))
            return false;
        note_let(c, k, s);
    }
    if (s->op == IR_BLOCK && s->nargs) {
        k->fetches = ir_block(c, s->arg, s->nargs - 1);
        if (k->fetches && !only_fetches(k->fetches))
            return false;
        s = s->arg[s->nargs - 1];
    }
    if (loop->u.info->kind != LOOP_SERIAL || s->op != IR_FOR || s->u.info->kind != LOOP_VECTOR || !ir_is_int(for_min(s), 0))
        return false;
    k->inner = s;
    look(c, k, for_body(s));
    return k->plain && k->store;
}

/* Elements from the aligned address before out[index] to it. */
static const ir *phase(low *L, const counted *k, const ir *index, int64_t lanes, int64_t bytes)
{
    cb_context *c = L->ctx;
    ir_sym buffer = k->store->u.info->sym;
    const low_func *f = ir_symbol_of(c, buffer)->aux;
    const ir *size = ir_i64(c, bytes), *at = ir_mul(c, index, size);
    if (f && (f->is_input || f->is_output))
        at = ir_add(c, at, ir_cast(c, T_I64, ir_field(c, buffer, FIELD_HOST_LOW, 0)));
    int64_t whole = lanes*bytes < L->target.vector_bytes ? lanes*bytes : L->target.vector_bytes;
    return ir_cast(c, T_I32, ir_div(c, ir_mod(c, at, ir_i64(c, whole)), size));
}

static const ir *aligned(low *L, const counted *k)
{
    cb_context *c = L->ctx;
    const ir *outer = k->outer, *inner = k->inner, *rest;
    int64_t lanes, coef, bytes = type_bytes(k->store->arg[1]->type);
    ir_sym x = for_sym(outer), v = for_sym(inner);
    if (!ir_as_int(for_extent(inner), &lanes) || lanes*bytes % 16 || (lanes*bytes & (lanes*bytes - 1)) ||
        !type_eq(ir_symbol_of(c, x)->type, T_I32) || !type_eq(ir_symbol_of(c, v)->type, T_I32))
        return NULL;
    const ir *n = ir_i32(c, (int32_t)lanes), *xv = ir_var(c, x), *e = ir_var(c, ir_sym_new(c, "e", SYM_LET, T_I32, NULL));
    /* With v = e - x*lanes no x may be left. */
    const ir *element = ir_sub(c, e, ir_mul(c, xv, n));
    const ir *index = ir_substitute(c, k->store->arg[0], &k->lets);
    index = simplify(c, ir_substitute1(c, index, v, element), NULL);
    if (loads(c, index) || !linear_in(c, index, e->u.sym, &coef, &rest) || coef != 1 || ir_uses(c, index, x))
        return NULL;
    const ir *body = ir_substitute(c, for_body(inner), &k->lets);
    body = simplify_stmt(c, ir_substitute1(c, body, v, element), NULL);
    if (!body || ir_uses(c, body, x))
        return NULL;

    const ir *min = for_min(outer), *first = ir_mul(c, min, n), *extent = for_extent(outer);
    const ir *p = phase(L, k, simplify(c, ir_substitute1(c, index, e->u.sym, first), NULL), lanes, bytes);
    ir_sym named = ir_sym_new(c, "phase", SYM_LET, T_I32, NULL);
    const ir *pv = ir_var(c, named), *zero = ir_i32(c, 0);
    const ir *inside = ir_and(c, ir_le(c, first, e), ir_lt(c, e, ir_mul(c, ir_add(c, min, extent), n)));
    body = ir_if(c, ir_likely(c, inside), body, NULL);
    body = ir_let_stmt(c, e->u.sym, ir_sub(c, ir_add(c, ir_mul(c, xv, n), ir_var(c, v)), pv), body);
    body = ir_with_args(c, inner, (const ir *[]){for_min(inner), for_extent(inner), body});
    if (k->fetches)
        body = ir_block2(c, ir_substitute(c, k->fetches, &k->lets), body);
    const ir *more = ir_select(c, ir_lt(c, zero, pv), ir_i32(c, 1), zero);
    extent = ir_select(c, ir_lt(c, zero, extent), ir_add(c, extent, more), zero);
    body = ir_with_args(c, outer, (const ir *[]){min, extent, body});
    return ir_let_stmt(c, named, p, body);
}

static const ir *node(ir_mapper *m, const ir *n)
{
    low *L = m->env;
    counted k;
    if (!ir_is_stmt(n))
        return n;
    if (n->op == IR_FOR && read_loops(L->ctx, n, &k)) {
        const ir *r = aligned(L, &k);
        return r ? r : n;
    }
    return ir_map(m, n);
}

void low_stream(low *L)
{
    ir_mapper m = {.ctx = L->ctx, .fn = node, .env = L};
    L->body = simplify_stmt(L->ctx, ir_apply(&m, L->body), NULL);
}
