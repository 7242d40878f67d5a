/* lower/align.c: pass `align`: marks vector accesses of argument buffers whose first lane is known to lie at a
 * multiple of more than an element.
 *
 *     set_host_alignment(in, 32); in is f32, and begins at x.min
 *     load in[ramp(cast(i64, x*8 + x.min) - in.offset, 1, 8)]    ->   the same, lane 0 at a multiple of 32 bytes
 *
 * Index 0 is the first element of a buffer, which is where the promise of set_host_alignment() holds (sayings.c
 * checks it). What an index is a multiple of follows when the lets that it is made of are put in: then the
 * smallest coordinates cancel. Strides are multiples where the program fixes them, or requires that
 * in.stride(1) % 8 == 0.
 */
#include "lower.h"

typedef struct aligner {
    cb_context *c;
    map lets;     /* symbol -> its value, lets put in; bound once: cse.c */
    map fields;   /* FIELD -> the VAR that has its value: what assertions speak of */
    facts *known; /* multiples that assertions tell */
    bool learnt;  /* something that holds in this block only */
} aligner;

static const ir *replace(ir_mapper *m, const ir *n)
{
    aligner *A = m->env;
    const ir *with = n->op == IR_VAR     ? map_getp(&A->lets, (const void *)(uintptr_t)n->u.sym)
                     : n->op == IR_FIELD ? map_getp(&A->fields, n)
                                         : NULL;
    return with ? with : ir_map(m, n);
}

/* e with lets put in, and fields that a let names as that name. */
static const ir *put_in(aligner *A, const ir *e)
{
    ir_mapper m = {.ctx = A->c, .fn = replace, .env = A};
    return ir_apply(&m, e);
}

/* ---- what assertions tell ------------------------------------------------------------------------ */

/* x % m == r, of a symbol. */
static void learn(aligner *A, const ir *cond)
{
    int64_t m, r;
    if (cond->op == IR_AND) {
        learn(A, cond->arg[0]);
        learn(A, cond->arg[1]);
        return;
    }
    if (cond->op != IR_EQ)
        return;
    for (int side = 0; side < 2; side++) {
        const ir *rest = cond->arg[side], *x = rest->op == IR_MOD ? rest->arg[0] : NULL;
        if (!x || !ir_as_int(rest->arg[1], &m) || !ir_as_int(cond->arg[1 - side], &r) || m < 2 || r < 0 || r >= m)
            continue;
        while (x->op == IR_CAST && type_is_integer(x->arg[0]->type) && x->arg[0]->type.bits <= x->type.bits)
            x = x->arg[0];
        if (x->op == IR_VAR) {
            facts_align(A->known, x->u.sym, m, r);
            A->learnt = true;
        }
    }
}

/* ---- one access ---------------------------------------------------------------------------------- */

/* The first lane of an index; NULL: it is not of that form. */
static const ir *first_lane(cb_context *c, const ir *e)
{
    const ir *a, *b;
    if (e->type.lanes == 1)
        return e;
    switch ((int)e->op) {
    case IR_RAMP:
    case IR_BROADCAST: return first_lane(c, e->arg[0]);
    case IR_CAST:
        a = first_lane(c, e->arg[0]);
        return a ? ir_cast(c, type_scalar(e->type), a) : NULL;
    case IR_ADD:
    case IR_SUB:
    case IR_MUL:
        a = first_lane(c, e->arg[0]);
        b = first_lane(c, e->arg[1]);
        return a && b ? ir_bin(c, e->op, a, b) : NULL;
    default: return NULL;
    }
}

