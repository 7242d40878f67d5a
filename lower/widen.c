/* lower/widen.c: all iterations of a vector loop at once.
 *
 *     vector x in [0, 4):                   out[ramp(64*xo, 1, 4)] =
 *       if likely(64*xo + x < w):     =>        in[ramp(64*xo + 1, 1, 4)] if P
 *         out[64*xo + x] =                      if P
 *           in[64*xo + x + 1]               where P = likely(ramp(64*xo, 1, 4) < broadcast(w, 4))
 *
 * The rule is local. An expression of L lanes that depends on the loop's variable gets n*L lanes,
 * lane (i, l) being its lane l in iteration i, so the lanes of this loop vary slowest; an
 * expression that does not depend on it is kept and repeated (broadcast) only where it meets one
 * that does. Because operands may be vectors already, nested vector loops are handled by widening
 * the inner one first; nested ramps come out.
 *
 * Control that differs between lanes becomes a mask: the stores and loads below an `if` are
 * predicated, and a lane that is off reads no memory and writes none. `likely` stays on the mask
 * for loop partitioning. A loop whose bounds differ runs over their hull under a mask. What cannot
 * be done for all lanes at once (an external call, several lanes storing to one place) is done lane
 * by lane, in order. */
#include "combine.h"
#include "widen.h"

typedef struct widener {
    ir_mapper m;
    cb_context *ctx;
    ir_sym v;
    const ir *min;
    unsigned n;
    map lets;       /* lets that differ between lanes -> their n*L lanes, a VAR or a ramp */
    map scalars;    /* and what they are for one iteration */
    const ir *mask; /* bool, n lanes: those that are on; NULL: all */
} widener;

static widener *of(ir_mapper *m) { return m->env; }

static bool wide(const ir *before, const ir *after)
{
    return after->type.lanes != before->type.lanes;
}

/* `after` with all n*L lanes. */
static const ir *full(widener *W, const ir *before, const ir *after)
{
    return wide(before, after) ? after : ir_broadcast(W->ctx, after, W->n);
}

static const ir *both(cb_context *c, const ir *a, const ir *b)
{
    if (ir_is_true(a) || ir_is_false(b)) return b;
    if (ir_is_true(b) || ir_is_false(a)) return a;
    return ir_and(c, a, b);
}

const ir *widen_nothing(cb_context *c)
{
    const ir *zero = ir_i32(c, 0);
    ir_info info = {0};
    return ir_stmt(c, IR_EVALUATE, &info, &zero, 1);
}

/* ---- searching ------------------------------------------------------------------------------- */

typedef struct search {
    ir_op a, b;
    bool found;
} search;

static bool look(void *env, const ir *n)
{
    search *s = env;
    if (n->op == s->a || n->op == s->b) s->found = true;
    return !s->found;
}

static bool contains(cb_context *c, const ir *n, ir_op a, ir_op b)
{
    search s = {a, b, false};
    ir_visit(c, n, look, &s);
    return s.found;
}

/* ---- repeating lanes ------------------------------------------------------------------------- */

/* A vector over the loop's lanes with each group of L lanes repeated k times: lane (i, l) at every
 * (i, j, l). */
typedef struct repeater {
    unsigned n, L, k;
} repeater;

static const ir *repeat_fn(ir_mapper *m, const ir *e)
{
    const repeater *R = m->env;
    cb_context *c = m->ctx;
    switch (e->op) { /* pushed through the cheap ones, so that ramps and their comparisons stay
                        visible */
    case IR_ADD: case IR_SUB: case IR_MUL: case IR_MIN: case IR_MAX:
    case IR_EQ: case IR_NE: case IR_LT: case IR_LE: case IR_AND: case IR_OR:
        return ir_bin(c, e->op, ir_apply(m, e->arg[0]), ir_apply(m, e->arg[1]));
    case IR_NOT: case IR_LIKELY:
        return ir_un(c, e->op, ir_apply(m, e->arg[0]));
    case IR_CAST:
        return ir_cast(c, e->type, ir_apply(m, e->arg[0]));
    case IR_RAMP:
        if (e->arg[0]->type.lanes == R->L)
            return ir_ramp(c, ir_broadcast(c, e->arg[0], R->k), ir_broadcast(c, e->arg[1], R->k),
                           R->n);
        break;
    case IR_BROADCAST:
        if (R->L % e->arg[0]->type.lanes == 0)
            return ir_broadcast(c, e->arg[0], e->type.lanes / e->arg[0]->type.lanes * R->k);
        break;
    default:
        break;
    }
    int64_t v;
    double f;
    if (ir_as_int(e, &v)) return ir_int(c, type_lanes(e->type, e->type.lanes * R->k), v);
    if (ir_as_float(e, &f)) return ir_float(c, type_lanes(e->type, e->type.lanes * R->k), f);
    uint32_t total = (uint32_t)R->n * R->k * R->L, at = 0;
    int32_t *lanes = NEW_ARRAY(c->a, int32_t, total);
    for (unsigned i = 0; i < R->n; i++)
        for (unsigned j = 0; j < R->k; j++)
            for (unsigned l = 0; l < R->L; l++) lanes[at++] = (int32_t)(i * R->L + l);
    return ir_shuffle(c, &e, 1, lanes, total);
}

