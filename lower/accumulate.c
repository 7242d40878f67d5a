/* lower/accumulate.c: pass `accumulate`: sums stay in registers while a loop adds to them.
 *
 *     for ro in [0, n):                          if 0 < n
 *       s[0] = s[0] + reduce(+, y(ro), 1)          allocate acc[8] on the stack = 0
 *                                           =>     for ro in [0, n):
 *     y of 8 lanes                                   acc[0..8) = acc[0..8) + y(ro)
 *                                                  s[0] = s[0] + reduce(+, acc[0..8), 1)
 *
 * so that lanes meet once, after the loop, and memory is touched once. LLVM keeps the accumulator in
 * vector registers. It is done for serial loops whose whole body is one such update of one place by
 * an operation that commutes, and where threads share that place (atomic) for any operation of one
 * value that does. Where the target has instructions that add several neighbouring numbers of 8 or 16 bits, or
 * products of such, at once, that many lanes become one before they are kept:
 *
 *     acc[0..16) = acc[0..16) + reduce(+, i32(u8 a)*i32(i8 b), 16)             a, b of 64 lanes
 *
 * needs: flat storage, no vector loops. breaks: nothing. */
#include "combine.h"

enum { MOST_BYTES = 2048 }; /* of an accumulator */

typedef struct found {
    update u;
    bool atomic;
    const ir *y;     /* lanes as they come */
    unsigned lanes;  /* of the place */
    ir_op op;
    vec(const ir *) lets; /* around the update, in the loop */
} found;

static const ir *as_atomic(cb_context *c, const ir *s)
{
    ir_info info = {.loc = s->u.info->loc};
    return s->op == IR_ATOMIC ? s : ir_stmt(c, IR_ATOMIC, &info, &s, 1);
}

static bool find_update(cb_context *c, const ir *loop, found *f)
{
    map inside = {0}, own = {0};
    const ir *s = for_body(loop);
    *f = (found){0};
    map_put(c->a, &inside, for_sym(loop), 1);
    for (; s->op == IR_LET_STMT; s = s->arg[1]) {
        map_put(c->a, &inside, s->u.info->sym, 1);
        vec_push(c->a, &f->lets, s);
    }
    f->atomic = s->op == IR_ATOMIC;
    if (s->op != IR_STORE && s->op != IR_ATOMIC)
        return false;
    if (!update_read(c, as_atomic(c, s), &f->u) || f->u.n != 1 || !f->u.form.commutes ||
        f->u.form.group[0].form != ASSOC_FORM_OP || !ir_is_true(f->u.pred) ||
        ir_uses_any(c, f->u.index[0], &inside))
        return false;
    map_put(c->a, &own, f->u.buffer[0], 1);
    for (uint32_t i = 0; i < f->lets.n; i++)
        if (ir_reads_any(c, f->lets.at[i]->arg[0], &own))
            return false;
    f->y = f->u.form.incoming[0];
    f->op = f->u.form.group[0].op;
    f->lanes = f->y->type.lanes;
    if (f->y->op == IR_REDUCE && (ir_op)f->y->u.i == f->op)
        f->y = f->y->arg[0];
    return f->y->type.lanes > f->lanes || (f->atomic && f->lanes == 1);
}

/* Kinds of narrow numbers, the index of what a target says of them. */
enum { BYTE, SIGNED_WORD, UNSIGNED_WORD, BRAIN, WIDE };

/* Of which kind a number was before it was widened to e. */
static int kind_of(const ir *e)
{
    int64_t k;
    if (ir_as_int(e, &k))
        return BYTE;
    if (e->op == IR_BROADCAST || (e->op == IR_SHUFFLE && e->nargs == 1))
        return kind_of(e->arg[0]);
    cb_type t = e->op == IR_CAST ? e->arg[0]->type : e->type;
    if (t.code == CB_BFLOAT && e->type.bits == 32)
        return BRAIN;
    if (!type_is_integer(t) || t.bits > 16 || t.bits >= e->type.bits)
        return WIDE;
    return t.bits == 8 ? BYTE : type_is_int(t) ? SIGNED_WORD : UNSIGNED_WORD;
}