/* The mark for an access of lanes of `t` at this index; 0: nothing is known. */
static uint32_t mark(aligner *A, ir_sym buffer, cb_type t, const ir *index)
{
    const ir_symbol *s = ir_symbol_of(A->c, buffer);
    const low_func *f = s->kind == SYM_BUFFER ? s->aux : NULL;
    const ir *first = index->type.lanes > 1 ? first_lane(A->c, index) : NULL;
    if (!f || (!f->is_input && !f->is_output) || !f->src->host_align || !first)
        return 0;
    const_range r = range_of(A->c, put_in(A, first), A->known);
    uint64_t size = type_bytes(t), promised = f->src->host_align;
    uint64_t multiple = (uint64_t)r.modulus | (uint64_t)r.remainder;
    uint64_t bytes = multiple ? (multiple & (0 - multiple)) * size : promised;
    if (bytes > promised || bytes / size > promised)
        bytes = promised;
    uint32_t log2 = 0;
    while (((uint64_t)2 << log2) <= bytes)
        log2++;
    return bytes > size ? log2 << IR_MEM_ALIGN_SHIFT : 0;
}

static const ir *align_node(ir_mapper *m, const ir *n);

/* Facts and lets of a statement hold for what stands in it. */
static const ir *align_let(ir_mapper *m, const ir *n)
{
    aligner *A = m->env;
    const ir *value = ir_apply(m, n->arg[0]);
    ir_sym s = n->u.info->sym;
    if (n->arg[0]->op == IR_FIELD && !map_getp(&A->fields, n->arg[0]))
        map_putp(A->c->a, &A->fields, n->arg[0], ir_var(A->c, s));
    else if (n->arg[0]->type.lanes == 1 && (type_is_integer(n->arg[0]->type) || type_is_bool(n->arg[0]->type)))
        map_putp(A->c->a, &A->lets, (const void *)(uintptr_t)s, put_in(A, n->arg[0]));
    return ir_with_args(A->c, n, (const ir *const[]){value, ir_apply(m, n->arg[1])});
}

/* What an assertion tells holds for what comes after it in its block. */
static const ir *align_block(ir_mapper *m, const ir *n)
{
    aligner *A = m->env;
    facts *outer = A->known;
    bool learnt = A->learnt;
    const ir **part = NEW_ARRAY(A->c->a, const ir *, n->nargs + 1);
    A->known = facts_new(A->c, outer);
    A->learnt = false;
    for (uint32_t i = 0; i < n->nargs; i++) {
        part[i] = ir_apply(m, n->arg[i]);
        if (n->arg[i]->op == IR_ASSERT)
            learn(A, put_in(A, n->arg[i]->arg[0]));
    }
    if (A->learnt)
        map_clear(&m->memo);
    A->known = outer;
    A->learnt = learnt;
    return ir_with_args(A->c, n, part);
}

static const ir *align_store(ir_mapper *m, const ir *n)
{
    aligner *A = m->env;
    n = ir_map(m, n);
    uint32_t with = mark(A, n->u.info->sym, n->arg[1]->type, n->arg[0]);
    if (!with)
        return n;
    ir_info info = *n->u.info;
    info.mem = (info.mem & ~(uint32_t)IR_MEM_ALIGN_MASK) | with;
    return ir_stmt(A->c, IR_STORE, &info, n->arg, n->nargs);
}

static const ir *align_node(ir_mapper *m, const ir *n)
{
    aligner *A = m->env;
    if (n->op == IR_LET_STMT)
        return align_let(m, n);
    if (n->op == IR_STORE)
        return align_store(m, n);
    if (n->op == IR_BLOCK)
        return align_block(m, n);
    n = ir_map(m, n);
    uint32_t with = n->op == IR_LOAD ? mark(A, n->u.ref.sym, n->type, n->arg[0]) : 0;
    if (!with)
        return n;
    return ir_load(A->c, n->type, n->u.ref.sym, (n->u.ref.index & ~(uint32_t)IR_MEM_ALIGN_MASK) | with, n->arg[0],
                   n->arg[1]);
}

bool low_any_aligned(const low *L)
{
    for (uint32_t i = 0; i < L->inputs.n; i++)
        if (L->inputs.at[i]->src->host_align)
            return true;
    for (uint32_t i = 0; i < L->outputs.n; i++)
        if (L->outputs.at[i]->src->host_align)
            return true;
    return false;
}

void low_align(low *L)
{
    aligner A = {.c = L->ctx, .known = facts_new(L->ctx, NULL)};
    ir_mapper m = {.ctx = L->ctx, .fn = align_node, .env = &A};
    L->body = ir_apply(&m, L->body);
}