static const ir *repeat(widener *W, const ir *e, unsigned k)
{
    if (k == 1) return e;
    repeater R = {W->n, e->type.lanes / W->n, k};
    ir_mapper m = {.ctx = W->ctx, .fn = repeat_fn, .env = &R};
    return ir_apply(&m, e);
}

/* Lane i of the loop: L lanes of the n*L. */
static const ir *extract(widener *W, const ir *e, unsigned i)
{
    cb_context *c = W->ctx;
    unsigned L = e->type.lanes / W->n;
    if (e->op == IR_BROADCAST && L % e->arg[0]->type.lanes == 0)
        return ir_broadcast(c, e->arg[0], L / e->arg[0]->type.lanes);
    if (e->op == IR_RAMP && e->arg[0]->type.lanes == L)
        return ir_add(c, e->arg[0], ir_mul(c, e->arg[1], ir_int(c, e->arg[1]->type, i)));
    int32_t *lanes = NEW_ARRAY(c->a, int32_t, L);
    for (unsigned l = 0; l < L; l++) lanes[l] = (int32_t)(i * L + l);
    return ir_shuffle(c, &e, 1, lanes, L);
}

/* Over all lanes of a bool vector: is any on (OR), are all on (AND). */
static const ir *across(widener *W, ir_op op, const ir *bools)
{
    int64_t v;
    if (ir_as_int(bools, &v)) return ir_bool(W->ctx, v != 0);
    return ir_reduce(W->ctx, op, bools, 1);
}

/* ---- expressions ----------------------------------------------------------------------------- */

/* Sums and products of ramps over this loop's lanes are ramps: kept so, addresses stay
 * recognisable. `a`, `b` before, x, y after. NULL: not of that form. */
static const ir *ramp_arith(widener *W, ir_op op, const ir *a, const ir *b, const ir *x,
                            const ir *y)
{
    cb_context *c = W->ctx;
    if (type_is_float(a->type) || type_is_bool(a->type)) return NULL;
    bool xr = wide(a, x) && x->op == IR_RAMP && x->arg[0]->type.lanes == a->type.lanes;
    bool yr = wide(b, y) && y->op == IR_RAMP && y->arg[0]->type.lanes == b->type.lanes;
    if ((wide(a, x) && !xr) || (wide(b, y) && !yr)) return NULL;
    const ir *x0 = xr ? x->arg[0] : x, *y0 = yr ? y->arg[0] : y;
    const ir *zero = ir_int(c, a->type, 0);
    const ir *xs = xr ? x->arg[1] : zero, *ys = yr ? y->arg[1] : zero, *stride;
    switch (op) {
    case IR_ADD:
        stride = !xr ? ys : !yr ? xs : ir_add(c, xs, ys);
        break;
    case IR_SUB:
        stride = !yr ? xs : ir_sub(c, xs, ys);
        break;
    case IR_MUL:
        if (xr && yr) return NULL;
        if (PLANTED(c, VECTOR_STRIDE)) stride = xr ? xs : ys;
        else
            stride = xr ? (ir_is_int(xs, 1) ? y0 : ir_mul(c, xs, y0))
                        : (ir_is_int(ys, 1) ? x0 : ir_mul(c, ys, x0));
        break;
    default:
        return NULL;
    }
    return ir_ramp(c, ir_bin(c, op, x0, y0), stride, W->n);
}

/* A conversion of a ramp is a ramp where conversion and addition commute: when bits are dropped or
 * kept, and when a type whose overflow is promised away is widened. */
static const ir *cast_wide(widener *W, const ir *n, const ir *x)
{
    cb_context *c = W->ctx;
    cb_type to = n->type, from = x->type;
    bool ints = type_is_integer(to) && type_is_integer(from);
    if (ints && x->op == IR_RAMP && x->arg[0]->type.lanes == to.lanes &&
        (to.bits <= from.bits || (type_no_overflow(from) && type_is_int(to))))
        return ir_ramp(c, ir_cast(c, to, x->arg[0]), ir_cast(c, to, x->arg[1]), W->n);
    return ir_cast(c, to, x);
}

