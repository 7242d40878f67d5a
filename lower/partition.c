/* lower/partition.c: pass `partition`: a steady state without tails and clamps.
 *
 *     for x in [0, n):                     let s = min(max(1, 0), n), t = min(max(w, s), n)
 *       out[x] =                           for x in [0, s): out[x] = in[max(min(x - 1, w - 1), 0)]
 *         in[max(min(likely(x - 1),   =>   for x in [s, t): out[x] = in[x - 1]
 *                    w - 1), 0)]           for x in [t, n): out[x] = in[max(min(x - 1, w - 1), 0)]
 *
 * `likely` says which way things go nearly always: a condition (of an `if`, a select, a predicate)
 * that is nearly always true, or the operand that a min, max or select nearly always yields. In a
 * loop over x every such condition on x is solved for x; in the intersection of the solutions, the
 * steady interval, all of them are constants. The loop is cut in three there, so that each
 * iteration runs exactly once whatever the extents are. A condition is solved at the innermost loop
 * it depends on; one that depends on no variable of the loop it stands in is decided before that
 * loop (it then runs in the steady or in the general form).
 *
 * A loop whose whole body is guarded, by tails or by conditions of its domain, is not cut but shortened. So is one whose stores are all
 * masked by the same condition, to the iterations in which a lane may be on:
 *
 *     for x in [0, 32): store out[ramp(16*x, 1, 16)] where likely(ramp(16*x, 1, 16) < n)   =>   for x in [0, min(32, (n - 1)/16 + 1))
 *
 * A parallel loop stays one loop and chooses in its body. Loops inside a prologue or epilogue, the general pieces, are cut as well,
 * but not those in a general piece of such a loop, so that code grows with the square of the depth
 * of the nest and not exponentially; a loop whose copies would make the program more than about three
 * times as large is not cut, nor one where all that is won is an instruction in each of its iterations, if these go on for long in
 * loops inside, or one before it, if it goes on for long itself. Afterwards no `likely` is left.
 *
 * Unrolled loops are still loops here. A condition in one is decided if it can be in all its copies; where it was, the loop
 * stays a loop in the general pieces.
 *
 * partition(l, never) leaves a loop whole. partition(l, always) cuts it wherever it is and whatever it
 * costs, and is an error where no copy of the loop could be cut or shortened.
 *
 * needs: vector loops gone. breaks: nothing. */
#include "lanes.h"
#include "widen.h"

#include <string.h>

/* ---- which expressions speak of likelihood --------------------------------------------------- */

enum {
    HAS_LIKELY = 1, /* somewhere below */
    CAPTURED = 2,   /* inside a min or max that it already decides */
    OPEN = 4        /* the value itself is the likely one */
};

enum {
    MIN_BUDGET = 3000, /* nodes by which any program may grow */
    MOST_COPIES = 256, /* of a condition in loops that will be unrolled, each looked at */
    FEW_NODES = 100,   /* of copies that general pieces may have, too */
    LOOP_NODES = 32,   /* a loop costs LLVM as much */
    MANY_TRIPS = 16,   /* of a loop: an instruction before it does not count then; an extent that is not constant is taken for so many */
    MOST_NODES = 1 << 24
};

typedef struct part {
    cb_context *ctx;
    ir_mapper tags;  /* expression -> INT of the flags above */
    ir_mapper strip; /* expression -> without likely */
    int general;     /* general pieces around this place, one inside the other */
    uint64_t spent, budget; /* nodes added by general pieces; as many as may be */
    bool in_registers; /* there is storage in registers */
    bool *cut;       /* per entry of low.always: a loop of it was cut or shortened */
} part;

static unsigned tag(part *P, const ir *e) { return (unsigned)ir_apply(&P->tags, e)->u.i; }

static const ir *tags_fn(ir_mapper *m, const ir *e)
{
    part *P = m->env;
    unsigned all = 0;
    for (uint32_t i = 0; i < e->nargs; i++) all |= tag(P, e->arg[i]);
    switch ((ir_op)e->op) {
    case IR_LIKELY:
        all = HAS_LIKELY | OPEN;
        break;
    case IR_MIN: case IR_MAX:
        all = all & OPEN ? HAS_LIKELY | CAPTURED : all;
        break;
    case IR_SELECT: case IR_LOAD: case IR_C_CALL:
        all &= HAS_LIKELY;
        break;
    default:
        break;
    }
    return ir_i32(P->ctx, all);
}

static const ir *strip_fn(ir_mapper *m, const ir *n)
{
    part *P = m->env;
    if (ir_is_stmt(n)) return ir_map(m, n);
    if (!(tag(P, n) & HAS_LIKELY)) return n;
    return n->op == IR_LIKELY ? ir_apply(m, n->arg[0]) : ir_map(m, n);
}

static const ir *strip(part *P, const ir *n) { return ir_apply(&P->strip, n); }

