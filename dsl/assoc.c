/* dsl/assoc.c: finds associative operations in updates, by the table assoc.def.
 *
 *     f(x) = f(x) + in(x, r)*2                           x + y, y = in(x, r)*2
 *     p(x) = (p(x)[0]*a - p(x)[1]*b, p(x)[0]*b + p(x)[1]*a)      complex product, y = (a, b)
 *
 * Values of a tuple that do not read one another are taken one by one; those that do form a group,
 * which must be a row of the table as a whole. A chain of one operation, f + a - b + c, is taken
 * for f + (a - b + c), wherever f stands in it. */
#include "assoc.h"

#include <math.h>
#include <string.h>

/* ---- the table ------------------------------------------------------------------------------- */

enum kinds { NUMBER, BITS, BOOL };
enum identities { ZERO, ONE, LEAST, GREATEST, ONES };
typedef struct op_row {
    ir_op op;
    enum kinds kinds;
    enum identities identity;
} op_row;
typedef struct tuple_row {
    uint32_t n;
    bool commutes;
    const char *values, *identity, *name;
} tuple_row;
typedef struct choice_row {
    bool commutes;
    const char *condition, *name;
} choice_row;

#define ASSOC_OP(op, kinds, identity) {IR_##op, kinds, identity},
#define ASSOC_TUPLE(n, commutes, values, identity, name)
#define ASSOC_CHOICE(commutes, condition, name)
static const op_row op_rows[] = {
#include "assoc.def"
};
#undef ASSOC_OP
#undef ASSOC_TUPLE
#define ASSOC_OP(op, kinds, identity)
#define ASSOC_TUPLE(n, commutes, values, identity, name) {n, commutes, values, identity, name},
static const tuple_row tuple_rows[] = {
#include "assoc.def"
};
#undef ASSOC_TUPLE
#undef ASSOC_CHOICE
#define ASSOC_TUPLE(n, commutes, values, identity, name)
#define ASSOC_CHOICE(commutes, condition, name) {commutes, condition, name},
static const choice_row choice_rows[] = {
#include "assoc.def"
};
#undef ASSOC_OP
#undef ASSOC_TUPLE
#undef ASSOC_CHOICE

/* ---- patterns: (op operand operand), x0, y0, ..., most --------------------------------------- */

enum { MAX_GROUP = 8 };

typedef struct matcher {
    cb_context *c;
    const ir *x[MAX_GROUP]; /* must be these */
    const ir *y[MAX_GROUP]; /* found; NULL: not yet */
    cb_type narrow, wide;
    const map *own;
} matcher;

static const char *skip_space(const char *p)
{
    while (*p == ' ' || *p == ';')
        p++;
    return p;
}

/* Behind one operand. */
static const char *skip_operand(const char *p)
{
    int depth = 0;
    p = skip_space(p);
    do {
        depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
        p++;
    } while (*p && (depth > 0 || (*p != ' ' && *p != ')' && *p != ';')));
    return p;
}

/* The operands of a pattern "(op a b)". */
static uint32_t operands(const char *p, char op[16], const char *at[2])
{
    uint32_t n = 0;
    size_t len = strcspn(++p, " ");
    memcpy(op, p, len < 15 ? len : 15);
    op[len < 15 ? len : 15] = 0;
    for (p = skip_space(p + len); *p && *p != ')' && n < 2; p = skip_space(skip_operand(p)))
        at[n++] = p;
    return n;
}

static bool is_free(const matcher *m, const ir *n) { return !ir_reads_any(m->c, n, m->own); }

static bool match(matcher *m, const char *p, const ir *n);

static bool bind(matcher *m, uint32_t k, const ir *n)
{
    if (m->y[k])
        return m->y[k] == n;
    if (!is_free(m, n))
        return false;
    m->y[k] = n;
    return true;
}

/* (wide v): a conversion of a narrow v, or a constant that has a narrow one. */
static bool match_wide(matcher *m, const char *p, const ir *n)
{
    int64_t v;
    if (!type_is_integer(n->type) || n->type.bits <= m->narrow.bits)
        return false;
    if (n->type.lanes != m->narrow.lanes || (m->wide.bits && !type_eq(m->wide, n->type)))
        return false;
    m->wide = n->type;
    if (n->op == IR_CAST && type_eq(n->arg[0]->type, m->narrow))
        return match(m, p, n->arg[0]);
    return ir_as_int(n, &v) && type_can_hold(m->narrow, v) &&
           match(m, p, ir_int(m->c, m->narrow, v));
}