static const ir *elementwise(ir_mapper *m, const ir *n)
{
    widener *W = of(m);
    cb_context *c = W->ctx;
    const ir *x[3], *old[3];
    bool any = false;
    for (uint32_t i = 0; i < n->nargs; i++) {
        old[i] = n->arg[i];
        x[i] = ir_apply(m, n->arg[i]);
        any |= wide(old[i], x[i]);
    }
    if (!any) return ir_map(m, n);
    if (n->nargs == 2) {
        const ir *r = ramp_arith(W, n->op, old[0], old[1], x[0], x[1]);
        if (r) return r;
    }
    if (n->op == IR_CAST) return cast_wide(W, n, x[0]);
    for (uint32_t i = 0; i < n->nargs; i++) x[i] = full(W, old[i], x[i]);
    if (n->op == IR_SELECT) return ir_select(c, x[0], x[1], x[2]);
    if (n->op == IR_PROMISE) return ir_promise(c, x[0], x[1], x[2]);
    if (n->op == IR_REINTERPRET) return ir_reinterpret(c, type_lanes(n->type, x[0]->type.lanes), x[0]);
    if (n->nargs == 3) return ir_tri(c, n->op, x[0], x[1], x[2]);
    return n->nargs == 2 ? ir_bin(c, n->op, x[0], x[1]) : ir_un(c, n->op, x[0]);
}

/* Memory is read where the lane's predicate and the mask say so. An access that is the same for all
 * lanes stays one access, made when any lane is on. */
static const ir *widen_load(ir_mapper *m, const ir *n)
{
    widener *W = of(m);
    cb_context *c = W->ctx;
    const ir *index = ir_apply(m, n->arg[0]), *pred = ir_apply(m, n->arg[1]);
    unsigned L = n->type.lanes;
    if (!wide(n->arg[0], index) && !wide(n->arg[1], pred)) {
        if (W->mask) pred = both(c, pred, ir_broadcast(c, across(W, IR_OR, W->mask), L));
        return ir_load(c, n->type, n->u.ref.sym, n->u.ref.index, index, pred);
    }
    index = full(W, n->arg[0], index);
    pred = full(W, n->arg[1], pred);
    if (W->mask) pred = both(c, repeat(W, W->mask, L), pred);
    return ir_load(c, type_lanes(n->type, L * W->n), n->u.ref.sym, n->u.ref.index, index, pred);
}

/* A function is called for the lanes that are on: once for all of them where they agree, if it is pure. */
static const ir *widen_c_call(ir_mapper *m, const ir *n)
{
    widener *W = of(m);
    cb_context *c = W->ctx;
    const ir **arg = NEW_ARRAY(c->a, const ir *, n->nargs), *pred;
    unsigned L = n->type.lanes;
    bool any = ir_is_impure_call(n);
    for (uint32_t i = 0; i < n->nargs; i++) {
        arg[i] = ir_apply(m, n->arg[i]);
        any |= wide(n->arg[i], arg[i]) && !(PLANTED(c, CALL_LANES) && i == 1);
    }
    pred = arg[n->nargs - 1];
    if (!any && !PLANTED(c, CALL_LANES)) {
        if (W->mask) pred = both(c, pred, ir_broadcast(c, across(W, IR_OR, W->mask), L));
        arg[n->nargs - 1] = pred;
        return ir_with_args(c, n, arg);
    }
    if (!any)
        for (uint32_t i = 0; i < n->nargs; i++)
            if (wide(n->arg[i], arg[i])) arg[i] = full(W, n->arg[i], extract(W, arg[i], 0));
    for (uint32_t i = 0; i < n->nargs; i++) arg[i] = full(W, n->arg[i], arg[i]);
    if (W->mask) arg[n->nargs - 1] = both(c, repeat(W, W->mask, L), arg[n->nargs - 1]);
    return ir_node(c, IR_C_CALL, type_lanes(n->type, L * W->n), n->u.bits, arg, n->nargs);
}

/* Lane (i, j, l) is base(i, l) + j*stride(i, l), j of k. */
static const ir *widen_ramp(ir_mapper *m, const ir *n)
{
    widener *W = of(m);
    cb_context *c = W->ctx;
    const ir *base = ir_apply(m, n->arg[0]), *stride = ir_apply(m, n->arg[1]);
    unsigned L = n->arg[0]->type.lanes, k = n->type.lanes / L;
    bool wb = wide(n->arg[0], base), ws = wide(n->arg[1], stride);
    if (!wb && !ws) return ir_map(m, n);
    if (!ws && base->op == IR_RAMP && base->arg[0]->type.lanes == L)
        return ir_ramp(c, ir_ramp(c, base->arg[0], stride, k), ir_broadcast(c, base->arg[1], k),
                       W->n);
    base = repeat(W, full(W, n->arg[0], base), k);
    if (!ws) {
        const ir *zero = ir_int(c, n->arg[0]->type, 0);
        return ir_add(c, base, ir_broadcast(c, ir_ramp(c, zero, stride, k), W->n));
    }
    cb_type one = type_lanes(n->type, L);
    const ir *steps = ir_ramp(c, ir_int(c, one, 0), ir_int(c, one, 1), k);
    return ir_add(c, base, ir_mul(c, repeat(W, stride, k), ir_broadcast(c, steps, W->n)));
}