static bool is_likely(const ir *n) { return n->op == IR_LIKELY; }

static bool has_likely(part *P, const ir *n) { return ir_any(P->ctx, n, is_likely); }

static bool is_unrolled(const ir *n) { return n->op == IR_FOR && n->u.info->kind == LOOP_UNROLL; }

/* A loop that stays one. */
static bool is_loop(const ir *n) { return n->op == IR_FOR && !is_unrolled(n); }

static bool has_loop(part *P, const ir *n) { return ir_any_stmt(P->ctx, n, is_loop); }

typedef struct longest {
    cb_context *ctx;
    int64_t trips;
} longest;

static bool find_trips(void *env, const ir *n)
{
    longest *most = env, inside = {.ctx = most->ctx, .trips = 1};
    int64_t own = MANY_TRIPS;
    if (!is_loop(n)) return most->trips < MANY_TRIPS;
    ir_visit(most->ctx, for_body(n), find_trips, &inside);
    if (ir_as_int(for_extent(n), &own)) own = own < 1 ? 1 : own < MANY_TRIPS ? own : MANY_TRIPS;
    most->trips = own * inside.trips > most->trips ? own * inside.trips : most->trips;
    return false;
}

/* Will the statement go on for many iterations of loops inside? */
static bool is_long(part *P, const ir *s)
{
    longest most = {.ctx = P->ctx, .trips = 1};
    ir_visit(P->ctx, s, find_trips, &most);
    return most.trips >= MANY_TRIPS;
}

typedef struct sizing {
    part *P;
    bool general;
    unsigned loop; /* what a loop counts */
    uint64_t n;
} sizing;

static uint64_t copied_size(part *P, const ir *s, bool general, unsigned loop);

static bool count_node(void *env, const ir *n)
{
    sizing *Z = env;
    int64_t times;
    if (Z->n >= MOST_NODES) return false;
    Z->n += is_loop(n) ? Z->loop : 1;
    if (!is_unrolled(n) || !ir_as_int(for_extent(n), &times) || times < 2) return true;
    uint64_t one = copied_size(Z->P, for_body(n), Z->general, Z->loop);
    if (Z->general && one * (uint64_t)times > FEW_NODES && !Z->P->in_registers &&
        (has_loop(Z->P, for_body(n)) || has_likely(Z->P, for_body(n))))
        times = 1;
    Z->n += (uint64_t)times < MOST_NODES ? one * (uint64_t)times : MOST_NODES;
    return false;
}

/* Nodes of a statement in which unrolled loops have become copies, in a general piece only those that `rolled` does not keep. */
static uint64_t copied_size(part *P, const ir *s, bool general, unsigned loop)
{
    sizing Z = {.P = P, .general = general, .loop = loop};
    ir_visit(P->ctx, s, count_node, &Z);
    return Z.n < MOST_NODES ? Z.n : MOST_NODES;
}

/* ---- the steady form of a loop's body -------------------------------------------------------- */

typedef struct steady {
    part *P;
    ir_mapper m;
    ir_sym v;
    map lets;          /* lets of the body -> their values in terms of v and what is outside */
    map inner;         /* symbols of the body without such a value: loops, lets that load */
    vec(const ir *) copied; /* loops of the body that will be unrolled: a condition holds in all copies or not */
    int depth;         /* loops between the body and here */
    const ir *lo, *hi; /* v in [lo, hi]; NULL: no bound */
    const ir *when;    /* and this, free of v, holds; NULL: no condition */
    bool any;          /* something was settled */
    bool busy;         /* an iteration is so long that an instruction at its beginning does not count, */
    bool lasting;      /* or the loop, so that one before it does not */
    bool worth;        /* something was settled that costs more than that */
    map settled;       /* the nodes decided: LIKELY, MIN, MAX, SELECT */
    bool found;        /* one of them, or a loop, by `rolled` */
    bool whole;        /* the loop is not cut: there is no general piece */
} steady;

static const ir *note_settled(steady *S, const ir *n, const ir *value)
{
    cb_context *c = S->P->ctx;
    map_putp(c->a, &S->settled, n, n);
    bool choice = (n->op == IR_MIN || n->op == IR_MAX || n->op == IR_SELECT) && n->type.lanes == 1;
    bool costs = !S->busy && (!S->lasting || ir_uses(c, ir_substitute(c, strip(S->P, n), &S->lets), S->v));
    if (!choice || costs) S->worth = true;
    return value;
}