static bool match_node(matcher *m, const char *p, const ir *n)
{
    char op[16];
    const char *at[2];
    uint32_t k = operands(p, op, at);
    if (!strcmp(op, "wide"))
        return match_wide(m, at[0], n);
    if (!strcmp(op, "narrow"))
        return n->op == IR_CAST && type_is_uint(n->type) && n->type.bits >= 8 && match(m, at[0], n->arg[0]);
    if (strcmp(op, ir_ops[n->op].spelling) || n->nargs != k)
        return false;
    if (n->op == IR_SAT_ADD && !type_is_uint(n->type)) /* 100 + 100 - 100 has more than one answer in i8 */
        return false;
    const matcher before = *m;
    if (match(m, at[0], n->arg[0]) && match(m, at[1], n->arg[1]))
        return true;
    *m = before;
    bool either_way = n->op == IR_ADD || n->op == IR_MUL || n->op == IR_MIN || n->op == IR_MAX ||
                      n->op == IR_EQ || n->op == IR_AND || n->op == IR_OR || n->op == IR_SAT_ADD;
    return either_way && match(m, at[0], n->arg[1]) && match(m, at[1], n->arg[0]);
}

static bool match(matcher *m, const char *p, const ir *n)
{
    int64_t v;
    p = skip_space(p);
    if (*p == '(')
        return match_node(m, p, n);
    if (*p == 'x')
        return n == m->x[p[1] - '0'];
    if (*p == 'y')
        return bind(m, (uint32_t)(p[1] - '0'), n);
    return ir_as_int(n, &v) && v == type_max(m->narrow); /* most */
}

/* ---- building what a pattern says ------------------------------------------------------------ */

typedef struct builder {
    cb_context *c;
    const ir *const *x, *const *y; /* in the order of the row */
    cb_type wide;
} builder;

static ir_op op_spelled(const char *s)
{
    for (int i = 0; i < IR_OP_COUNT; i++)
        if (!strcmp(ir_ops[i].spelling, s))
            return (ir_op)i;
    return IR_POISON;
}

static const ir *build(const builder *b, const char *p)
{
    cb_context *c = b->c;
    char op[16];
    const char *at[2];
    p = skip_space(p);
    unsigned lanes = b->x[0]->type.lanes;
    if (*p == 'x')
        return b->x[p[1] - '0'];
    if (*p == 'y')
        return b->y[p[1] - '0'];
    if (*p != '(')
        return ir_int(c, type_lanes(b->wide, lanes), type_max(type_scalar(b->x[0]->type)));
    operands(p, op, at);
    if (!strcmp(op, "wide"))
        return ir_cast(c, type_lanes(b->wide, lanes), build(b, at[0]));
    if (!strcmp(op, "narrow"))
        return ir_cast(c, b->x[0]->type, build(b, at[0]));
    const ir *l = build(b, at[0]);
    return ir_bin(c, op_spelled(op), l, build(b, at[1]));
}

/* ---- one value ------------------------------------------------------------------------------- */

static bool kind_fits(enum kinds k, cb_type t)
{
    switch (k) {
    case NUMBER: return !type_is_bool(t) && t.code != CB_HANDLE;
    case BITS: return type_is_bool(t) || type_is_integer(t);
    case BOOL: return type_is_bool(t);
    }
    return false;
}

/* The chain `v` of op without self, which occurs once, in an operand that counts as it is; NULL when
 * it is not so. Depth is that of the chain: what is deeper was not written by a person. */
static const ir *take_out(const matcher *m, ir_op op, const ir *v, const ir *self, int depth)
{
    cb_context *c = m->c;
    bool difference = op == IR_ADD && v->op == IR_SUB;
    if ((v->op != op && !difference) || depth > 200)
        return NULL;
    for (uint32_t i = 0; i < (difference ? 1u : 2u); i++) {
        const ir *a = v->arg[i], *b = v->arg[1 - i];
        if (!is_free(m, b) || is_free(m, a))
            continue;
        if (a == self)
            return difference ? ir_sub(c, ir_const(c, v->type, 0), b) : b;
        const ir *rest = take_out(m, op, a, self, depth + 1);
        if (!rest)
            return NULL;
        return difference ? ir_sub(c, rest, b) : i ? ir_bin(c, op, b, rest) : ir_bin(c, op, rest, b);
    }
    return NULL;
}