/* Lane j of part p becomes, in iteration i, lane i*Lp + j of the widened part. */
static const ir *widen_shuffle(ir_mapper *m, const ir *n)
{
    widener *W = of(m);
    cb_context *c = W->ctx;
    const ir **part = NEW_ARRAY(c->a, const ir *, n->nargs);
    bool any = false;
    for (uint32_t p = 0; p < n->nargs; p++) {
        part[p] = ir_apply(m, n->arg[p]);
        any |= wide(n->arg[p], part[p]);
    }
    if (!any) return ir_map(m, n);
    unsigned L = n->type.lanes;
    int32_t *lanes = NEW_ARRAY(c->a, int32_t, (size_t)L * W->n);
    for (uint32_t p = 0; p < n->nargs; p++) part[p] = full(W, n->arg[p], part[p]);
    for (unsigned i = 0; i < W->n; i++) {
        for (unsigned l = 0; l < L; l++) {
            int32_t at = n->u.lanes[l], start = 0;
            uint32_t p = 0;
            while (at - start >= n->arg[p]->type.lanes) start += n->arg[p++]->type.lanes;
            int32_t own = n->arg[p]->type.lanes;
            lanes[i * L + l] = start * (int32_t)W->n + (int32_t)i * own + (at - start);
        }
    }
    return ir_shuffle(c, part, n->nargs, lanes, L * W->n);
}

static const ir *widen_expr(ir_mapper *m, const ir *n)
{
    widener *W = of(m);
    cb_context *c = W->ctx;
    const ir *x, *known;
    switch ((ir_op)n->op) {
    case IR_VAR:
        if (n->u.sym == W->v) return ir_ramp(c, W->min, ir_int(c, W->min->type, 1), W->n);
        known = map_getp(&W->lets, (const void *)(uintptr_t)n->u.sym);
        return known ? known : n;
    case IR_LOAD:
        return widen_load(m, n);
    case IR_C_CALL:
        return widen_c_call(m, n);
    case IR_RAMP:
        return widen_ramp(m, n);
    case IR_BROADCAST:
        x = ir_apply(m, n->arg[0]);
        if (!wide(n->arg[0], x)) return ir_map(m, n);
        return repeat(W, x, n->type.lanes / n->arg[0]->type.lanes);
    case IR_SHUFFLE:
        return widen_shuffle(m, n);
    case IR_REDUCE:
        x = ir_apply(m, n->arg[0]);
        if (!wide(n->arg[0], x)) return ir_map(m, n);
        return ir_reduce(c, (ir_op)n->u.i, x, n->type.lanes * W->n);
    case IR_LET: /* shared nodes are computed once anyway */
        return ir_apply(m, ir_substitute1(c, n->arg[1], n->u.sym, n->arg[0]));
    case IR_CALL:
    case IR_IMPURE:
    case IR_QUERY:
        diag_bug(&c->diags, "widen", "%s inside a vector loop", ir_ops[n->op].id);
    default:
        return n->nargs ? elementwise(m, n) : n;
    }
}

/* ---- statements ------------------------------------------------------------------------------ */

/* The body below under another mask. */
static const ir *under(ir_mapper *m, const ir *mask, const ir *body)
{
    widener *W = of(m);
    const ir *was = W->mask;
    if (mask == was) return ir_apply(m, body);
    W->mask = mask;
    map_clear(&m->memo); /* loads carry the mask */
    body = ir_apply(m, body);
    W->mask = was;
    map_clear(&m->memo);
    return body;
}

/* The statement for one lane after the other. */
static const ir *lane_by_lane(ir_mapper *m, const ir *s)
{
    widener *W = of(m);
    cb_context *c = W->ctx;
    const ir **copy = NEW_ARRAY(c->a, const ir *, W->n);
    for (unsigned i = 0; i < W->n; i++) {
        map by_sym = {0};
        map_put(c->a, &by_sym, W->v, (uint64_t)(uintptr_t)ir_addi(c, W->min, i));
        for (uint32_t k = 0; k < W->lets.n; k++) {
            const ir *value = (const ir *)(uintptr_t)W->lets.entry[k].val;
            map_put(c->a, &by_sym, W->lets.entry[k].key, (uint64_t)(uintptr_t)extract(W, value, i));
        }
        copy[i] = ir_substitute(c, i ? ir_fresh_copy(c, s) : s, &by_sym);
        if (W->mask) copy[i] = ir_if(c, extract(W, W->mask, i), copy[i], NULL);
    }
    return ir_block(c, copy, W->n);
}

