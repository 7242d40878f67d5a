/* driver/sizes.c: which regions, parameters and data to try: nothing, one element, around every factor of
 * the schedule, primes; shifted origins; the defaults, limits and random values of parameters.
 *
 *     split(y, yo, yi, 32)   ->   extents 0 1 2 3 7 13 31 32 33 61 65
 */
#include "prove.h"

#include <string.h>

enum { MAX_SIZES = 64, MAX_POINTS = 40000, LARGEST = 300, LARGEST_MULTIPLE = 1 << 12, MAX_DIVISORS = 8, ATTEMPTS = 100 };

struct sizes {
    pipeline *p;
    int64_t size[MAX_SIZES];
    int n;
    int64_t divisor[MAX_DIVISORS]; /* that requirements speak of */
    int ndivisors;
    int64_t multiple; /* outputs come out whole in regions of such multiples */
};

static void add_size(sizes *S, int64_t v)
{
    if (v < 0 || v > LARGEST)
        return;
    for (int i = 0; i < S->n; i++)
        if (S->size[i] == v)
            return;
    if (S->n < MAX_SIZES)
        S->size[S->n++] = v;
}

static void multiply(sizes *S, int64_t by)
{
    if (by > 1 && S->multiple < LARGEST_MULTIPLE)
        S->multiple *= by;
}

/* in.extent(0) % 8 == 0: multiples of 8 are worth trying. */
static bool find_divisor(void *env, const ir *n)
{
    sizes *S = env;
    int64_t k;
    if (n->op == IR_MOD && ir_as_int(n->arg[1], &k) && k > 1 && k <= LARGEST && S->ndivisors < MAX_DIVISORS)
        S->divisor[S->ndivisors++] = k;
    if (ir_as_int(n, &k) && type_eq(n->type, T_I32))
        for (int64_t d = -1; d <= 1; d++)
            add_size(S, k + d);
    return true;
}

sizes *sizes_new(pipeline *p)
{
    static const int64_t always[] = {0, 1, 2, 3, 7, 13, 31, 61};
    sizes *S = NEW(p->ctx->a, sizes);
    S->p = p;
    S->multiple = 1;
    for (size_t i = 0; i < COUNT_OF(always); i++)
        add_size(S, always[i]);
    for (uint32_t i = 0; i < p->requirements.n; i++)
        ir_visit(p->ctx, p->requirements.at[i]->cond, find_divisor, S);
    for (uint32_t i = 0; i < p->plans.n; i++) {
        const func_plan *f = p->plans.at[i];
        for (uint32_t k = 0; k < f->bounds.n; k++)
            multiply(S, f->bounds.at[k].modulus);
        for (uint32_t k = 0; k < f->stages.n; k++)
            for (uint32_t n = 0; n < f->stages.at[k]->splits.n; n++) {
                const split_plan *s = &f->stages.at[k]->splits.at[n];
                if (s->kind != SPLIT_SPLIT)
                    continue;
                for (int64_t d = -1; d <= 1; d++)
                    add_size(S, s->factor + d);
                add_size(S, 2 * s->factor + 1);
                if (s->tail == TAIL_ROUND_UP)
                    multiply(S, s->factor);
            }
    }
    return S;
}

int sizes_rounds(const sizes *S)
{
    uint32_t rank = 0;
    for (uint32_t i = 0; i < S->p->outputs.n; i++)
        if (S->p->outputs.at[i]->rank > rank)
            rank = S->p->outputs.at[i]->rank;
    int n = (int)rank * S->n;
    return n ? n : 1;
}

/* ---- parameters -------------------------------------------------------------------------------- */

static ir_value in_range(const cb_param_s *q, ir_value v)
{
    bool real = type_is_float(q->type);
    if (q->has_min && (real ? v.f < q->min.f : v.i < q->min.i))
        return q->min;
    if (q->has_max && (real ? v.f > q->max.f : v.i > q->max.i))
        return q->max;
    return v;
}