/* Is the condition true in the steady state? Narrows the steady interval so that it is. */
static bool settle_scalar(steady *S, const ir *cond)
{
    cb_context *c = S->P->ctx;
    if (ir_is_true(cond)) return true;
    if (ir_is_false(cond)) return false;
    if (!ir_uses(c, cond, S->v)) {
        if (S->depth) return false; /* there is a nearer loop */
        S->when = S->when ? ir_and(c, S->when, cond) : cond;
        return S->any = true;
    }
    const ir *lo = NULL, *hi = NULL;
    if (!solve_for(c, cond, S->v, NULL, &lo, &hi)) return false;
    if (lo) S->lo = S->lo ? ir_max(c, S->lo, lo) : lo;
    if (hi) S->hi = S->hi ? ir_min(c, S->hi, hi) : hi;
    return S->any = true;
}

/* Is it a comparison of what grows evenly with v, so that it holds for all v if it does for the first and the last? */
static bool is_convex(cb_context *c, const ir *cond, ir_sym v)
{
    int64_t coef;
    const ir *rest;
    return (cond->op == IR_LT || cond->op == IR_LE) && type_no_overflow(cond->arg[0]->type) &&
           linear_in(c, ir_sub(c, cond->arg[0], cond->arg[1]), v, &coef, &rest);
}

/* The same for all copies of the loops from number k on. */
static bool settle_copies(steady *S, const ir *cond, uint32_t k, int *fuel)
{
    cb_context *c = S->P->ctx;
    int64_t n = 0;
    while (k < S->copied.n && !ir_uses(c, cond, for_sym(S->copied.at[k]))) k++;
    if (k == S->copied.n) return settle_scalar(S, cond);
    if (cond->op == IR_AND) return settle_copies(S, cond->arg[0], k, fuel) && settle_copies(S, cond->arg[1], k, fuel);
    const ir *loop = S->copied.at[k];
    ir_as_int(for_extent(loop), &n);
    int64_t step = n > 1 && is_convex(c, cond, for_sym(loop)) ? n - 1 : 1;
    for (int64_t i = 0; i < n; i += step) {
        const ir *at = ir_addi(c, ir_substitute(c, for_min(loop), &S->lets), i);
        if (--*fuel < 0 || !settle_copies(S, ir_substitute1(c, cond, for_sym(loop), at), k + 1, fuel)) return false;
    }
    return true;
}

static bool settle(steady *S, const ir *cond)
{
    cb_context *c = S->P->ctx;
    int fuel = MOST_COPIES;
    cond = ir_substitute(c, strip(S->P, cond), &S->lets);
    if (ir_is_true(cond)) return true;
    if (ir_reads_memory(c, cond) || ir_uses_any(c, cond, &S->inner)) return false;
    cond = lanes_all(c, cond);
    if (!cond || ir_is_false(cond)) return false;
    const ir *lo = S->lo, *hi = S->hi, *when = S->when;
    bool any = S->any;
    if (settle_copies(S, cond, 0, &fuel)) return true;
    S->lo = lo;
    S->hi = hi;
    S->when = when;
    S->any = any;
    return false;
}

/* The value of a likely condition in the steady state; conjuncts that cannot be settled here stay
 * likely. */
static const ir *steady_cond(steady *S, const ir *cond)
{
    cb_context *c = S->P->ctx;
    if (cond->op == IR_AND) {
        const ir *a = steady_cond(S, cond->arg[0]), *b = steady_cond(S, cond->arg[1]);
        return ir_is_true(a) ? b : ir_is_true(b) ? a : ir_and(c, a, b);
    }
    if (!settle(S, cond)) return ir_likely(c, cond);
    S->worth = true;
    return ir_int(c, cond->type, 1);
}

/* Without its own mark; marks below wait for inner loops. */
static const ir *unmarked(const ir *e) { return e->op == IR_LIKELY ? e->arg[0] : e; }

/* min(likely(a), b) is a where a <= b. An operand loses its mark when it is settled below; it gets
 * it back while this one waits for an inner loop. */
static const ir *steady_min_max(steady *S, const ir *n)
{
    cb_context *c = S->P->ctx;
    unsigned ta = tag(S->P, n->arg[0]), tb = tag(S->P, n->arg[1]);
    unsigned by = (ta | tb) & OPEN ? OPEN : CAPTURED;
    const ir *a = ir_apply(&S->m, n->arg[0]), *b = ir_apply(&S->m, n->arg[1]);
    bool first = ta & by;
    if (first == (bool)(tb & by) || type_is_float(n->type)) return ir_bin(c, n->op, a, b);
    const ir *usual = first ? a : b, *other = first ? b : a;
    if (settle(S, n->op == IR_MIN ? ir_le(c, usual, other) : ir_le(c, other, usual)))
        return note_settled(S, n, unmarked(usual));
    if (!(tag(S->P, usual) & (OPEN | CAPTURED))) usual = ir_likely(c, usual);
    return first ? ir_bin(c, n->op, usual, b) : ir_bin(c, n->op, a, usual);
}