static bool make_op(assoc_group *g, ir_op op)
{
    for (uint32_t i = 0; i < COUNT_OF(op_rows); i++)
        if (op_rows[i].op == op)
            g->row = i;
    g->form = ASSOC_FORM_OP;
    g->op = op;
    g->commutes = g->has_identity = true;
    return true;
}

static bool find_op(matcher *m, const ir *v, const ir *self, assoc_group *g)
{
    for (uint32_t i = 0; i < COUNT_OF(op_rows); i++) {
        const op_row *r = &op_rows[i];
        bool operands_fit = v->nargs == 2 && type_eq(v->arg[0]->type, self->type);
        if (!operands_fit || !kind_fits(r->kinds, type_scalar(self->type)))
            continue;
        const ir *y = take_out(m, r->op, v, self, 0);
        if (!y)
            continue;
        m->y[0] = y;
        return make_op(g, r->op);
    }
    return false;
}

/* ---- several values -------------------------------------------------------------------------- */

static bool find_tuple(matcher *m, uint32_t n, const ir *const *v, assoc_group *g)
{
    const matcher before = *m;
    for (uint32_t i = 0; i < COUNT_OF(tuple_rows); i++) {
        const char *p = tuple_rows[i].values;
        bool ok = tuple_rows[i].n == n;
        *m = before;
        for (uint32_t k = 0; k < n && ok; k++, p = skip_operand(p))
            ok = match(m, p, v[k]);
        if (!ok)
            continue;
        g->form = ASSOC_FORM_TUPLE;
        g->row = i;
        g->commutes = tuple_rows[i].commutes;
        g->has_identity = true;
        g->wide = m->wide;
        return true;
    }
    *m = before;
    return false;
}

/* The value v[k] as a choice: its condition (NULL: min or max, that of the key), y, and whether y is
 * taken where the condition holds. */
typedef struct choice {
    const ir *cond, *y;
    bool when;
    bool least, greatest;
} choice;

static bool read_choice(const matcher *m, const ir *v, const ir *x, choice *out)
{
    *out = (choice){0};
    if (v->op == IR_MIN || v->op == IR_MAX) {
        out->least = v->op == IR_MIN;
        out->greatest = v->op == IR_MAX;
        out->y = v->arg[0] == x ? v->arg[1] : v->arg[0];
        return (v->arg[0] == x || v->arg[1] == x) && is_free(m, out->y);
    }
    if (v->op != IR_SELECT)
        return false;
    out->cond = v->arg[0];
    out->when = v->arg[2] == x;
    out->y = out->when ? v->arg[1] : v->arg[2];
    return (out->when || v->arg[1] == x) && is_free(m, out->y);
}

/* y is taken where `cond` does not hold: the condition turned around, for < and <= alone. */
static const ir *opposite(cb_context *c, const ir *cond)
{
    if (cond->op == IR_LT)
        return ir_le(c, cond->arg[1], cond->arg[0]);
    if (cond->op == IR_LE)
        return ir_lt(c, cond->arg[1], cond->arg[0]);
    return NULL;
}

/* With value `key` as x0 and `second` as x1. */
static bool match_choice(matcher *m, const char *p, const ir *cond, const choice *v,
                         const ir *const *x, uint32_t key, uint32_t second)
{
    m->x[0] = x[key];
    m->y[0] = v[key].y;
    m->x[1] = x[second];
    m->y[1] = v[second].y;
    return match(m, p, cond);
}