/* The default, the least, the largest, or something small, within the range. */
static ir_value choose_param(rng *r, const cb_param_s *q, int round)
{
    ir_value v = {0};
    int k = pick(r, 8);
    int64_t n = (int64_t)(rng_next(r) % 2000) - 1000;
    if (q->has_def && round % 2 == 0)
        return q->def;
    if (q->has_min && k == 0)
        return q->min;
    if (q->has_max && k == 1)
        return q->max;
    if (type_is_float(q->type))
        v.f = value_round(q->type, (double)n / 64);
    else
        v.i = value_wrap(q->type, k < 5 ? n / 100 : n);
    if (type_is_uint(q->type) && n < 0)
        v.i = value_wrap(q->type, -n);
    return in_range(q, v);
}

/* ---- regions ----------------------------------------------------------------------------------- */

typedef struct values {
    const pipeline *p;
    const trial *t;
} values;

static bool param_value(void *env, ir_sym s, ir_value *out)
{
    const values *V = env;
    for (uint32_t i = 0; i < V->p->params.n; i++)
        if (V->p->params.at[i]->sym == s) {
            *out = V->t->params[i];
            return true;
        }
    return false;
}

static void promised(const sizes *S, const trial *t, const ir *e, int32_t *to)
{
    values V = {S->p, t};
    ir_value v;
    bool overflow = false;
    if (e && ir_eval(S->p->ctx, e, param_value, &V, &v, &overflow) && !overflow)
        *to = (int32_t)v.i;
}

/* An output as the trial has it; inputs follow later. */
typedef struct chosen {
    const pipeline *p;
    const trial *t;
    cb_buffer b;
    cb_dim dim[CB_MAX_RANK];
} chosen;

static const cb_buffer *chosen_buffer(void *env, const cb_func_s *f, uint32_t v)
{
    chosen *C = env;
    (void)v;
    for (uint32_t i = 0; i < C->p->outputs.n; i++) {
        if (C->p->outputs.at[i] != f)
            continue;
        int64_t stride = 1;
        for (uint32_t d = 0; d < f->rank; d++) {
            C->dim[d] = (cb_dim){C->t->out[i].min[d], C->t->out[i].extent[d], stride};
            stride *= C->t->out[i].extent[d] > 0 ? C->t->out[i].extent[d] : 1;
        }
        C->b = (cb_buffer){.size = sizeof C->b, .version = CB_BUFFER_VERSION, .rank = (int32_t)f->rank, .dim = C->dim};
        return &C->b;
    }
    return NULL;
}

/* What the program says about it does, too, unless it speaks of inputs. */
static void keep_rules(const sizes *S, const trial *t, const cb_func_s *f, region *r)
{
    chosen C = {.p = S->p, .t = t};
    said_args A = {S->p, t->params, chosen_buffer, &C};
    int64_t v;
    for (uint32_t d = 0; d < f->rank; d++)
        for (int what = 0; what < 2; what++)
            if (pipeline_rule(S->p, f, d, what) && said_field(&A, f, 0, d, what, &v) == SAID_TRUE && v >= INT32_MIN &&
                v <= INT32_MAX)
                *(what ? &r->extent[d] : &r->min[d]) = (int32_t)(what && v < 0 ? 0 : v);
}

/* A requirement that a field of an output equals something says which it is. */
static void keep_equations(const sizes *S, trial *t, const ir *cond)
{
    cb_context *c = S->p->ctx;
    chosen C = {.p = S->p, .t = t};
    said_args A = {S->p, t->params, chosen_buffer, &C};
    ir_value v;
    if (cond->op == IR_AND) {
        keep_equations(S, t, cond->arg[0]);
        keep_equations(S, t, cond->arg[1]);
    }
    for (int side = 0; side < 2 && cond->op == IR_EQ; side++) {
        const ir *n = cond->arg[side];
        if (n->op != IR_FIELD || said_value(&A, cond->arg[1 - side], &v) != SAID_TRUE || v.i < 0 || v.i > LARGEST)
            continue;
        for (uint32_t i = 0; i < S->p->outputs.n; i++)
            if (S->p->outputs.at[i] == ir_symbol_of(c, n->u.ref.sym)->aux) {
                if (n->u.ref.index / 16 == FIELD_EXTENT)
                    t->out[i].extent[n->u.ref.index % 16] = (int32_t)v.i;
                else if (n->u.ref.index / 16 == FIELD_MIN)
                    t->out[i].min[n->u.ref.index % 16] = (int32_t)v.i;
            }
    }
}