/* select(c, likely(a), b) is a where c; select(c, a, likely(b)) is b where not c. */
static const ir *steady_select(steady *S, const ir *n)
{
    cb_context *c = S->P->ctx;
    bool then_open = tag(S->P, n->arg[1]) & OPEN, else_open = tag(S->P, n->arg[2]) & OPEN;
    const ir *cond = ir_apply(&S->m, n->arg[0]), *a = ir_apply(&S->m, n->arg[1]),
             *b = ir_apply(&S->m, n->arg[2]);
    if (ir_is_true(cond)) return a;
    if (ir_is_false(cond)) return b;
    if (then_open != else_open && !ir_reads_memory(c, cond)) {
        if (then_open && settle(S, cond)) return note_settled(S, n, unmarked(a));
        if (else_open && settle(S, lanes_negate(c, cond))) return note_settled(S, n, unmarked(b));
        if (then_open && !(tag(S->P, a) & OPEN)) a = ir_likely(c, a);
        if (else_open && !(tag(S->P, b) & OPEN)) b = ir_likely(c, b);
    }
    return ir_select(c, cond, a, b);
}

static const ir *steady_expr(steady *S, const ir *n)
{
    cb_context *c = S->P->ctx;
    const ir *a, *b;
    int64_t on;
    if (!(tag(S->P, n) & HAS_LIKELY)) return n;
    switch ((ir_op)n->op) {
    case IR_LIKELY:
        if (!type_is_bool(n->type)) return ir_map(&S->m, n);
        a = steady_cond(S, ir_apply(&S->m, n->arg[0]));
        return ir_is_true(a) ? note_settled(S, n, a) : a;
    case IR_MIN: case IR_MAX:
        return steady_min_max(S, n);
    case IR_SELECT:
        return steady_select(S, n);
    case IR_AND:
        a = ir_apply(&S->m, n->arg[0]);
        b = ir_apply(&S->m, n->arg[1]);
        return ir_is_true(a) ? b : ir_is_true(b) ? a : ir_and(c, a, b);
    case IR_LET:
        return ir_apply(&S->m, ir_substitute1(c, n->arg[1], n->u.sym, n->arg[0]));
    case IR_REDUCE:
        a = ir_apply(&S->m, n->arg[0]);
        if (type_is_bool(n->type) && ir_as_int(a, &on)) return ir_int(c, n->type, on);
        return ir_reduce(c, (ir_op)n->u.i, a, n->type.lanes);
    default:
        return ir_map(&S->m, n);
    }
}

/* A let of the body: its value, unless that is known only inside. */
static void note_let(steady *S, ir_sym sym, const ir *value)
{
    cb_context *c = S->P->ctx;
    const ir *plain = ir_substitute(c, strip(S->P, value), &S->lets);
    if (ir_reads_memory(c, plain) || ir_uses_any(c, plain, &S->inner)) map_put(c->a, &S->inner, sym, 1);
    else map_put(c->a, &S->lets, sym, (uint64_t)(uintptr_t)plain);
}

static const ir *steady_let(steady *S, const ir *s)
{
    cb_context *c = S->P->ctx;
    const ir *value = ir_apply(&S->m, s->arg[0]);
    note_let(S, s->u.info->sym, value);
    return ir_with_args(c, s, (const ir *[]){value, ir_apply(&S->m, s->arg[1])});
}

/* Does the loop get an extent that is constant in the steady state only, and is that of use? Of a long one not, unless it is 1. */
static bool becomes_constant(steady *S, const ir *s, const ir *extent)
{
    cb_context *c = S->P->ctx;
    int64_t n;
    if (ir_as_int(for_extent(s), &n)) return false;
    extent = simplify(c, ir_substitute(c, strip(S->P, extent), &S->lets), NULL);
    return ir_as_int(extent, &n) && (n <= 1 || is_unrolled(s) || !is_long(S->P, for_body(s)));
}

static const ir *steady_for(steady *S, const ir *s)
{
    cb_context *c = S->P->ctx;
    const ir *min = ir_apply(&S->m, for_min(s)), *extent = ir_apply(&S->m, for_extent(s));
    S->worth = S->worth || becomes_constant(S, s, extent);
    bool copied = is_unrolled(s) && !ir_reads_memory(c, min) && !ir_uses_any(c, min, &S->inner);
    if (copied) vec_push(c->a, &S->copied, s);
    else map_put(c->a, &S->inner, for_sym(s), 1);
    S->depth += !copied;
    const ir *body = ir_apply(&S->m, for_body(s));
    S->depth -= !copied;
    return ir_with_args(c, s, (const ir *[]){min, extent, body});
}

static const ir *steady_if(steady *S, const ir *s)
{
    const ir *cond = ir_apply(&S->m, s->arg[0]);
    if (ir_is_true(cond)) return ir_apply(&S->m, s->arg[1]);
    if (ir_is_false(cond))
        return s->nargs > 2 ? ir_apply(&S->m, s->arg[2]) : widen_nothing(S->P->ctx);
    const ir *then_s = ir_apply(&S->m, s->arg[1]);
    return ir_if(S->P->ctx, cond, then_s, s->nargs > 2 ? ir_apply(&S->m, s->arg[2]) : NULL);
}

