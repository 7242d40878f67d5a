/* lower/boxes.c: the part of a Func that a statement touches.
 *
 *     for x in [0, n):
 *         if (x < m) out(x) = f(x*2) + f(x*2 + 1)         f over [0, min(n, m)*2 - 1]
 *
 * A walk over the statement: loops and lets bind intervals, guards clamp them, each access includes
 * its coordinates into the box and is remembered as the one that widened it. A let whose value is
 * short is put in the place of its symbol, so that what is common to two coordinates still cancels;
 * other lets become intervals of their own.
 */
#include "bounds_of.h"

/* ---- boxes ----------------------------------------------------------------------------------- */

box *box_new(cb_context *c, uint32_t rank)
{
    box *b = NEW(c->a, box);
    b->rank = rank;
    b->dim = NEW_ARRAY(c->a, interval, rank ? rank : 1);
    b->empty = true;
    return b;
}

/* Does a <= b hold for certain? */
static bool ordered(const facts *S, const ir *a, const ir *b)
{
    lin L;
    return a == b ||
           (type_no_overflow(a->type) && lin_diff(&L, b, a, true) && prove_nonneg(S, &L, 100));
}

static void widen_lo(const facts *S, interval *a, const interval *b)
{
    if (!a->lo || (b->lo && ordered(S, a->lo, b->lo))) return;
    bool other = !b->lo || ordered(S, b->lo, a->lo);
    a->lo = !b->lo ? NULL : other ? b->lo : simp_bin(S, IR_MIN, a->lo, b->lo);
    if (other) a->lo_from = b->lo_from;
}

static void widen_hi(const facts *S, interval *a, const interval *b)
{
    if (!a->hi || (b->hi && ordered(S, b->hi, a->hi))) return;
    bool other = !b->hi || ordered(S, a->hi, b->hi);
    a->hi = !b->hi ? NULL : other ? b->hi : simp_bin(S, IR_MAX, a->hi, b->hi);
    if (other) a->hi_from = b->hi_from;
}

box *box_copy(cb_context *c, const box *b)
{
    box *t = arena_copy(c->a, b, sizeof *b);
    t->dim = arena_copy(c->a, b->dim, sizeof *b->dim * (b->rank ? b->rank : 1));
    return t;
}

void box_hull(cb_context *c, box *a, const box *b, const facts *f)
{
    const facts *S = simp_facts(c, f);
    if (b->empty) return;
    for (uint32_t d = 0; d < a->rank; d++) {
        if (a->empty) {
            a->dim[d] = b->dim[d];
            continue;
        }
        widen_lo(S, &a->dim[d], &b->dim[d]);
        widen_hi(S, &a->dim[d], &b->dim[d]);
    }
    a->empty = false;
}

/* ---- the walk -------------------------------------------------------------------------------- */

typedef struct walker {
    cb_context *c;
    const facts *facts; /* what holds outside: a loop that does not run must not decide what is larger */
    ir_sym func;
    bool reads, writes;
    bool open; /* what is answered inside a loop has no ends; else it is left out: regions of whole stages contain it */
    map lets; /* symbol -> the expression in its place */
    box *out;
} walker;

enum { SHORT_TERMS = 6, SHORT_DEPTH = 8 };

static const ir *in_terms(walker *W, const ir *e)
{
    return ir_substitute(W->c, e, &W->lets);
}

static void include(walker *W, interval_env *E, const ir *const *coords, const ir *access)
{
    uint32_t rank = W->out->rank;
    box *one = box_new(W->c, rank);
    one->empty = false;
    for (uint32_t d = 0; d < rank; d++) {
        one->dim[d] = interval_of(E, in_terms(W, coords[d]));
        one->dim[d].lo_from = one->dim[d].hi_from = (provenance){.access = access};
    }
    box_hull(W->c, W->out, one, W->facts);
}

typedef struct reader {
    walker *W;
    interval_env *E;
} reader;

static bool read_call(void *env, const ir *n)
{
    reader *R = env;
    if (n->op == IR_CALL && n->u.ref.sym == R->W->func) include(R->W, R->E, n->arg, n);
    return true;
}

static bool is_let(const ir *n) { return n->op == IR_LET; }

static void walk_expr(walker *W, interval_env *E, const ir *e)
{
    if (!W->reads || !ir_uses(W->c, e, W->func)) return;
    if (ir_any(W->c, e, is_let)) e = ir_inline_lets(W->c, e);
    reader R = {W, E};
    ir_visit(W->c, e, read_call, &R);
}

/* ---- guards ---------------------------------------------------------------------------------- */

static bool moves(interval_env *E, const ir *atom)
{
    interval i = interval_of(E, atom);
    return !i.lo || i.lo != i.hi;
}

