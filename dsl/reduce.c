/* dsl/reduce.c: reductions as values: each makes a stage of its own.
 *
 *     out(x) = sum(r, in(x + r)) as total        total(x) = 0
 *                                                total(x) += in(x + r)
 *                                                out(x) = total(x)
 *
 * The dimensions of the stage are the Vars that occur in the operand and in the conditions of the
 * domain, in the order of their declaration. A variable of another domain, as in
 * sum(s, sum(r, in(r + s))), becomes a dimension of the inner stage as well. Without a name the
 * stage is like any other, but no schedule can speak of it.
 */
#include "front.h"

#include <math.h>

static const struct {
    const char *word;
    cb_op op;    /* how values join; LT, GT: the better one is kept, and where it was */
    double from; /* what they start from: 0, 1, or an end of the type */
} kinds[] = {
    [CB_REDUCE_SUM] = {"sum", CB_OP_ADD, 0},
    [CB_REDUCE_PRODUCT] = {"product", CB_OP_MUL, 1},
    [CB_REDUCE_MAXIMUM] = {"maximum", CB_OP_MAX, -INFINITY},
    [CB_REDUCE_MINIMUM] = {"minimum", CB_OP_MIN, INFINITY},
    [CB_REDUCE_ARGMAX] = {"argmax", CB_OP_GT, -INFINITY},
    [CB_REDUCE_SATURATING_SUM] = {"saturating_sum", CB_OP_SAT_ADD, 0},
    [CB_REDUCE_ARGMIN] = {"argmin", CB_OP_LT, INFINITY},
};

bool reduction_word(const char *word, cb_reduction *op)
{
    for (int i = 0; i < CB_REDUCE_COUNT; i++) {
        const char *a = kinds[i].word, *b = word;
        while (*a && *a == *b)
            a++, b++;
        if (*a == *b) {
            *op = (cb_reduction)i;
            return true;
        }
    }
    return false;
}

const char *reduction_name(cb_reduction op) { return kinds[op].word; }

typedef struct reducing {
    cb_context *c;
    cb_reduction op;
    rdom *r;
    const ir *value;
    cb_func_s *f;
    cb_loc loc;
    const equation *eq;
    uint32_t n;                  /* dimensions of the stage: */
    ir_sym outside[CB_MAX_RANK]; /* the symbol that its user has there, */
    ir_sym inside[CB_MAX_RANK];  /* and the Var of its own definition */
} reducing;

/* The number that every value improves on, or leaves as it is. */
static const ir *identity(const reducing *R, cb_type t)
{
    double from = kinds[R->op].from;
    if (isinf(from) && type_is_integer(t))
        return ir_int(R->c, t, from < 0 ? type_min(t) : type_max(t));
    return ir_const(R->c, t, from);
}

static bool keeps_place(cb_reduction op) { return op == CB_REDUCE_ARGMAX || op == CB_REDUCE_ARGMIN; }

/* ---- dimensions ------------------------------------------------------------------------------ */

static bool add_dimension(reducing *R, ir_sym s)
{
    uint32_t at = R->n;
    if (R->n == CB_MAX_RANK)
        return false;
    bool rest = rest_is(R->c, s); /* those that `_` stands for are the last */
    for (R->n++; at > 0 && (rest_is(R->c, R->outside[at - 1]) == rest ? R->outside[at - 1] > s : !rest);
         at--)
        R->outside[at] = R->outside[at - 1];
    R->outside[at] = s;
    return true;
}

static bool find_dimensions(reducing *R)
{
    cb_context *c = R->c;
    map vars = {0};
    ir_free_vars(c, R->value, &vars);
    for (uint32_t i = 0; i < R->r->where.n; i++)
        ir_free_vars(c, R->r->where.at[i], &vars);
    for (uint32_t i = 0; i < vars.n; i++) {
        ir_sym s = (ir_sym)vars.entry[i].key;
        const ir_symbol *v = ir_symbol_of(c, s);
        bool own = v->kind == SYM_RVAR && v->aux == R->r;
        if ((v->kind == SYM_VAR || (v->kind == SYM_RVAR && !own)) && !add_dimension(R, s))
            return false;
    }
    return true;
}