static const ir *widen_store(ir_mapper *m, const ir *s)
{
    widener *W = of(m);
    cb_context *c = W->ctx;
    const ir *index = ir_apply(m, s->arg[0]), *value = ir_apply(m, s->arg[1]),
             *pred = ir_apply(m, s->arg[2]);
    unsigned L = s->arg[0]->type.lanes;
    if (!wide(s->arg[0], index)) { /* all lanes to one place */
        if (wide(s->arg[1], value) || wide(s->arg[2], pred) ||
            contains(c, s->arg[1], IR_LOAD, IR_C_CALL))
            return lane_by_lane(m, s);
        if (W->mask) pred = both(c, pred, ir_broadcast(c, across(W, IR_OR, W->mask), L));
    } else {
        value = full(W, s->arg[1], value);
        pred = full(W, s->arg[2], pred);
        if (W->mask && !PLANTED(c, VECTOR_PREDICATE)) pred = both(c, repeat(W, W->mask, L), pred);
    }
    return ir_with_args(c, s, (const ir *[]){index, value, pred});
}

/* ---- updates --------------------------------------------------------------------------------- */

/* An expression as it is in one iteration. */
typedef struct iteration {
    widener *W;
    const ir *at;
} iteration;

static const ir *in_iteration(ir_mapper *m, const ir *n)
{
    const iteration *I = m->env;
    if (n->op == IR_VAR && n->u.sym == I->W->v)
        return I->at;
    const ir *scalar = n->op == IR_VAR ? map_getp(&I->W->scalars, (const void *)(uintptr_t)n->u.sym) : NULL;
    return scalar ? ir_apply(m, scalar) : ir_map(m, n);
}

static const ir *of_iteration(widener *W, const ir *e, unsigned i)
{
    iteration I = {W, ir_addi(W->ctx, W->min, i)};
    ir_mapper m = {.ctx = W->ctx, .fn = in_iteration, .env = &I};
    return ir_apply(&m, e);
}

/* Which iterations update the same place: `groups` of n/groups each, iteration (j, g) of them, the
 * j-th of group g, being order[j*groups + g]. Places of groups are `step` apart from one to the next
 * when that is the same everywhere. */
typedef struct meeting {
    unsigned groups, *order;
    int64_t *place; /* of each group, counted from that of iteration 0 */
    bool even;      /* place[g] == g*place[1] */
} meeting;

/* false: places depend on data, or groups differ in size. */
static bool find_meeting(widener *W, const update *u, meeting *M)
{
    cb_context *c = W->ctx;
    unsigned n = W->n;
    int64_t *at = NEW_ARRAY(c->a, int64_t, n);
    unsigned *group = NEW_ARRAY(c->a, unsigned, n), *size = NEW_ARRAY(c->a, unsigned, n);
    M->place = NEW_ARRAY(c->a, int64_t, n);
    M->order = NEW_ARRAY(c->a, unsigned, n);
    M->groups = 0;
    for (uint32_t k = 0; k < u->n; k++) {
        const ir *first = of_iteration(W, u->index[k], 0);
        for (unsigned i = 0; i < n; i++) {
            int64_t d;
            const ir *e = ir_sub(c, of_iteration(W, u->index[k], i), first);
            if (!ir_as_int(simplify(c, e, NULL), &d) || (k && d != at[i]))
                return false;
            at[i] = d;
        }
    }
    for (unsigned i = 0; i < n; i++) {
        unsigned g = 0;
        while (g < M->groups && M->place[g] != at[i])
            g++;
        if (g == M->groups)
            M->place[M->groups++] = at[i];
        group[i] = g;
        size[g]++;
    }
    unsigned each = n / M->groups;
    for (unsigned g = 0; g < M->groups; g++) {
        if (size[g] != each)
            return false;
        size[g] = 0;
    }
    for (unsigned i = 0; i < n; i++)
        M->order[size[group[i]]++ * M->groups + group[i]] = i;
    M->even = true;
    for (unsigned g = 1; g < M->groups; g++)
        M->even &= M->place[g] == g * M->place[1];
    return true;
}