/* coef*v + rest >= 0 clamps v. */
static void clamp_symbol(interval_env *E, ir_sym v, int64_t coef, const lin *rest)
{
    const facts *S = simp_facts(E->ctx, E->facts);
    const interval *old = interval_lookup(E, v);
    const ir *e = lin_build(E->ctx, rest);
    if (!old || !e || coef == INT64_MIN ||
        !type_can_hold(type_scalar(rest->type), coef < 0 ? -coef : coef))
        return;
    interval r = interval_of(E, e);
    const ir *q = r.hi; /* the largest the rest can be: what it is, where it does not move */
    if (!q) return;
    q = simp_bin(S, IR_DIV, q, ir_int(E->ctx, q->type, coef < 0 ? -coef : coef));
    const ir *lo = old->lo, *hi = old->hi;
    if (coef > 0) {
        q = simp_bin(S, IR_SUB, ir_int(E->ctx, q->type, 0), q);
        lo = lo ? simp_bin(S, IR_MAX, lo, q) : q;
    } else {
        hi = hi ? simp_bin(S, IR_MIN, hi, q) : q;
    }
    interval_bind(E, v, lo, hi);
}

/* A guard over several moving terms is used as a whole, by sums that contain them. Alone it clamps
 * a let whose value is not in its place, and what had no bound. */
static bool is_clamped(interval_env *E, const ir *atom, int64_t coef, uint32_t moving)
{
    const interval *old = interval_lookup(E, atom->u.sym);
    if (moving == 1 || !old) return true;
    return ir_symbol_of(E->ctx, atom->u.sym)->kind == SYM_LET || !(coef > 0 ? old->lo : old->hi);
}

/* D >= 0 holds in E. */
static void add_guard(interval_env *E, const lin *D)
{
    interval_guard *g = NEW(E->ctx->a, interval_guard);
    uint32_t moving = 0;
    for (uint32_t i = 0; i < D->n; i++) moving += g->moves[i] = moves(E, D->t[i].atom);
    if (!moving) return;
    for (uint32_t i = 0; i < D->n; i++) {
        const ir *a = D->t[i].atom;
        if (a->op != IR_VAR || !g->moves[i] || !type_eq(a->type, D->type)) continue;
        lin rest = *D;
        int64_t coef = lin_take(&rest, i);
        if (is_clamped(E, a, coef, moving)) clamp_symbol(E, a->u.sym, coef, &rest);
    }
    if (moving == 1 && D->n == 1) return;
    g->form = *D;
    g->next = E->guards;
    E->guards = g;
    map_clear(&E->memo);
    map_clear(&E->plain);
}

/* Puts what a condition says into E. */
static void assume(interval_env *E, const ir *cond, int depth)
{
    lin D;
    if (cond->op == IR_AND && depth > 0) {
        assume(E, cond->arg[0], depth - 1);
        assume(E, cond->arg[1], depth - 1);
        return;
    }
    if (cond->nargs != 2 || !type_no_overflow(cond->arg[0]->type) || cond->type.lanes != 1) return;
    if (cond->op == IR_LE || cond->op == IR_LT) {
        if (lin_diff(&D, cond->arg[1], cond->arg[0], false) &&
            (cond->op == IR_LE || lin_add_const(&D, -1)))
            add_guard(E, &D);
    } else if (cond->op == IR_EQ && lin_diff(&D, cond->arg[1], cond->arg[0], false)) {
        add_guard(E, &D);
        if (lin_scale(&D, -1)) add_guard(E, &D);
    }
}

/* E where cond (in the symbols of the statement) holds. */
static interval_env *where(walker *W, interval_env *E, const ir *cond, bool holds)
{
    const facts *S = simp_facts(W->c, E->facts);
    cond = simp(S, without_hints(W->c, in_terms(W, cond)));
    if (!holds) cond = simp_un(S, IR_NOT, cond);
    if (cond->op == IR_INT) return E;
    interval_env *inner = interval_env_new(W->c, NULL, E);
    assume(inner, cond, 64);
    return inner;
}

/* ---- statements ------------------------------------------------------------------------------ */

/* Is the value to be put in the place of its name? */
static bool is_short(const ir *v)
{
    lin L;
    if (v->nargs == 0) return true;
    if (v->depth > SHORT_DEPTH || !type_no_overflow(v->type)) return false;
    lin_of(&L, v, false);
    if (L.n > SHORT_TERMS) return false;
    for (uint32_t i = 0; i < L.n; i++)
        switch ((int)L.t[i].atom->op) {
        case IR_VAR:
        case IR_FIELD:
        case IR_MIN:
        case IR_MAX:
        case IR_MUL:
        case IR_DIV:
        case IR_MOD: break;
        default: return false;
        }
    return true;
}

