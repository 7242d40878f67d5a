/* lower/pieces.c: nests of vector loops that make very wide vectors are cut into pieces.
 *
 *     vector y in [0, 8):                        serial y.piece in [0, 2):
 *       vector x in [a, 96):                       vector y in [y.piece*4, 4):
 *         store f[...] = ...             =>          vector x in [a, 32):
 *                                                      store f[...] = ...
 *                                                    ...
 *
 * No register holds so much: beyond PIECE lanes the machine code is one instruction after the other
 * whatever the schedule says, its operands go through memory, and making it takes LLVM time that
 * grows faster than the lanes. The lanes of a vector loop do not depend on each other, so they may
 * as well run one piece after the other. The outermost loop is cut first, for neighbours in memory
 * are usually in the innermost.
 *
 * A nest that uses storage in registers stays whole: there, indices must be constants.
 *
 * A number of lanes that is no power of two is cut too, when it fills more than one register: LLVM would fill it up to the next
 * power, and compute lanes that nobody wants. The parts follow each other, as if unrolled, so that storage in registers does not mind:
 *
 *     vector x in [0, 24):                       vector x in [0, 16): ...
 *       ...                              =>      vector x in [16, 8): ...
 *
 * and count as 24 lanes for `expect vectorized`. */
#include "widen.h"

enum { PIECE = 128 }; /* lanes */

/* ---- what is there --------------------------------------------------------------------------- */

typedef struct nest {
    const map *registers; /* buffers in registers */
    int64_t around;       /* lanes of the loops around */
    int64_t lanes;        /* the most lanes a statement has */
    int64_t bytes;        /* of the largest element it reads or writes */
    bool in_registers;    /* one of the buffers is used, or one is made */
} nest;

static const ir *measure_fn(ir_mapper *m, const ir *n)
{
    nest *N = m->env;
    bool access = n->op == IR_LOAD || n->op == IR_STORE;
    uint64_t known;
    if (n->op == IR_ALLOCATE && n->u.info->memory == MEM_REGISTER) N->in_registers = true;
    cb_type t = n->op == IR_STORE ? n->arg[1]->type : n->type;
    if (access && type_bytes(t) > N->bytes) N->bytes = type_bytes(t);
    if (access && map_get(N->registers, n->op == IR_LOAD ? n->u.ref.sym : n->u.info->sym, &known))
        N->in_registers = true;
    bool vector = n->op == IR_FOR && n->u.info->kind == LOOP_VECTOR;
    int64_t around = N->around;
    if (vector) N->around *= vector_lanes(n);
    if (N->around > N->lanes) N->lanes = N->around;
    n = ir_map(m, n);
    N->around = around;
    return n;
}

static nest measure(cb_context *c, const map *registers, const ir *s)
{
    nest N = {.registers = registers, .around = 1, .lanes = 1};
    ir_mapper m = {.ctx = c, .fn = measure_fn, .env = &N};
    ir_apply(&m, s);
    return N;
}

/* ---- cutting --------------------------------------------------------------------------------- */

typedef struct cutter {
    low *L;
    map registers; /* buffers in registers */
} cutter;

/* How many of n lanes go into a piece of at most `room`: a divisor of n unless that is a small one. */
static int64_t piece_of(int64_t n, int64_t room)
{
    for (int64_t q = room; q > room / 2; q--)
        if (n % q == 0) return q;
    return room;
}

/* n iterations of the vector loop `s` that begin at `from`. */
static const ir *part_of(cb_context *c, const ir *s, const ir *from, int64_t n)
{
    if (n == 1) return ir_substitute1(c, for_body(s), for_sym(s), from);
    return ir_with_args(c, s, (const ir *[]){from, ir_int(c, from->type, n), for_body(s)});
}

static const ir *cut(cb_context *c, const ir *s, int64_t n, int64_t room)
{
    const ir_symbol *v = ir_symbol_of(c, for_sym(s));
    int64_t q = piece_of(n, room);
    ir_sym i = ir_sym_new(c, arena_printf(c->a, "%s.piece", v->name), SYM_LOOP, v->type, v->aux);
    const ir *at = ir_add(c, for_min(s), ir_muli(c, ir_var(c, i), q));
    const ir *pieces = ir_for(c, i, LOOP_SERIAL, ir_int(c, v->type, 0), ir_int(c, v->type, n / q),
                              part_of(c, s, at, q));
    if (n % q == 0) return pieces;
    const ir *rest = part_of(c, s, ir_addi(c, for_min(s), n - n % q), n % q);
    return ir_block(c, (const ir *[]){pieces, ir_fresh_copy(c, rest)}, 2);
}

/* The largest power of two of its lanes, and the rest likewise. */
static const ir *cut_uneven(cutter *C, const ir *s, int64_t n, int64_t whole)
{
    cb_context *c = C->L->ctx;
    int64_t q = (int64_t)power_of_two_in((uint64_t)n);
    const ir *first = part_of(c, s, for_min(s), q);
    if (first->op == IR_FOR) map_put(c->a, &C->L->vector_parts, for_sym(first), (uint64_t)(whole << 32 | q));
    if (n == q) return first;
    const ir *rest = ir_fresh_copy(c, part_of(c, s, ir_addi(c, for_min(s), q), n - q));
    if (n - q > 1) rest = cut_uneven(C, rest, n - q, whole);
    return ir_block(c, (const ir *[]){first, rest}, 2);
}

static const ir *cut_fn(ir_mapper *m, const ir *n)
{
    cutter *C = m->env;
    cb_context *c = m->ctx;
    if (!ir_is_stmt(n)) return n;
    if (n->op == IR_ALLOCATE && n->u.info->memory == MEM_REGISTER)
        map_put(c->a, &C->registers, n->u.info->sym, 1);
    if (n->op != IR_FOR || n->u.info->kind != LOOP_VECTOR) return ir_map(m, n);
    n = ir_map(m, n); /* what one iteration makes comes first: it decides how much room is left */
    nest N = measure(c, &C->registers, n);
    int64_t lanes = vector_lanes(n), inner = N.lanes / lanes;
    if (N.lanes > PIECE && !N.in_registers)
        return ir_map(m, cut(c, n, lanes, inner > PIECE ? 1 : PIECE / inner)); /* pieces may be uneven */
    if ((lanes & (lanes - 1)) && N.lanes * N.bytes > C->L->target.vector_bytes)
        return cut_uneven(C, n, lanes, lanes);
    return n;
}

void low_cut_wide(low *L)
{
    cutter C = {.L = L};
    ir_mapper m = {.ctx = L->ctx, .fn = cut_fn, .env = &C};
    L->body = ir_apply(&m, L->body);
}