/* Blocks of L lanes in another order. */
static const ir *in_order(cb_context *c, const ir *v, const unsigned *order, unsigned n, unsigned L)
{
    int32_t *lane = NEW_ARRAY(c->a, int32_t, (size_t)n * L);
    for (unsigned i = 0; i < n * L; i++)
        lane[i] = (int32_t)(order[i / L] * L + i % L);
    return ir_shuffle(c, &v, 1, lane, n * L);
}

static const ir *group_index(widener *W, const ir *scalar, const meeting *M)
{
    cb_context *c = W->ctx;
    const ir *base = extract(W, full(W, scalar, ir_apply(&W->m, scalar)), 0), *all = NULL;
    if (M->groups == 1)
        return base;
    if (M->even)
        return ir_ramp(c, base, ir_int(c, base->type, M->place[1]), M->groups);
    const ir **part = NEW_ARRAY(c->a, const ir *, M->groups);
    unsigned L = base->type.lanes;
    int32_t *lane = NEW_ARRAY(c->a, int32_t, (size_t)M->groups * L);
    for (unsigned g = 0; g < M->groups; g++)
        part[g] = ir_add(c, base, ir_int(c, base->type, M->place[g]));
    for (unsigned i = 0; i < M->groups * L; i++)
        lane[i] = (int32_t)i;
    all = ir_shuffle(c, part, M->groups, lane, M->groups * L);
    return all;
}

/* Neighbouring lanes of one operation: left to instructions that know it. */
static bool is_reduce_op(const assoc *form)
{
    if (form->n != 1 || form->group[0].form != ASSOC_FORM_OP)
        return false;
    ir_op op = form->group[0].op;
    return op != IR_EQ && op != IR_NE;
}

static const ir *combine_groups(widener *W, const update *u, const meeting *M, const ir **y, const ir *on)
{
    cb_context *c = W->ctx;
    unsigned L = u->index[0]->type.lanes, block = M->groups * L, n = W->n;
    bool adjacent = L == 1;
    for (unsigned j = 0; j < n / M->groups; j++)
        for (unsigned g = 0; g < M->groups; g++)
            adjacent &= M->order[j * M->groups + g] == g * (n / M->groups) + j;
    for (uint32_t k = 0; k < u->n && on && u->form.has_identity; k++) {
        const ir *id = assoc_identity(c, &u->form, k, type_scalar(y[k]->type));
        y[k] = ir_select(c, on, y[k], ir_broadcast(c, id, y[k]->type.lanes));
    }
    if (adjacent && is_reduce_op(&u->form)) {
        y[0] = ir_reduce(c, u->form.group[0].op, y[0], block);
        on = on ? ir_reduce(c, IR_OR, on, block) : NULL;
    } else {
        for (uint32_t k = 0; k < u->n; k++)
            y[k] = in_order(c, y[k], M->order, n, L);
        on = on ? in_order(c, on, M->order, n, L) : NULL;
        combine_blocks(c, &u->form, y, &on, block);
    }
    const ir **index = NEW_ARRAY(c->a, const ir *, u->n);
    for (uint32_t k = 0; k < u->n; k++)
        index[k] = group_index(W, u->index[k], M);
    return update_write(c, u, index, y, on ? on : ir_int(c, type_bool(block), 1));
}

/* Iterations that update one place are combined before it is; what cannot be told apart is done lane
 * by lane. */
static const ir *widen_atomic(ir_mapper *m, const ir *s)
{
    widener *W = of(m);
    cb_context *c = W->ctx;
    update u;
    meeting M;
    if (!update_read(c, s, &u) || !find_meeting(W, &u, &M))
        return lane_by_lane(m, s);
    unsigned L = u.index[0]->type.lanes;
    if (M.groups == W->n)
        return ir_map(m, s); /* all places differ */
    const ir **y = NEW_ARRAY(c->a, const ir *, u.n);
    for (uint32_t k = 0; k < u.n; k++)
        y[k] = full(W, u.form.incoming[k], ir_apply(m, u.form.incoming[k]));
    const ir *on = full(W, u.pred, ir_apply(m, u.pred));
    if (W->mask)
        on = both(c, repeat(W, W->mask, L), on);
    return combine_groups(W, &u, &M, y, ir_is_true(on) ? NULL : on);
}

/* A value that differs between lanes is named anew as a vector; ramps are put where they are used,
 * so that addresses and conditions can be read. */