static const ir *steady_fn(ir_mapper *m, const ir *n)
{
    steady *S = m->env;
    if (!ir_is_stmt(n)) return steady_expr(S, n);
    map_clear(&m->memo);
    switch ((ir_op)n->op) {
    case IR_LET_STMT:
        return steady_let(S, n);
    case IR_FOR:
        return steady_for(S, n);
    case IR_IF:
        return steady_if(S, n);
    default:
        return ir_map(m, n);
    }
}

static steady steady_new(part *P, ir_sym v)
{
    return (steady){.P = P, .m = {.ctx = P->ctx, .fn = steady_fn}, .v = v};
}

static bool is_in_registers(const ir *n) { return n->op == IR_ALLOCATE && n->u.info->memory == MEM_REGISTER; }

static bool find_settled(void *env, const ir *n)
{
    steady *S = env;
    S->found = S->found || map_getp(&S->settled, n);
    return !S->found;
}

/* An unrolled loop with a choice inside that the steady state is free of stays a loop in the general piece, where little time is
 * spent: copies of it would be most of the code. So does one around other loops. Storage in registers needs copies. */
static const ir *rolled(steady *S, const ir *loop)
{
    S->found = has_loop(S->P, for_body(loop));
    ir_visit(S->P->ctx, for_body(loop), find_settled, S);
    if (!S->found || S->P->in_registers || copied_size(S->P, loop, false, LOOP_NODES) <= FEW_NODES) return loop;
    ir_info info = *loop->u.info;
    info.kind = LOOP_SERIAL;
    return ir_stmt(S->P->ctx, IR_FOR, &info, (const ir *[]){for_min(loop), for_extent(loop), for_body(loop)}, 3);
}

/* The general form: what the steady form decided is an ordinary choice now, the rest still waits
 * for inner loops. */
static const ir *general_fn(ir_mapper *m, const ir *n)
{
    steady *S = m->env;
    if (is_unrolled(n) && !S->whole) n = rolled(S, n);
    if (!ir_is_stmt(n) && !(tag(S->P, n) & HAS_LIKELY)) return n;
    const ir *r = ir_map(m, n);
    if (ir_is_stmt(n) || !map_getp(&S->settled, n)) return r;
    if (r->op == IR_LIKELY) return r->arg[0];
    if (r->op != IR_MIN && r->op != IR_MAX && r->op != IR_SELECT) return r;
    const ir *arg[3] = {NULL};
    for (uint32_t i = 0; i < r->nargs; i++) arg[i] = unmarked(r->arg[i]);
    return ir_with_args(m->ctx, r, arg);
}

/* s with what the steady form decided as ordinary choices. */
static const ir *decided(steady *S, const ir *s)
{
    ir_mapper general = {.ctx = S->P->ctx, .fn = general_fn, .env = S};
    return ir_apply(&general, s);
}

/* The body of a general piece, what is inside cut in its turn. */
static const ir *general_body(ir_mapper *m, steady *S, const ir *body)
{
    part *P = m->env;
    P->general++;
    body = ir_apply(m, decided(S, body));
    P->general--;
    return body;
}

/* ---- shortening ------------------------------------------------------------------------------ */

typedef struct range {
    const ir *min, *end; /* [min, end) */
    vec(ir_sym) syms;    /* lets around the loop */
    vec(const ir *) values;
} range;

static const ir *name_value(part *P, range *r, ir_sym like, const char *what, const ir *value)
{
    cb_context *c = P->ctx;
    int64_t k;
    value = simplify(c, value, NULL);
    if (ir_as_int(value, &k) || value->op == IR_VAR) return value;
    const char *name = ctx_string(c, arena_printf(c->a, "%s.%s", ir_sym_name(c, like), what));
    ir_sym s = ir_sym_new(c, name, SYM_LET, value->type, NULL);
    vec_push(c->a, &r->syms, s);
    vec_push(c->a, &r->values, value);
    return ir_var(c, s);
}

static const ir *wrap(part *P, const range *r, const ir *body)
{
    for (uint32_t i = r->syms.n; i-- > 0;)
        body = ir_let_stmt(P->ctx, r->syms.at[i], r->values.at[i], body);
    return body;
}

/* Is v in [lo, hi] exactly where the condition, settled by S, is true? */
static bool exact(part *P, const ir *cond, ir_sym v)
{
    int64_t coef;
    const ir *rest;
    if ((cond->op != IR_LT && cond->op != IR_LE) || cond->type.lanes != 1) return false;
    if (!type_no_overflow(cond->arg[0]->type)) return false;
    return linear_in(P->ctx, ir_sub(P->ctx, cond->arg[0], cond->arg[1]), v, &coef, &rest) &&
           coef != 0;
}