/* Do requirements hold, as far as the outputs and parameters tell? */
static bool keeps_requirements(const sizes *S, const trial *t)
{
    chosen C = {.p = S->p, .t = t};
    said_args A = {S->p, t->params, chosen_buffer, &C};
    said_fault fault;
    return said_requirements(&A, &fault);
}

/* What the schedule promises about a dimension of an output fixes it. */
static void keep_promises(const sizes *S, const trial *t, const cb_func_s *f, region *r)
{
    const func_plan *plan = pipeline_plan(S->p, f);
    for (uint32_t i = 0; plan && i < plan->bounds.n; i++) {
        const bound_plan *b = &plan->bounds.at[i];
        promised(S, t, b->min, &r->min[b->dim]);
        promised(S, t, b->extent, &r->extent[b->dim]);
        if (r->extent[b->dim] < 0)
            r->extent[b->dim] = 0;
    }
    keep_rules(S, t, f, r);
}

/* Round i: dimension i/n goes through all sizes, the others are random; later all are. */
static void choose_region(const sizes *S, rng *r, int round, const cb_func_s *f, const trial *t, region *out)
{
    static const int32_t origins[] = {0, 0, 1, -1, 7, -13, 100};
    int64_t points = 1;
    for (uint32_t d = 0; d < f->rank; d++) {
        bool mine = round / S->n == (int)d;
        int i = mine ? round % S->n : pick(r, S->n);
        out->extent[d] = (int32_t)S->size[i];
        out->min[d] = origins[pick(r, (int)COUNT_OF(origins))];
        if (f->rank > 2 && out->extent[d] > 16 && !mine)
            out->extent[d] = 1 + out->extent[d] % 7;
    }
    keep_promises(S, t, f, out);
    for (uint32_t d = 0; d < f->rank; d++) {
        if (out->extent[d] && points * out->extent[d] > MAX_POINTS)
            out->extent[d] = 1;
        points *= out->extent[d] ? out->extent[d] : 1;
    }
    keep_promises(S, t, f, out);
}

/* Extents and mins that are multiples. */
static void use_divisors(const sizes *S, rng *r, trial *t)
{
    for (uint32_t i = 0; i < S->p->outputs.n; i++)
        for (uint32_t d = 0; d < S->p->outputs.at[i]->rank; d++) {
            int32_t by = (int32_t)S->divisor[pick(r, S->ndivisors)], *n = &t->out[i].extent[d], *m = &t->out[i].min[d];
            if (pick(r, 2))
                *n = (*n + by - 1) / by * by;
            if (pick(r, 2))
                *m = *m / by * by;
        }
}

trial sizes_trial(const sizes *S, arena *a, uint64_t seed, int i)
{
    rng r = {seed * 0x9e3779b97f4a7c15u + (uint64_t)i};
    r.state = rng_next(&r);
    trial t = trial_new(a, S->p);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        for (uint32_t k = 0; k < S->p->params.n; k++)
            t.params[k] = choose_param(&r, S->p->params.at[k], attempt ? 1 : i);
        for (uint32_t k = 0; k < S->p->outputs.n; k++)
            choose_region(S, &r, i, S->p->outputs.at[k], &t, &t.out[k]);
        if (attempt && S->ndivisors)
            use_divisors(S, &r, &t);
        for (uint32_t k = 0; k < 2 * S->p->outputs.n; k++) /* some are said in terms of others */
            keep_rules(S, &t, S->p->outputs.at[k / 2], &t.out[k / 2]);
        for (uint32_t k = 0; k < S->p->requirements.n && attempt; k++)
            keep_equations(S, &t, S->p->requirements.at[k]->cond);
        if (keeps_requirements(S, &t))
            break;
    }
    t.data = DATA_RANDOM;
    t.seed = 1 + rng_next(&r) % 1000000;
    return t;
}

bool sizes_round_up(const sizes *S, trial *t)
{
    if (S->multiple == 1)
        return false;
    for (uint32_t i = 0; i < S->p->outputs.n; i++)
        for (uint32_t d = 0; d < S->p->outputs.at[i]->rank; d++) {
            int64_t n = (t->out[i].extent[d] + S->multiple - 1) / S->multiple * S->multiple;
            t->out[i].min[d] = 0;
            t->out[i].extent[d] = (int32_t)n;
        }
    return true;
}