static bool no_memory(void *env, const ir *n)
{
    bool *pure = env;
    if (n->op == IR_CALL || n->op == IR_LOAD || n->op == IR_IMPURE || n->op == IR_C_CALL) *pure = false;
    if (n->op == IR_QUERY) *pure = false; /* asked once, and known by its name */
    return *pure;
}

/* The symbol stands for itself: a stage computed in several branches has its symbols in each of them, so that
 * it may have stood for a value of the branch before. */
static void forget_let(walker *W, ir_sym s)
{
    if (map_get(&W->lets, s, NULL))
        map_put(W->c->a, &W->lets, s, (uint64_t)(uintptr_t)ir_var(W->c, s));
}

/* In whose environment the body of a let stands. */
static interval_env *bind_let(walker *W, interval_env *E, const ir *n)
{
    bool pure = true;
    const ir *value = simp(simp_facts(W->c, E->facts), in_terms(W, n->arg[0]));
    ir_visit(W->c, value, no_memory, &pure);
    if (pure && is_short(value)) {
        map_put(W->c->a, &W->lets, n->u.info->sym, (uint64_t)(uintptr_t)value);
        return E;
    }
    interval i = interval_of(E, value);
    interval_env *inner = interval_env_new(W->c, NULL, E);
    if (i.lo && i.lo == i.hi && pure) { /* a point, however long */
        map_put(W->c->a, &W->lets, n->u.info->sym, (uint64_t)(uintptr_t)i.lo);
        return E;
    }
    forget_let(W, n->u.info->sym);
    interval_bind(inner, n->u.info->sym, i.lo, i.hi);
    /* not what it was in another copy of the nest */
    map_put(W->c->a, &W->lets, n->u.info->sym, (uint64_t)(uintptr_t)ir_var(W->c, n->u.info->sym));
    return inner;
}

/* Inside a loop of a*b iterations, of fused loops, neither is 0; sizes are not negative. */
static void assume_factors(cb_context *c, facts *f, const ir *extent)
{
    if (extent->op == IR_MUL)
        for (uint32_t i = 0; i < 2; i++) assume_factors(c, f, extent->arg[i]);
    else if (extent->op != IR_INT)
        facts_assume(f, ir_bin(c, IR_LE, ir_int(c, extent->type, 1), extent));
}

static interval_env *bind_loop(walker *W, interval_env *E, const ir *n)
{
    const ir *min = in_terms(W, for_min(n)), *extent = in_terms(W, for_extent(n));
    const ir *last = ir_addi(W->c, ir_add(W->c, min, extent), -1);
    interval_env *inner = interval_env_new(W->c, NULL, E);
    forget_let(W, for_sym(n));
    interval_bind(inner, for_sym(n), interval_of(E, min).lo, interval_of(E, last).hi);
    if (extent->op == IR_MUL) {
        facts *running = facts_new(W->c, E->facts);
        assume_factors(W->c, running, extent);
        inner->facts = running;
    }
    return inner;
}

static void walk_stmt(walker *W, interval_env *E, const ir *n);

static void walk_arg(walker *W, interval_env *E, const ir *n)
{
    if (ir_is_stmt(n))
        walk_stmt(W, E, n);
    else
        walk_expr(W, E, n);
}

static void walk_provide(walker *W, interval_env *E, const ir *n)
{
    if (n->u.info->sym == W->func && W->writes) {
        const ir *pred = provide_pred(n);
        include(W, ir_is_true(pred) ? E : where(W, E, pred, true), n->arg, n);
    }
    for (uint32_t i = 0; i < n->nargs; i++) walk_expr(W, E, n->arg[i]);
}

bool low_is_input_size(cb_context *c, const ir *n)
{
    const low_func *f = n->op == IR_FIELD ? ir_symbol_of(c, n->u.ref.sym)->aux : NULL;
    return f && f->is_input;
}

static bool is_free(void *env, const ir *n)
{
    interval_env **E = env;
    if (!*E)
        return false;
    if (n->op == IR_CALL || n->op == IR_LOAD || n->op == IR_IMPURE || n->op == IR_C_CALL || low_is_input_size((*E)->ctx, n) ||
        (n->op == IR_VAR && interval_lookup(*E, n->u.sym)))
        *E = NULL;
    return *E != NULL;
}

/* One of two statements runs. When the condition is known before any of this does, so is which box counts: that
 * of a specialised stage which rounds up is as large as its condition says. */