/* What is left of a guard after its exactly solved conjuncts have narrowed S. */
static const ir *shorten_guard(steady *S, const ir *cond)
{
    cb_context *c = S->P->ctx;
    const ir *in = cond->op == IR_LIKELY ? cond->arg[0] : cond;
    if (in->op == IR_AND) {
        const ir *part_of[2];
        for (int i = 0; i < 2; i++)
            part_of[i] = shorten_guard(S, cond == in ? in->arg[i] : ir_likely(c, in->arg[i]));
        return ir_is_true(part_of[0])   ? part_of[1]
               : ir_is_true(part_of[1]) ? part_of[0]
                                        : ir_and(c, part_of[0], part_of[1]);
    }
    if (cond->op != IR_LIKELY) return cond;
    const ir *known = ir_substitute(c, strip(S->P, in), &S->lets);
    return exact(S->P, known, S->v) && settle(S, in) ? ir_bool(c, true) : cond;
}

/* for v: lets: if (likely(v in [lo, hi])) rest   =>   for v in the intersection: lets: rest */
static const ir *shorten(part *P, const ir *loop, range *r)
{
    cb_context *c = P->ctx;
    vec(const ir *) lets = {0};
    steady S = steady_new(P, for_sym(loop));
    S.m.env = &S;
    const ir *body = for_body(loop);
    for (; body->op == IR_LET_STMT; body = body->arg[1]) {
        const ir *plain = ir_substitute(c, strip(P, body->arg[0]), &S.lets);
        if (ir_reads_memory(c, plain)) return loop;
        map_put(c->a, &S.lets, body->u.info->sym, (uint64_t)(uintptr_t)plain);
        vec_push(c->a, &lets, body);
    }
    if (body->op != IR_IF || body->nargs > 2 || !has_likely(P, body->arg[0])) return loop;
    const ir *left = shorten_guard(&S, body->arg[0]);
    if (!S.any || left == body->arg[0]) return loop;
    body = ir_is_true(left) ? body->arg[1] : ir_if(c, left, body->arg[1], NULL);
    for (uint32_t i = lets.n; i-- > 0;)
        body = ir_with_args(c, lets.at[i], (const ir *[]){lets.at[i]->arg[0], body});
    const ir *min = r->min, *end = r->end;
    if (S.lo) r->min = name_value(P, r, S.v, "first", ir_max(c, min, S.lo));
    if (S.hi) r->end = name_value(P, r, S.v, "end", ir_min(c, end, ir_addi(c, S.hi, 1)));
    return ir_with_args(c, loop, (const ir *[]){r->min, ir_sub(c, r->end, r->min), body});
}

/* Conditions without which no lane of any store below is on. */
typedef struct masks {
    steady *S; /* with what is known of the body's symbols */
    vec(const ir *) needed;
    bool any, mixed; /* a store was seen; something has other effects, or no condition is left */
} masks;

/* What of a mask must hold for one lane to be on, where that says exactly which v those are. */
static void note_needed(masks *M, const ir *cond, map *found)
{
    steady *S = M->S;
    cb_context *c = S->P->ctx;
    if (cond->op == IR_AND) {
        note_needed(M, cond->arg[0], found);
        note_needed(M, cond->arg[1], found);
    } else if (cond->op == IR_LIKELY) note_needed(M, cond->arg[0], found);
    if (cond->op != IR_LT && cond->op != IR_LE) return;
    const ir *known = ir_substitute(c, strip(S->P, cond), &S->lets);
    if (known->type.lanes > 1) {
        const ir *none = lanes_all(c, lanes_negate(c, known));
        known = none ? lanes_negate(c, none) : known;
    }
    if (exact(S->P, known, S->v) && !ir_reads_memory(c, known) && !ir_uses_any(c, known, &S->inner) && !map_getp(found, known)) {
        map_putp(c->a, found, known, known);
        if (!M->any) vec_push(c->a, &M->needed, known);
    }
}

static void note_mask(masks *M, const ir *store)
{
    map found = {0};
    if (has_likely(M->S->P, store->arg[2])) note_needed(M, store->arg[2], &found);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < M->needed.n; i++)
        if (map_getp(&found, M->needed.at[i])) M->needed.at[kept++] = M->needed.at[i];
    M->needed.n = kept;
    M->mixed = M->mixed || !kept;
    M->any = true;
}

static bool find_mask(void *env, const ir *n)
{
    masks *M = env;
    cb_context *c = M->S->P->ctx;
    if (M->mixed || !ir_is_stmt(n)) return false;
    switch ((int)n->op) {
    case IR_LET_STMT:
        note_let(M->S, n->u.info->sym, n->arg[0]);
        M->mixed = ir_has_effect(c, n->arg[0]);
        return !M->mixed;
    case IR_FOR:
        map_put(c->a, &M->S->inner, for_sym(n), 1);
        return true;
    case IR_IF:
        M->mixed = ir_has_effect(c, n->arg[0]);
        return !M->mixed;
    case IR_BLOCK: case IR_PRODUCE: case IR_CONSUME: return true;
    case IR_STORE:
        M->mixed = ir_has_effect(c, n);
        note_mask(M, n);
        return false;
    default:
        M->mixed = true;
        return false;
    }
}