static const ir *widen_let(ir_mapper *m, const ir *s)
{
    widener *W = of(m);
    cb_context *c = W->ctx;
    ir_sym old = s->u.info->sym;
    const ir *value = ir_apply(m, s->arg[0]);
    if (!wide(s->arg[0], value)) return ir_let_stmt(c, old, value, ir_apply(m, s->arg[1]));
    map_put(c->a, &W->scalars, old, (uint64_t)(uintptr_t)s->arg[0]);
    bool plain = value->op == IR_RAMP || value->op == IR_BROADCAST ||
                 contains(c, value, IR_LIKELY, IR_LIKELY);
    if (plain && !contains(c, value, IR_LOAD, IR_C_CALL)) {
        map_put(c->a, &W->lets, old, (uint64_t)(uintptr_t)value);
        return ir_apply(m, s->arg[1]);
    }
    ir_sym sym = ir_sym_new(c, ir_sym_name(c, old), SYM_LET, value->type, NULL);
    map_put(c->a, &W->lets, old, (uint64_t)(uintptr_t)ir_var(c, sym));
    return ir_let_stmt(c, sym, value, ir_apply(m, s->arg[1]));
}

/* Conjuncts of a condition: those that read memory are evaluated once, before the body may change
 * it; the others stay in sight of loop partitioning. */
static const ir *split_mask(widener *W, const ir *cond, const ir **reads)
{
    cb_context *c = W->ctx;
    vec(const ir *) work = {0};
    const ir *visible = NULL;
    vec_push(c->a, &work, cond);
    while (work.n) {
        const ir *e = vec_pop(&work);
        if (e->op == IR_AND) {
            vec_push(c->a, &work, e->arg[1]);
            vec_push(c->a, &work, e->arg[0]);
        } else if (contains(c, e, IR_LOAD, IR_C_CALL)) {
            *reads = *reads ? ir_and(c, *reads, e) : e;
        } else {
            visible = visible ? ir_and(c, visible, e) : e;
        }
    }
    return visible;
}

static const ir *widen_if(ir_mapper *m, const ir *s)
{
    widener *W = of(m);
    cb_context *c = W->ctx;
    const ir *cond = ir_apply(m, s->arg[0]), *reads = NULL,
             *other = s->nargs > 2 ? s->arg[2] : NULL;
    if (!wide(s->arg[0], cond)) {
        const ir *then_s = ir_apply(m, s->arg[1]);
        return ir_if(c, cond, then_s, other ? ir_apply(m, other) : NULL);
    }
    cond = split_mask(W, cond, &reads);
    ir_sym named = 0;
    if (reads) {
        named = ir_sym_new(c, "mask", SYM_LET, reads->type, NULL);
        cond = cond ? ir_and(c, cond, ir_var(c, named)) : ir_var(c, named);
    }
    const ir *was = W->mask;
    const ir *body = under(m, was ? both(c, was, cond) : cond, s->arg[1]);
    if (other) {
        const ir *off = ir_not(c, cond);
        body = ir_block2(c, body, under(m, was ? both(c, was, off) : off, other));
    }
    return named ? ir_let_stmt(c, named, reads, body) : body;
}

/* A loop whose bounds differ between lanes runs from the least min to the greatest end of the lanes
 * that are on; one that is to be unrolled counts from 0, and its extent stays constant. */
static const ir *widen_for(ir_mapper *m, const ir *s)
{
    widener *W = of(m);
    cb_context *c = W->ctx;
    if (s->u.info->kind == LOOP_UNROLL && !ir_is_int(for_min(s), 0)) {
        ir_sym v = for_sym(s);
        const ir *at = ir_add(c, for_min(s), ir_var(c, v));
        const ir *body = ir_substitute1(c, for_body(s), v, at);
        s = ir_with_args(c, s, (const ir *[]){ir_int(c, at->type, 0), for_extent(s), body});
    }
    const ir *min = ir_apply(m, for_min(s)), *extent = ir_apply(m, for_extent(s));
    if (!wide(for_min(s), min) && !wide(for_extent(s), extent))
        return ir_with_args(c, s, (const ir *[]){min, extent, ir_apply(m, for_body(s))});
    min = full(W, for_min(s), min);
    extent = full(W, for_extent(s), extent);
    cb_type t = min->type;
    ir_sym first = ir_sym_new(c, ir_sym_name(c, for_sym(s)), SYM_LET, t, NULL);
    ir_sym end = ir_sym_new(c, ir_sym_name(c, for_sym(s)), SYM_LET, t, NULL);
    ir_sym lo = ir_sym_new(c, ir_sym_name(c, for_sym(s)), SYM_LET, type_scalar(t), NULL);
    ir_sym hi = ir_sym_new(c, ir_sym_name(c, for_sym(s)), SYM_LET, type_scalar(t), NULL);
    const ir *vfirst = ir_var(c, first), *vend = ir_var(c, end), *vlo = ir_var(c, lo),
             *vhi = ir_var(c, hi);
    const ir *on = ir_lt(c, vfirst, vend);
    if (W->mask) on = both(c, W->mask, on);
    const ir *firsts = ir_select(c, on, vfirst, ir_int(c, t, type_max(t)));
    const ir *ends = ir_select(c, on, vend, ir_int(c, t, type_min(t)));
    const ir *i = ir_broadcast(c, ir_var(c, for_sym(s)), W->n);
    const ir *inside = both(c, ir_le(c, vfirst, i), ir_lt(c, i, vend));
    const ir *body = under(m, W->mask ? both(c, W->mask, inside) : inside, for_body(s));
    const ir *loop =
        ir_with_args(c, s, (const ir *[]){vlo, ir_sub(c, ir_max(c, vhi, vlo), vlo), body});
    loop = ir_let_stmt(c, hi, ir_reduce(c, IR_MAX, ends, 1), loop);
    loop = ir_let_stmt(c, lo, ir_reduce(c, IR_MIN, firsts, 1), loop);
    loop = ir_let_stmt(c, end, ir_add(c, vfirst, extent), loop);
    return ir_let_stmt(c, first, min, loop);
}