static bool find_choice(matcher *m, uint32_t n, const ir *const *v, const ir *const *x, assoc_group *g)
{
    choice k[MAX_GROUP];
    const ir *cond = NULL;
    bool when = true;
    for (uint32_t i = 0; i < n; i++) {
        if (!read_choice(m, v[i], x[i], &k[i]) || (cond && k[i].cond && (k[i].cond != cond || k[i].when != when)))
            return false;
        if (k[i].cond) {
            cond = k[i].cond;
            when = k[i].when;
        }
    }
    if (cond && !when)
        cond = opposite(m->c, cond);
    if (!cond)
        return false;
    for (uint32_t r = 0; r < COUNT_OF(choice_rows); r++)
        for (uint32_t key = 0; key < n; key++)
            for (uint32_t second = 0; second < n; second++) {
                if ((n > 1) != (second != key) ||
                    !match_choice(m, choice_rows[r].condition, cond, k, x, key, second))
                    continue;
                const char *less = choice_rows[r].name;
                for (uint32_t i = 0; i < n; i++)
                    if ((k[i].least || k[i].greatest) && (i != key || k[i].greatest != (less[0] == 'g')))
                        return false;
                if (n == 1) { /* of equal values it does not matter which */
                    m->y[0] = k[0].y;
                    return make_op(g, less[0] == 'g' ? IR_MAX : IR_MIN);
                }
                /* the key first, then the one it is compared with, then the rest */
                uint32_t order[MAX_GROUP] = {key, second}, at = n > 1 ? 2 : 1;
                for (uint32_t i = 0; i < n; i++)
                    if (i != key && i != second)
                        order[at++] = i;
                uint32_t *value = NEW_ARRAY(m->c->a, uint32_t, n);
                for (uint32_t i = 0; i < n; i++) {
                    value[i] = g->value[order[i]];
                    m->y[i] = k[order[i]].y;
                }
                g->value = value;
                g->form = ASSOC_FORM_CHOICE;
                g->row = r;
                g->commutes = choice_rows[r].commutes;
                g->has_identity = false;
                return true;
            }
    return false;
}

/* ---- groups ---------------------------------------------------------------------------------- */

typedef struct occurrence {
    const ir *what;
    bool found;
} occurrence;

static bool look(void *env, const ir *n)
{
    occurrence *o = env;
    o->found |= n == o->what;
    return !o->found;
}

static bool mentions(cb_context *c, const ir *n, const ir *what)
{
    occurrence o = {what, false};
    ir_visit(c, n, look, &o);
    return o.found;
}

/* The group that value k belongs to, all of whose members are marked in `done`. */
static void collect(cb_context *c, uint32_t n, const ir *const *values, const ir *const *self,
                    bool *done, uint32_t k, assoc_group *g)
{
    g->value = NEW_ARRAY(c->a, uint32_t, n);
    g->value[g->n++] = k;
    done[k] = true;
    for (uint32_t i = 0; i < g->n; i++)
        for (uint32_t j = 0; j < n; j++) {
            uint32_t v = g->value[i];
            if (done[j] || (!mentions(c, values[v], self[j]) && !mentions(c, values[j], self[v])))
                continue;
            done[j] = true;
            g->value[g->n++] = j;
        }
    for (uint32_t i = 1; i < g->n; i++) /* in order */
        for (uint32_t j = i; j && g->value[j] < g->value[j - 1]; j--) {
            uint32_t t = g->value[j];
            g->value[j] = g->value[j - 1];
            g->value[j - 1] = t;
        }
}

static bool is_no_value(const ir *n)
{
    return n->op == IR_UNDEF || n->op == IR_IMPURE || n->op == IR_POISON || ir_is_impure_call(n);
}

bool assoc_find(cb_context *c, uint32_t n, const ir *const *values, const ir *const *self, const map *own, assoc *out)
{
    bool *done = NEW_ARRAY(c->a, bool, n + 1);
    *out = (assoc){.n = n, .commutes = true, .has_identity = true};
    out->incoming = NEW_ARRAY(c->a, const ir *, n);
    out->group = NEW_ARRAY(c->a, assoc_group, n);
    for (uint32_t k = 0; k < n; k++)
        if (ir_any(c, values[k], is_no_value))
            return false;
    for (uint32_t k = 0; k < n; k++) {
        if (done[k])
            continue;
        assoc_group *g = &out->group[out->ngroups++];
        collect(c, n, values, self, done, k, g);
        if (g->n > MAX_GROUP)
            return false;
        const ir *v[MAX_GROUP], *x[MAX_GROUP];
        matcher m = {.c = c, .own = own, .narrow = values[k]->type};
        for (uint32_t i = 0; i < g->n; i++) {
            v[i] = values[g->value[i]];
            x[i] = m.x[i] = self[g->value[i]];
        }
        if (!(g->n == 1 && find_op(&m, v[0], x[0], g)) && !find_tuple(&m, g->n, v, g) &&
            !find_choice(&m, g->n, v, x, g))
            return false;
        for (uint32_t i = 0; i < g->n; i++)
            out->incoming[g->value[i]] = m.y[i];
        out->commutes &= g->commutes;
        out->has_identity &= g->has_identity;
    }
    return true;
}