/* for v: store ... where likely(m), ...   =>   the same for v in the interval outside of which no lane of m is on */
static const ir *shorten_masked(part *P, const ir *loop, range *r)
{
    cb_context *c = P->ctx;
    steady S = steady_new(P, for_sym(loop));
    masks M = {.S = &S};
    ir_visit(c, for_body(loop), find_mask, &M);
    if (M.mixed || !M.any) return loop;
    for (uint32_t i = 0; i < M.needed.n; i++) settle_scalar(&S, M.needed.at[i]);
    bool starts = !S.lo || can_prove(c, ir_le(c, S.lo, r->min), NULL);
    bool ends = !S.hi || can_prove(c, ir_le(c, ir_addi(c, r->end, -1), S.hi), NULL);
    if (!starts) r->min = name_value(P, r, S.v, "first", ir_max(c, r->min, S.lo));
    if (!ends) r->end = name_value(P, r, S.v, "end", ir_min(c, r->end, ir_addi(c, S.hi, 1)));
    return starts && ends ? loop : ir_with_args(c, loop, (const ir *[]){r->min, ir_sub(c, r->end, r->min), for_body(loop)});
}

/* ---- cutting --------------------------------------------------------------------------------- */

/* Iterations [min, end) of the loop with another body; NULL when there is none. */
static const ir *piece(part *P, const ir *loop, const ir *min, const ir *end, const ir *body)
{
    cb_context *c = P->ctx;
    const ir *extent = simplify(c, ir_sub(c, end, min), NULL);
    int64_t n;
    if (ir_as_int(extent, &n) && n <= 0) return NULL;
    return ir_with_args(c, loop, (const ir *[]){min, extent, body});
}

static const ir *cut_serial(ir_mapper *m, steady *S, const ir *loop, range *r, const ir *body)
{
    part *P = S->P;
    cb_context *c = P->ctx;
    const ir *min = r->min, *end = r->end;
    bool starts = !S->lo || can_prove(c, ir_le(c, S->lo, min), NULL);
    bool ends = !S->hi || can_prove(c, ir_le(c, ir_addi(c, end, -1), S->hi), NULL);
    if (!starts || !ends || S->when) /* an empty loop must stay empty in each piece */
        end = name_value(P, r, S->v, "end", ir_max(c, end, min));
    const ir *first = min, *last = end;
    if (!starts) first = name_value(P, r, S->v, "steady", ir_min(c, ir_max(c, S->lo, min), end));
    if (!ends)
        last = ir_min(c, ir_max(c, ir_addi(c, S->hi, PLANTED(c, PARTITION_STEADY) ? 2 : 1), first),
                      end);
    if (S->when) last = ir_select(c, S->when, last, first);
    if (!ends || S->when) last = name_value(P, r, S->v, "tail", last);

    const ir *pieces[3] = {NULL}, *general = for_body(loop);
    pieces[1] = piece(P, loop, first, last, ir_apply(m, body));
    if (pieces[1] && S->when) /* as its inside may count on it: extents of whole tiles are constants there */
        pieces[1] = ir_if(c, S->when, pieces[1], NULL);
    if (!starts) pieces[0] = piece(P, loop, min, first, general_body(m, S, general));
    if (!ends || S->when) pieces[2] = piece(P, loop, last, end, general_body(m, S, general));
    for (int i = 0; i < 3; i += 2)
        if (pieces[i]) pieces[i] = ir_fresh_copy(c, pieces[i]);
    const ir *all = ir_block(c, pieces, 3);
    return all ? all : widen_nothing(c);
}

static const ir *cut_parallel(ir_mapper *m, steady *S, const ir *loop, const ir *body)
{
    part *P = S->P;
    cb_context *c = P->ctx;
    const ir *v = ir_var(c, S->v), *in = ir_bool(c, true);
    if (S->lo) in = ir_le(c, S->lo, v);
    if (S->hi) in = S->lo ? ir_and(c, in, ir_le(c, v, S->hi)) : ir_le(c, v, S->hi);
    if (S->when) in = ir_and(c, in, S->when);
    in = simplify(c, in, NULL);
    body = ir_apply(m, body);
    if (!ir_is_true(in))
        body = ir_if(c, in, body, ir_fresh_copy(c, general_body(m, S, for_body(loop))));
    return ir_with_args(c, loop, (const ir *[]){for_min(loop), for_extent(loop), body});
}