/* How many neighbours are added at once, of a sum. */
static unsigned at_once(const low_target *t, const ir *y)
{
    const ir *x = y->op == IR_CAST && y->arg[0]->op == IR_MUL ? y->arg[0] : y; /* widening_mul */
    int kind = kind_of(y);
    if (x->op == IR_MUL && y->type.bits == 32) {
        int a = kind_of(x->arg[0]), b = kind_of(x->arg[1]);
        if (a < WIDE && b < WIDE && (a == BRAIN) == (b == BRAIN))
            return t->products[a > b ? a : b];
    }
    return y->op == IR_CAST && kind < BRAIN ? t->sums[kind] : 0;
}

enum { LEAST_BYTES = 16 }; /* of what is kept: a register */

/* A sum of narrow numbers or of products of such: neighbours are added first. */
static const ir *neighbours(low *L, const found *f)
{
    const ir *y = f->y;
    unsigned lanes = y->type.lanes;
    if (f->op != IR_ADD)
        return y;
    for (unsigned k = at_once(&L->target, y); k > 1; k /= 2)
        if (lanes % k == 0 && lanes / k % f->lanes == 0 && lanes / k * type_bytes(y->type) >= LEAST_BYTES)
            return ir_reduce(L->ctx, IR_ADD, y, lanes / k);
    return y;
}

static const ir *accumulate(low *L, const ir *loop, found *f)
{
    cb_context *c = L->ctx;
    const ir *y = neighbours(L, f);
    unsigned n = y->type.lanes;
    cb_type t = type_scalar(y->type);
    ir_sym acc = ir_sym_new(c, "sum", SYM_BUFFER, t, NULL);
    const ir *zero = ir_i64(c, 0), *at = n == 1 ? zero : ir_ramp(c, zero, ir_i64(c, 1), n);
    const ir *on = ir_int(c, type_bool(n), 1);
    const ir *id = ir_broadcast(c, assoc_identity(c, &f->u.form, 0, t), n);
    const ir *body = ir_store(c, acc, 0, at, ir_bin(c, f->op, ir_load(c, y->type, acc, 0, at, on), y), on);
    for (uint32_t i = f->lets.n; i-- > 0;)
        body = ir_let_stmt(c, f->lets.at[i]->u.info->sym, f->lets.at[i]->arg[0], body);
    const ir *work = ir_with_args(c, loop, (const ir *[]){for_min(loop), for_extent(loop), body});
    const ir *sum = ir_load(c, y->type, acc, 0, at, on);
    if (n > f->lanes)
        sum = ir_reduce(c, f->op, sum, f->lanes);
    const ir *end = update_write(c, &f->u, f->u.index, &sum, f->u.pred);
    if (!f->atomic)
        end = end->arg[0];
    if (PLANTED(c, ACCUMULATE_START))
        id = ir_broadcast(c, ir_const(c, t, 0), n);
    const ir *all[] = {ir_store(c, acc, 0, at, id, on), work, end};
    const ir *s = ir_block(c, all, 3);
    ir_info info = {.sym = acc, .type = t, .memory = MEM_STACK, .loc = loop->u.info->loc};
    s = ir_stmt(c, IR_ALLOCATE, &info, (const ir *const[]){ir_i64(c, n), ir_bool(c, true), s}, 3);
    const ir *some = ir_lt(c, ir_int(c, for_extent(loop)->type, 0), for_extent(loop));
    return ir_is_true(some) ? s : ir_if(c, some, s, NULL);
}

static const ir *node(ir_mapper *m, const ir *n)
{
    low *L = m->env;
    found f;
    if (!ir_is_stmt(n))
        return n;
    if (n->op == IR_FOR && n->u.info->kind == LOOP_SERIAL && find_update(L->ctx, n, &f) &&
        f.y->type.lanes * type_bytes(f.y->type) <= MOST_BYTES)
        return accumulate(L, n, &f);
    return ir_map(m, n);
}

void low_accumulate(low *L)
{
    ir_mapper m = {.ctx = L->ctx, .fn = node, .env = L};
    L->body = ir_apply(&m, L->body);
}