/* ---- using them ------------------------------------------------------------------------------ */

static void combine_group(cb_context *c, const assoc_group *g, const ir *const *x, const ir *const *y, const ir **out)
{
    const ir *gx[MAX_GROUP], *gy[MAX_GROUP];
    for (uint32_t i = 0; i < g->n; i++) {
        gx[i] = x[g->value[i]];
        gy[i] = y[g->value[i]];
    }
    builder b = {c, gx, gy, g->wide};
    switch (g->form) {
    case ASSOC_FORM_OP: out[g->value[0]] = ir_bin(c, g->op, gx[0], gy[0]); break;
    case ASSOC_FORM_TUPLE: {
        const char *p = tuple_rows[g->row].values;
        for (uint32_t i = 0; i < g->n; i++, p = skip_operand(p))
            out[g->value[i]] = build(&b, p);
        break;
    }
    case ASSOC_FORM_CHOICE: {
        const ir *cond = build(&b, choice_rows[g->row].condition);
        for (uint32_t i = 0; i < g->n; i++)
            out[g->value[i]] = ir_select(c, cond, gy[i], gx[i]);
        break;
    }
    }
}

void assoc_combine(cb_context *c, const assoc *a, const ir *const *x, const ir *const *y, const ir **out)
{
    for (uint32_t i = 0; i < a->ngroups; i++)
        combine_group(c, &a->group[i], x, y, out);
}

void assoc_combine_some(cb_context *c, const assoc *a, const ir *const *x, const ir *xs, const ir *const *y,
                        const ir *ys, const ir **out)
{
    assoc_combine(c, a, x, y, out);
    for (uint32_t k = 0; k < a->n; k++) {
        const ir *both = out[k];
        out[k] = ir_select(c, xs, ir_select(c, ys, both, x[k]), y[k]);
    }
}

static const ir *identity_of(cb_context *c, enum identities id, cb_type t)
{
    switch (id) {
    case ZERO: return ir_const(c, t, 0);
    case ONE: return ir_const(c, t, 1);
    case ONES: return type_is_bool(t) ? ir_bool(c, true) : ir_int(c, t, -1);
    case LEAST: return type_is_float(t) ? ir_float(c, t, -INFINITY) : ir_int(c, t, type_min(t));
    case GREATEST: return type_is_float(t) ? ir_float(c, t, INFINITY) : ir_int(c, t, type_max(t));
    }
    return ir_const(c, t, 0);
}

const ir *assoc_identity(cb_context *c, const assoc *a, uint32_t k, cb_type t)
{
    for (uint32_t i = 0; i < a->ngroups; i++) {
        const assoc_group *g = &a->group[i];
        for (uint32_t j = 0; j < g->n; j++) {
            if (g->value[j] != k)
                continue;
            if (g->form == ASSOC_FORM_OP)
                return identity_of(c, op_rows[g->row].identity, t);
            const char *p = tuple_rows[g->row].identity;
            for (uint32_t skip = j; skip; skip--)
                p = skip_operand(p);
            return ir_const(c, t, *skip_space(p) - '0');
        }
    }
    return ir_const(c, t, 0);
}

const char *assoc_name(cb_context *c, const assoc *a)
{
    text t;
    text_init(&t, c->a);
    for (uint32_t i = 0; i < a->ngroups; i++) {
        const assoc_group *g = &a->group[i];
        const char *name = g->form == ASSOC_FORM_OP      ? ir_ops[g->op].spelling
                           : g->form == ASSOC_FORM_TUPLE ? tuple_rows[g->row].name
                                                         : choice_rows[g->row].name;
        text_printf(&t, "%s%s", i ? ", " : "", name);
    }
    return text_str(&t);
}