/* Variables of other domains stand for Vars inside the stage. */
static void name_dimensions(reducing *R)
{
    cb_context *c = R->c;
    map other = {0};
    for (uint32_t i = 0; i < R->n; i++) {
        ir_sym s = R->inside[i] = R->outside[i];
        if (ir_symbol_of(c, s)->kind == SYM_VAR)
            continue;
        char *name = arena_strdup(c->a, ir_sym_name(c, s));
        for (char *p = name; *p; p++)
            if (*p == '.')
                *p = '_';
        R->inside[i] = ir_sym_new(c, ctx_string(c, name), SYM_VAR, T_I32, NULL);
        map_put(c->a, &other, s, (uint64_t)(uintptr_t)ir_var(c, R->inside[i]));
    }
    if (other.n)
        R->value = ir_substitute(c, R->value, &other);
}

/* ---- definitions ----------------------------------------------------------------------------- */

static expr **coordinates(const reducing *R, const ir_sym *syms)
{
    expr **v = NEW_ARRAY(R->c->a, expr *, R->n + 1);
    for (uint32_t i = 0; i < R->n; i++)
        v[i] = expr_new(R->c, ir_var(R->c, syms[i]));
    return v;
}

/* The pure definition: where a place is kept, it starts from the first point of the domain. */
static bool define_start(reducing *R, cb_type t)
{
    cb_context *c = R->c;
    expr *v[CB_MAX_RANK + 1];
    uint32_t n = 0;
    for (uint32_t d = 0; keeps_place(R->op) && d < R->r->ndims; d++)
        v[n++] = expr_new(c, R->r->dims[d].min);
    v[n++] = expr_new(c, identity(R, t));
    return func_define(R->f, R->n, coordinates(R, R->inside), ASSIGN_SET, n, v, R->loc, R->eq);
}

static bool define_step(reducing *R)
{
    cb_context *c = R->c;
    expr *v[CB_MAX_RANK + 1], **at = coordinates(R, R->inside), *e = expr_new(c, R->value);
    expr *old = expr_call(c, R->f, R->n, at);
    uint32_t last = R->f->nvalues - 1;
    if (!keeps_place(R->op)) {
        v[0] = expr_op(c, kinds[R->op].op, 2, (expr *[]){old, e});
        return func_define_over(R->f, R->r, R->n, at, ASSIGN_SET, 1, v, R->loc, R->eq);
    }
    expr *better = expr_op(c, kinds[R->op].op, 2, (expr *[]){e, expr_pick(c, old, last)});
    for (uint32_t d = 0; d <= last; d++) {
        expr *now = d < last ? expr_new(c, ir_var(c, R->r->dims[d].sym)) : e;
        v[d] = expr_op(c, CB_OP_SELECT, 3, (expr *[]){better, now, expr_pick(c, old, d)});
    }
    return func_define_over(R->f, R->r, R->n, at, ASSIGN_SET, last + 1, v, R->loc, R->eq);
}

/* The Func of the stage: the one given, or one declared here under the given name or none. */
static cb_func_s *target(reducing *R, cb_func_s *into, const char *name)
{
    cb_context *c = R->c;
    if (into)
        return into;
    scope *s = scope_need(c, R->loc);
    if (!s)
        return NULL;
    if (!name) {
        const char *user = R->eq && R->eq->func ? R->eq->func->name : "anonymous";
        cb_func_s *f = func_new(
            c, ctx_string(c, arena_printf(c->a, "%s.%s", user, kinds[R->op].word)), R->loc);
        f->unnamed = true;
        return f;
    }
    cb_func_s *f = func_new(c, name, R->loc);
    binding b = {.name = name, .kind = BIND_FUNC, .func = f, .loc = R->loc};
    return scope_declare(s, &b) ? f : NULL;
}