static const ir *widen_assert(ir_mapper *m, const ir *s)
{
    widener *W = of(m);
    cb_context *c = W->ctx;
    const ir **arg = NEW_ARRAY(c->a, const ir *, s->nargs);
    bool which = false; /* the message says in which lane */
    for (uint32_t i = 0; i < s->nargs; i++) {
        arg[i] = ir_apply(m, s->arg[i]);
        which |= i && wide(s->arg[i], arg[i]);
    }
    if (wide(s->arg[0], arg[0])) {
        if (W->mask) arg[0] = ir_or(c, ir_not(c, W->mask), arg[0]);
        arg[0] = across(W, IR_AND, arg[0]);
    } else if (W->mask) {
        arg[0] = ir_or(c, ir_not(c, across(W, IR_OR, W->mask)), arg[0]);
    }
    if (which) /* found out lane by lane, once it does not hold for all */
        return ir_if(c, ir_not(c, arg[0]), lane_by_lane(m, s), NULL);
    return ir_with_args(c, s, arg);
}

/* Storage made inside the loop holds all lanes already (vectorize.c); here only its size may differ
 * between them. */
static const ir *widen_allocate(ir_mapper *m, const ir *s)
{
    widener *W = of(m);
    const ir *elements = ir_apply(m, s->arg[0]), *cond = ir_apply(m, s->arg[1]);
    if (wide(s->arg[0], elements)) elements = ir_reduce(W->ctx, IR_MAX, elements, 1);
    if (wide(s->arg[1], cond)) cond = across(W, IR_OR, cond);
    return ir_with_args(W->ctx, s, (const ir *[]){elements, cond, ir_apply(m, s->arg[2])});
}

static bool effects(cb_context *c, const ir *s)
{
    for (uint32_t i = 0; i < s->nargs; i++)
        if (!ir_is_stmt(s->arg[i]) && contains(c, s->arg[i], IR_IMPURE, IR_IMPURE)) return true;
    return false;
}

static const ir *widen_stmt(ir_mapper *m, const ir *s)
{
    widener *W = of(m);
    map_clear(&m->memo); /* a load equals a load within one statement only */
    if (effects(W->ctx, s)) return lane_by_lane(m, s);
    switch ((ir_op)s->op) {
    case IR_LET_STMT:
        return widen_let(m, s);
    case IR_ASSERT:
        return widen_assert(m, s);
    case IR_FOR:
        return widen_for(m, s);
    case IR_STORE:
        return widen_store(m, s);
    case IR_ALLOCATE:
        return widen_allocate(m, s);
    case IR_IF:
        return widen_if(m, s);
    case IR_ATOMIC:
        return widen_atomic(m, s);
    case IR_PRINT: case IR_PAR_CALL: case IR_FORK: case IR_ACQUIRE: case IR_PREFETCH:
        return lane_by_lane(m, s);
    case IR_PROVIDE: case IR_REALIZE:
        diag_bug(&W->ctx->diags, "widen", "%s after flattening", ir_ops[s->op].id);
    default: /* PRODUCE, CONSUME, BLOCK, FREE, EVALUATE */
        return ir_map(m, s);
    }
}

static const ir *widen_fn(ir_mapper *m, const ir *n)
{
    return ir_is_stmt(n) ? widen_stmt(m, n) : widen_expr(m, n);
}

const ir *widen_loop(cb_context *c, ir_sym v, const ir *min, unsigned n, const ir *body)
{
    widener W = {.ctx = c, .v = v, .min = min, .n = n};
    W.m = (ir_mapper){.ctx = c, .fn = widen_fn, .env = &W};
    return ir_apply(&W.m, body);
}