static void walk_either(walker *W, interval_env *E, const ir *n)
{
    cb_context *c = W->c;
    box *before = W->out, *b[2];
    const ir *cond = without_hints(c, in_terms(W, n->arg[0]));
    interval_env *env = E;
    ir_visit(c, cond, is_free, &env);
    for (int i = 0; i < 2; i++) {
        b[i] = W->out = env ? box_new(c, before->rank) : before;
        walk_stmt(W, where(W, E, n->arg[0], i == 0), n->arg[1 + i]);
    }
    W->out = before;
    if (!env)
        return;
    for (uint32_t d = 0; d < before->rank && !b[0]->empty && !b[1]->empty; d++) {
        interval *to = &b[0]->dim[d];
        const interval *other = &b[1]->dim[d];
        if (to->lo && other->lo && to->lo != other->lo)
            to->lo = simplify(c, ir_select(c, cond, to->lo, other->lo), W->facts);
        if (to->hi && other->hi && to->hi != other->hi)
            to->hi = simplify(c, ir_select(c, cond, to->hi, other->hi), W->facts);
        if (!other->lo) to->lo = NULL, to->lo_from = other->lo_from;
        if (!other->hi) to->hi = NULL, to->hi_from = other->hi_from;
    }
    const box *one = b[0]->empty ? b[1] : b[0];
    if (!one->empty) box_hull(c, before, one, W->facts);
}

typedef struct region_user {
    walker *W;
    interval_env *E;
    const ir *n;
} region_user;

/* The corners of a region given by (min, extent) in each dimension. */
static void include_region(void *env, const ir *const *dims)
{
    region_user *U = env;
    cb_context *c = U->W->c;
    provenance why = {.access = U->n};
    box *b = box_new(c, U->W->out->rank);
    b->empty = false;
    for (uint32_t d = 0; d < b->rank; d++) {
        const ir *last = ir_addi(c, ir_add(c, dims[2 * d], dims[2 * d + 1]), -1);
        interval lo = interval_of(U->E, in_terms(U->W, dims[2 * d]));
        interval hi = interval_of(U->E, in_terms(U->W, last));
        if ((!lo.lo || !hi.hi) && !U->W->open)
            return;
        b->dim[d] = (interval){lo.lo, hi.hi, why, why};
    }
    box_hull(c, U->W->out, b, U->W->facts);
}

static void walk_extern(walker *W, interval_env *E, const ir *n)
{
    region_user U = {W, E, n};
    low_func *f = ir_symbol_of(W->c, n->u.info->sym)->aux;
    if (W->writes && n->u.info->sym == W->func)
        include_region(&U, n->arg);
    if (W->reads)
        low_extern_reads(n, f->L, W->func, include_region, &U);
}

/* Reads happen where the condition holds, writes in any case. */
static void walk_masked(walker *W, interval_env *E, const ir *n)
{
    bool reads = W->reads, writes = W->writes;
    W->writes = false;
    walk_stmt(W, where(W, E, n->arg[0], true), n->arg[1]);
    W->writes = writes;
    W->reads = false;
    walk_stmt(W, E, n->arg[1]);
    W->reads = reads;
}

static void walk_stmt(walker *W, interval_env *E, const ir *n)
{
    switch ((int)n->op) {
    case IR_EXTERN_STAGE: walk_extern(W, E, n); return;
    case IR_LET_STMT:
        walk_expr(W, E, n->arg[0]);
        walk_stmt(W, bind_let(W, E, n), n->arg[1]);
        return;
    case IR_FOR:
        walk_expr(W, E, for_min(n));
        walk_expr(W, E, for_extent(n));
        walk_stmt(W, bind_loop(W, E, n), for_body(n));
        return;
    case IR_IF:
        walk_expr(W, E, n->arg[0]);
        if (n->u.info && n->u.info->index == IR_IF_LOADS) {
            walk_masked(W, E, n);
            return;
        }
        if (n->nargs > 2) {
            walk_either(W, E, n);
            return;
        }
        walk_stmt(W, where(W, E, n->arg[0], true), n->arg[1]);
        return;
    case IR_PROVIDE: walk_provide(W, E, n); return;
    default:
        for (uint32_t i = 0; i < n->nargs; i++) walk_arg(W, E, n->arg[i]);
        return;
    }
}

box *boxes_touched(interval_env *E, const ir *n, ir_sym func, uint32_t rank, bool reads,
                   bool writes)
{
    walker W = {
        .c = E->ctx, .facts = E->facts, .func = func, .reads = reads, .writes = writes, .out = box_new(E->ctx, rank)};
    if (n) walk_arg(&W, E, n);
    return W.out;
}

box *boxes_read(interval_env *E, const ir *n, ir_sym func, uint32_t rank)
{
    walker W = {.c = E->ctx, .facts = E->facts, .func = func, .reads = true, .open = true, .out = box_new(E->ctx, rank)};
    walk_arg(&W, E, n);
    return W.out;
}