static expr *gone(cb_context *c)
{
    expr *e = expr_fault(c, DIAG_UNDEFINED_FUNC, NULL, "a reduction was refused");
    e->fault->reported = true;
    return e;
}

expr *expr_reduce(cb_context *c, cb_reduction op, rdom *r, expr *e, cb_func_s *into,
                  const char *name, cb_loc loc, const equation *eq)
{
    reducing R = {.c = c, .op = op, .r = r, .loc = loc, .eq = eq};
    const char *word = kinds[op].word;
    if (e->fault)
        return e;
    if (e->nvalues > 1)
        return expr_fault(c, DIAG_VALUE_COUNT, "choose one of them: f(...)[0]",
                          "'%s' reduces one value, not %u", word, e->nvalues);
    R.value = e->node;
    cb_type t = R.value->type;
    if (type_is_bool(t) || t.code == CB_HANDLE)
        return expr_fault(c, DIAG_TYPE_MISFIT,
                          "reduce numbers: select(c, 1, 0) counts, and its minimum or maximum says "
                          "whether all or any hold",
                          "'%s' cannot be applied to conditions", word);
    if (op == CB_REDUCE_SATURATING_SUM && !type_is_integer(t))
        return expr_fault(c, DIAG_TYPE_MISFIT, "floats have no end to stop at: use sum",
                          "'%s' adds integers", word);
    if (into && into->defs.n) {
        expr *f = expr_fault(c, DIAG_REDUCTION_NAME, "name the reduction by a Func of its own",
                             "'%s' names a reduction, but has a definition already", into->name);
        f->fault->note = "defined here";
        f->fault->note_loc = into->defs.at[0]->loc;
        return f;
    }
    if (into && into->is_input)
        return expr_fault(c, DIAG_REDUCTION_NAME, "name the reduction by a Func of its own",
                          "'%s' names a reduction, but is %s", into->name, input_word(into));
    if (!find_dimensions(&R))
        return expr_fault(c, DIAG_WRONG_ARITY, "at most 16 are possible",
                          "'%s' depends on %u Vars and more", word, R.n);
    name_dimensions(&R);
    R.f = target(&R, into, name);
    if (!R.f || !define_start(&R, t) || !define_step(&R))
        return gone(c);
    return expr_call(c, R.f, R.n, coordinates(&R, R.outside));
}

/* ---- entry ----------------------------------------------------------------------------------- */

typedef struct request {
    cb_reduction op;
    cb_rdom r;
    cb_expr e;
    cb_func into;
    cb_site at;
    expr *out;
} request;

static void reduce(void *env)
{
    request *q = env;
    cb_context *c = q->r.p->ctx;
    cb_loc loc = site_loc(c, q->at);
    if ((unsigned)q->op >= CB_REDUCE_COUNT)
        q->out = expr_fault(c, DIAG_OPERAND_COUNT, "reductions are listed in carbide.h",
                            "there is no reduction %d", (int)q->op);
    else if (q->into.p && q->into.p->ctx != c)
        q->out = expr_fault(c, DIAG_CONTEXT_MIX, "build a pipeline in one context",
                            "'%s' belongs to another context", q->into.p->name);
    else
        q->out = expr_reduce(c, q->op, q->r.p->dom, expr_in(c, q->e), q->into.p, NULL, loc, NULL);
}

cb_expr cb_reduce(cb_reduction op, cb_rdom r, cb_expr e, cb_func into, cb_site at)
{
    request q = {op, r, e, into, at, NULL};
    if (!r.p)
        front_null_func(at, "a reduction over a domain");
    else if (front_try(r.p->ctx, reduce, &q))
        return (cb_expr){q.out};
    return (cb_expr){NULL};
}