/* May the body be copied for general pieces? A quarter of what may be spent is kept for innermost loops, where the time goes; no
 * other loop gets more than a quarter. */
static bool affordable(part *P, const steady *S, const ir *body, bool always)
{
    bool loops = has_loop(P, body);
    uint64_t copies = (uint64_t)(S->lo != NULL) + (S->hi != NULL || S->when != NULL);
    uint64_t more = copies * copied_size(P, body, true, 1);
    uint64_t limit = loops ? P->budget / 4 * 3 : P->budget;
    if (!always && (P->spent + more > limit || (loops && more > P->budget / 4)))
        return false;
    P->spent += more;
    return true;
}

static const ir *part_for(ir_mapper *m, const ir *loop)
{
    part *P = m->env;
    cb_context *c = m->ctx;
    ir_loop_kind kind = loop->u.info->kind;
    if ((kind != LOOP_SERIAL && kind != LOOP_PARALLEL) ||
        loop->u.info->partition == PARTITION_NEVER)
        return ir_map(m, loop);
    range r = {.min = for_min(loop),
               .end = simplify(c, ir_add(c, for_min(loop), for_extent(loop)), NULL)};
    bool always = loop->u.info->partition == PARTITION_ALWAYS, shortened = false;
    for (const ir *next; (next = shorten(P, loop, &r)) != loop; loop = next) shortened = true;
    const ir *whole = loop;
    loop = shorten_masked(P, loop, &r);
    shortened = shortened || loop != whole;
    if (always && shortened) P->cut[loop->u.info->index - 1] = true;
    if (P->general > 1 && !always) return wrap(P, &r, ir_map(m, loop));
    steady S = steady_new(P, for_sym(loop));
    S.m.env = &S;
    S.busy = !P->in_registers && is_long(P, for_body(loop));
    S.lasting = !P->in_registers && is_long(P, loop);
    const ir *body = ir_apply(&S.m, for_body(loop));
    if (S.lo) S.lo = simplify(c, S.lo, NULL);
    if (S.hi) S.hi = simplify(c, S.hi, NULL);
    if (S.when) S.when = simplify(c, S.when, NULL);
    if (S.when && ir_is_true(S.when)) S.when = NULL;
    bool never = (S.lo && S.hi && can_prove(c, ir_lt(c, S.hi, S.lo), NULL)) ||
                 (S.when && ir_is_false(S.when));
    const ir *done;
    S.whole = S.any && !S.worth && !always;
    if (S.whole)
        done = ir_map(m, ir_with_args(c, loop, (const ir *[]){for_min(loop), for_extent(loop), decided(&S, for_body(loop))}));
    else if (!S.any || never || !affordable(P, &S, body, always)) done = ir_map(m, loop);
    else if (kind == LOOP_PARALLEL) done = cut_parallel(m, &S, loop, body);
    else done = cut_serial(m, &S, loop, &r, body);
    if (always && S.any && !never) P->cut[loop->u.info->index - 1] = true;
    return wrap(P, &r, done);
}

static const ir *part_stmt(ir_mapper *m, const ir *n)
{
    if (!ir_is_stmt(n)) return n;
    if (n->op == IR_FOR && has_likely(m->env, for_body(n))) return part_for(m, n);
    return ir_map(m, n);
}

static void refuse_always(low *L, const directive *d, bool likely)
{
    diag *g = low_refuse(L, DIAG_NO_PARTITION, d, "the loop cannot be cut");
    diag_note(&L->ctx->diags, g, (cb_loc){0}, "%s",
              likely ? "no tail or clamp inside changes from true to false once along this loop"
                     : "the program has no tail and no clamp that could be left out");
    diag_help(&L->ctx->diags, g, "use partition(%s, auto), or cut a loop that a tail or a boundary "
              "condition depends on", d->arg[0].name);
    low_moves(L, g, d, 0);
    diag_end(&L->ctx->diags, g);
}

static void partition_body(low *L, part *P)
{
    P->budget = MIN_BUDGET + 2 * copied_size(P, L->body, false, 1);
    P->in_registers = ir_any_stmt(L->ctx, L->body, is_in_registers);
    ir_mapper m = {.ctx = L->ctx, .fn = part_stmt, .env = P};
    L->body = strip(P, ir_apply(&m, L->body));
}

void low_partition(low *L)
{
    part P = {.ctx = L->ctx};
    P.cut = NEW_ARRAY(L->ctx->a, bool, L->always.n + 1);
    P.tags = (ir_mapper){.ctx = L->ctx, .fn = tags_fn, .env = &P};
    P.strip = (ir_mapper){.ctx = L->ctx, .fn = strip_fn, .env = &P};
    bool likely = has_likely(&P, L->body);
    if (likely) partition_body(L, &P);
    for (uint32_t i = 0; i < L->always.n; i++)
        if (!P.cut[i]) refuse_always(L, L->always.at[i], likely);
}
