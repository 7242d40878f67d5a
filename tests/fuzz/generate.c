/* tests/fuzz/generate.c: random programs that mean something.
 *
 * Integers use every operation of the language. Floats stay on small dyadic fractions unless a
 * function that rounds is applied, and only exact floats are compared or converted to integers: then
 * a mismatch of integers is a fault, whatever order the compiled code adds floats in. Indices are
 * sums, products and quotients of variables, or data clamped to a few values. i32 and i64 products
 * have one small factor, so that few cases overflow.
 */
#include <string.h>

#include "fuzz.h"

typedef struct gen {
    fz_case *k;
    int func;   /* the Func being defined */
    int update; /* -1: its pure definition */
    int nr;     /* RVars in sight */
    bool self;  /* may read itself (an update) */
} gen;

static const cb_type types[] = {{CB_UINT, 8, 1},  {CB_INT, 8, 1},  {CB_UINT, 16, 1}, {CB_INT, 16, 1}, {CB_INT, 32, 1},
                                {CB_UINT, 32, 1}, {CB_INT, 64, 1}, {CB_UINT, 64, 1}, {CB_FLOAT, 32, 1}, {CB_FLOAT, 64, 1}};
enum { NTYPES = COUNT_OF(types) };

static fx *node(gen *g, fx_kind kind, cb_type t, int nkids)
{
    fx *e = NEW(g->k->a, fx);
    e->kind = kind;
    e->t = t;
    e->nkids = nkids;
    return e;
}

static fx *literal(gen *g, cb_type t, double v)
{
    fx *e = node(g, FX_LIT, t, 0);
    e->lit = v;
    return e;
}

static fx *op2(gen *g, fx_kind kind, cb_type t, const char *op, fx *a, fx *b)
{
    fx *e = node(g, kind, t, 2);
    e->op = op;
    e->kid[0] = a;
    e->kid[1] = b;
    return e;
}

static fx *op1(gen *g, fx_kind kind, cb_type t, const char *op, fx *a)
{
    fx *e = node(g, kind, t, 1);
    e->op = op;
    e->kid[0] = a;
    return e;
}

static fx *cast_to(gen *g, cb_type t, fx *a) { return type_eq(a->t, t) ? a : op1(g, FX_CAST, t, NULL, a); }

/* ---- indices --------------------------------------------------------------------------------------- */

static fx *value(gen *g, cb_type t, int depth);

static fx *small_literal(gen *g, cb_type t)
{
    rng *r = &g->k->r;
    if (type_is_float(t))
        return literal(g, t, (pick(r, 33) - 16) / 4.0);
    int lo = type_is_uint(t) ? 0 : -9;
    return literal(g, t, lo + pick(r, 10 - lo));
}

/* The variable that stands for dimension d where g is; RVars join in updates. */
static fx *variable(gen *g, int d)
{
    const fz_func *f = &g->k->func[g->func];
    int npure = f->rank;
    if (!npure && !g->nr)
        return literal(g, T_I32, pick(&g->k->r, 8));
    int which = g->nr && (!npure || chance(&g->k->r, 50)) ? npure + pick(&g->k->r, g->nr) : d < npure ? d : pick(&g->k->r, npure);
    fx *e = node(g, which < npure ? FX_VAR : FX_RVAR, T_I32, 0);
    e->i = which < npure ? which : which - npure;
    if (e->kind == FX_VAR && g->update >= 0) { /* only variables that the update's left side has */
        const fz_update *u = &f->update[g->update];
        bool has = u->lhs[e->i] && u->lhs[e->i]->kind == FX_VAR && u->lhs[e->i]->i == e->i;
        if (!has) {
            if (!g->nr)
                return literal(g, T_I32, pick(&g->k->r, 8));
            e->kind = FX_RVAR;
            e->i = pick(&g->k->r, g->nr);
        }
    }
    return e;
}

static fx *offset(gen *g, fx *e, int c)
{
    if (!c)
        return e;
    return op2(g, FX_INFIX, T_I32, c < 0 ? "-" : "+", e, literal(g, T_I32, c < 0 ? -c : c));
}

static fx *call_of(gen *g, int callee, int depth);

static fx *data_index(gen *g, int limit)
{
    for (int i = 0; i < g->func; i++)
        if (g->k->func[i].small && chance(&g->k->r, 70))
            return cast_to(g, T_I32, call_of(g, i, 0));
    fx *e = cast_to(g, T_I32, value(g, types[pick(&g->k->r, 4)], 1));
    fx *c = node(g, FX_WORD, T_I32, 3);
    c->op = "clamp";
    c->kid[0] = e;
    c->kid[1] = literal(g, T_I32, 0);
    c->kid[2] = literal(g, T_I32, limit);
    return c;
}

static bool some_small(const gen *g)
{
    bool found = false;
    for (int i = 0; i < g->func; i++)
        found |= g->k->func[i].small;
    return found;
}

static fx *coordinate(gen *g, int d, int depth)
{
    rng *r = &g->k->r;
    int k = pick(r, 100);
    if (depth > 0 && some_small(g) && chance(r, 10))
        return data_index(g, 9);
    if (k < 45)
        return variable(g, d);
    if (k < 78)
        return offset(g, variable(g, d), pick(r, 7) - 3);
    if (k < 83)
        return offset(g, op2(g, FX_INFIX, T_I32, "*", variable(g, d), literal(g, T_I32, 2)), pick(r, 3) - 1);
    if (k < 89)
        return op2(g, FX_INFIX, T_I32, "/", offset(g, variable(g, d), pick(r, 5) - 2), literal(g, T_I32, 2 + pick(r, 2)));
    if (k < 91)
        return op2(g, FX_INFIX, T_I32, "%", offset(g, variable(g, d), pick(r, 5) - 2), literal(g, T_I32, 2 + pick(r, 6)));
    if (k < 93)
        return op2(g, FX_INFIX, T_I32, "-", literal(g, T_I32, pick(r, 9)), variable(g, d));
    if (k < 95)
        return op2(g, FX_WORD, T_I32, "min", variable(g, d), literal(g, T_I32, pick(r, 20)));
    if (k < 98 && depth > 0)
        return data_index(g, 3 + pick(r, 9));
    return literal(g, T_I32, pick(r, 6));
}

/* ---- leaves ------------------------------------------------------------------------------------------- */

static fx *call_of(gen *g, int callee, int depth)
{
    const fz_func *f = &g->k->func[callee];
    fx *e = node(g, FX_CALL, f->t, f->rank);
    e->i = callee;
    for (int d = 0; d < f->rank; d++)
        e->kid[d] = coordinate(g, d, depth);
    return e;
}

static bool has(const fx *e, fx_kind kind)
{
    if (e->kind == kind)
        return true;
    for (int i = 0; i < e->nkids; i++)
        if (has(e->kid[i], kind))
            return true;
    return false;
}

static bool has_pure_variable(const fx *e) { return has(e, FX_VAR); }

/* A read of itself: pure variables stand in their own places. */
static fx *self_read(gen *g)
{
    const fz_func *f = &g->k->func[g->func];
    const fz_update *u = &f->update[g->update];
    fx *e = node(g, FX_CALL, f->t, f->rank);
    e->i = g->func;
    for (int d = 0; d < f->rank; d++) {
        bool pure = u->lhs[d]->kind == FX_VAR;
        e->kid[d] = pure || chance(&g->k->r, 60) || !g->nr ? u->lhs[d] : coordinate(g, d, 0);
        if (!pure && has_pure_variable(e->kid[d]))
            e->kid[d] = literal(g, T_I32, pick(&g->k->r, 5));
    }
    return e;
}

static fx *input_read(gen *g, int depth)
{
    int i = pick(&g->k->r, g->k->ninputs);
    fx *e = node(g, FX_INPUT, g->k->input[i].t, g->k->input[i].rank);
    e->i = i;
    for (int d = 0; d < e->nkids; d++)
        e->kid[d] = coordinate(g, d, depth);
    return e;
}

static fx *leaf(gen *g, cb_type t, int depth)
{
    rng *r = &g->k->r;
    int k = pick(r, 100);
    fx *e;
    if (g->self && k < 30)
        e = self_read(g);
    else if (g->func > 0 && k < 62)
        e = call_of(g, chance(r, 60) ? g->func - 1 : pick(r, g->func), depth);
    else if (k < 85)
        e = input_read(g, depth);
    else if (k < 92 && g->k->func[g->func].rank)
        e = variable(g, 0);
    else if (k < 95 && g->k->has_param)
        e = node(g, FX_PARAM, T_I32, 0);
    else
        return small_literal(g, t);
    if (type_is_float(e->t) && !type_is_float(t)) /* not exact in general: leave floats alone */
        return small_literal(g, t);
    return cast_to(g, t, e);
}

/* ---- values --------------------------------------------------------------------------------------------- */

static cb_type any_int(gen *g) { return types[pick(&g->k->r, 8)]; }

/* A float made of small integers by exact steps. */
static fx *exact_float(gen *g, cb_type t)
{
    fx *a = cast_to(g, t, value(g, types[pick(&g->k->r, 2)], 0));
    if (chance(&g->k->r, 50))
        a = op2(g, FX_INFIX, t, "*", a, literal(g, t, (1 + pick(&g->k->r, 8)) / 4.0));
    if (chance(&g->k->r, 50))
        a = op2(g, FX_INFIX, t, chance(&g->k->r, 50) ? "+" : "-", a, small_literal(g, t));
    return a;
}

static fx *condition(gen *g, int depth)
{
    rng *r = &g->k->r;
    static const char *const cmp[] = {"<", "<=", ">", ">=", "==", "!="};
    int k = pick(r, 100);
    if (depth > 0 && k < 12)
        return op2(g, FX_INFIX, T_BOOL, "&&", condition(g, depth - 1), condition(g, depth - 1));
    if (depth > 0 && k < 24)
        return op2(g, FX_INFIX, T_BOOL, "||", condition(g, depth - 1), condition(g, depth - 1));
    if (depth > 0 && k < 34)
        return op1(g, FX_PREFIX, T_BOOL, "!", condition(g, depth - 1));
    if (k < 50) {
        cb_type t = types[8 + pick(r, 2)];
        return op2(g, FX_INFIX, T_BOOL, cmp[pick(r, 6)], exact_float(g, t), exact_float(g, t));
    }
    cb_type t = any_int(g);
    int d = depth > 0 ? depth - 1 : 0;
    return op2(g, FX_INFIX, T_BOOL, cmp[pick(r, 6)], value(g, t, d), value(g, t, d));
}

static fx *choose(gen *g, cb_type t, int depth)
{
    fx *e = node(g, FX_WORD, t, 3);
    e->op = "select";
    e->kid[0] = condition(g, depth - 1);
    e->kid[1] = value(g, t, depth - 1);
    e->kid[2] = value(g, t, depth - 1);
    return e;
}

static fx *clamped(gen *g, cb_type t, int depth)
{
    fx *e = node(g, FX_WORD, t, 3);
    e->op = "clamp";
    e->kid[0] = value(g, t, depth - 1);
    e->kid[1] = literal(g, t, pick(&g->k->r, 5));
    e->kid[2] = literal(g, t, 5 + pick(&g->k->r, 100));
    return e;
}

static fx *shifted(gen *g, cb_type t, int depth)
{
    rng *r = &g->k->r;
    int n = pick(r, 12) - 2; /* sometimes the other way, sometimes beyond the width */
    bool wide = t.code == CB_INT && t.bits >= 32;
    if (wide && n > 3)
        n = 3;
    bool left = chance(r, 40) && !wide;
    fx *by = chance(r, 60) ? literal(g, T_I32, wide && n < 0 ? 0 : n)
                           : cast_to(g, T_I32, value(g, types[pick(r, 2)], 0));
    if (wide && by->kind != FX_LIT)
        by = op2(g, FX_WORD, T_I32, "max", by, literal(g, T_I32, 0));
    return op2(g, FX_INFIX, t, left ? "<<" : ">>", value(g, t, depth - 1), by);
}

static fx *int_value(gen *g, cb_type t, int depth)
{
    rng *r = &g->k->r;
    bool wide = t.code == CB_INT && t.bits >= 32;
    int k = pick(r, 100);
    if (k < 18)
        return op2(g, FX_INFIX, t, chance(r, 60) ? "+" : "-", value(g, t, depth - 1), value(g, t, depth - 1));
    if (k < 26)
        return op2(g, FX_INFIX, t, "*", value(g, t, depth - 1), wide ? small_literal(g, t) : value(g, t, depth - 1));
    if (k < 36)
        return op2(g, FX_INFIX, t, chance(r, 50) ? "/" : "%", value(g, t, depth - 1),
                   chance(r, 60) ? literal(g, t, 1 + pick(r, 16)) : value(g, t, depth - 1));
    if (k < 46)
        return op2(g, FX_WORD, t, chance(r, 50) ? "min" : "max", value(g, t, depth - 1), value(g, t, depth - 1));
    if (k < 54) {
        static const char *const bits[] = {"&", "|", "^"};
        return op2(g, FX_INFIX, t, bits[pick(r, 3)], value(g, t, depth - 1), value(g, t, depth - 1));
    }
    if (k < 57)
        return op1(g, FX_PREFIX, t, "~", value(g, t, depth - 1));
    if (k < 64)
        return shifted(g, t, depth);
    if (k < 74)
        return choose(g, t, depth);
    if (k < 78)
        return clamped(g, t, depth);
    if (k < 82) { /* abs of a signed type is unsigned */
        cb_type s = {CB_INT, t.bits, 1};
        return cast_to(g, t, op1(g, FX_WORD, (cb_type){CB_UINT, t.bits, 1}, "abs", value(g, s, depth - 1)));
    }
    if (k < 86) {
        static const char *const tz[] = {"div_toward_zero", "mod_toward_zero"};
        return op2(g, FX_WORD, t, tz[pick(r, 2)], value(g, t, depth - 1), literal(g, t, 1 + pick(r, 9)));
    }
    if (k < 89)
        return cast_to(g, t, exact_float(g, types[8 + pick(r, 2)]));
    if (k < 93) { /* a saturating cast */
        char name[16];
        return op1(g, FX_WORD, t, arena_printf(g->k->a, "%s_sat", type_name(t, name)), value(g, any_int(g), depth - 1));
    }
    if (k < 95)
        return cast_to(g, t, condition(g, depth - 1));
    return cast_to(g, t, value(g, any_int(g), depth - 1));
}

static fx *positive(gen *g, cb_type t, int depth)
{
    return op2(g, FX_INFIX, t, "+", op1(g, FX_WORD, t, "abs", value(g, t, depth)), literal(g, t, 1));
}

static fx *bounded(gen *g, cb_type t, int depth, int limit)
{
    fx *e = node(g, FX_WORD, t, 3);
    e->op = "clamp";
    e->kid[0] = value(g, t, depth);
    e->kid[1] = literal(g, t, -limit);
    e->kid[2] = literal(g, t, limit);
    return e;
}

static fx *math_value(gen *g, cb_type t, int depth)
{
    static const char *const of_positive[] = {"sqrt", "log"};
    static const char *const of_bounded[] = {"exp", "sin", "cos", "atan", "tanh", "sinh", "cosh"};
    static const char *const exactly[] = {"floor", "ceil", "round", "trunc"};
    int which = pick(&g->k->r, 17);
    if (which < 7)
        return op1(g, FX_WORD, t, of_bounded[which], bounded(g, t, depth - 1, 3));
    if (which < 11)
        return op1(g, FX_WORD, t, exactly[which - 7], exact_float(g, t));
    if (which < 13)
        return op1(g, FX_WORD, t, of_positive[which - 11], positive(g, t, depth - 1));
    if (which == 13)
        return op2(g, FX_WORD, t, "pow", positive(g, t, 0), literal(g, t, pick(&g->k->r, 3) + 0.5));
    if (which == 14)
        return op2(g, FX_WORD, t, "atan2", bounded(g, t, 0, 3), positive(g, t, 0));
    if (which == 15)
        return op2(g, FX_WORD, t, "hypot", bounded(g, t, 0, 3), bounded(g, t, 0, 3));
    return op1(g, FX_WORD, t, "tan", bounded(g, t, depth - 1, 1)); /* away from its poles */
}

static fx *float_value(gen *g, cb_type t, int depth)
{
    rng *r = &g->k->r;
    int k = pick(r, 100);
    if (k < 26)
        return op2(g, FX_INFIX, t, chance(r, 60) ? "+" : "-", value(g, t, depth - 1), value(g, t, depth - 1));
    if (k < 36)
        return op2(g, FX_INFIX, t, "*", value(g, t, depth - 1), small_literal(g, t));
    if (k < 42)
        return op2(g, FX_INFIX, t, "/", value(g, t, depth - 1), positive(g, t, depth - 1));
    if (k < 52)
        return op2(g, FX_WORD, t, chance(r, 50) ? "min" : "max", value(g, t, depth - 1), value(g, t, depth - 1));
    if (k < 64)
        return choose(g, t, depth);
    if (k < 68)
        return op1(g, FX_WORD, t, "abs", value(g, t, depth - 1));
    if (k < 92)
        return math_value(g, t, depth);
    return cast_to(g, t, value(g, types[pick(r, 4)], depth - 1));
}

static fx *value(gen *g, cb_type t, int depth)
{
    if (depth <= 0 || chance(&g->k->r, 15))
        return leaf(g, t, depth);
    return type_is_float(t) ? float_value(g, t, depth) : int_value(g, t, depth);
}

/* ---- definitions ----------------------------------------------------------------------------------------- */

static fx *pure_var(gen *g, int d)
{
    fx *e = node(g, FX_VAR, T_I32, 0);
    e->i = d;
    return e;
}

/* A stencil: the same Func or input at neighbouring places. */
static fx *stencil(gen *g, cb_type t)
{
    rng *r = &g->k->r;
    int taps = 2 + pick(r, 3), d = pick(r, 2);
    bool of_func = g->func > 0 && chance(r, 75);
    int which = of_func ? g->func - 1 : pick(r, g->k->ninputs);
    cb_type ct = of_func ? g->k->func[which].t : g->k->input[which].t;
    int rank = of_func ? g->k->func[which].rank : g->k->input[which].rank;
    if (type_is_float(ct) && !type_is_float(t))
        return value(g, t, 2);
    fx *sum = NULL;
    for (int i = 0; i < taps; i++) {
        fx *e = node(g, of_func ? FX_CALL : FX_INPUT, ct, rank);
        e->i = which;
        for (int j = 0; j < rank; j++) {
            fx *v = j < g->k->func[g->func].rank ? pure_var(g, j) : literal(g, T_I32, 1);
            e->kid[j] = j == d && v->kind == FX_VAR ? offset(g, v, i - taps / 2) : v;
        }
        e = cast_to(g, t, e);
        sum = sum ? op2(g, FX_INFIX, t, "+", sum, e) : e;
    }
    return sum;
}

static void add_update(gen *g, int u)
{
    fz_case *k = g->k;
    rng *r = &k->r;
    fz_func *f = &k->func[g->func];
    fz_update *up = &f->update[u];
    g->update = u;
    g->self = false;
    up->nr = pick(r, 3);
    if (!f->rank && !up->nr)
        up->nr = 1;
    g->nr = up->nr;
    for (int d = 0; d < up->nr; d++) {
        up->rmin[d] = pick(r, 5) - 2;
        up->rextent[d] = pick(r, 20) == 0 ? 0 : 1 + pick(r, 7);
    }
    for (int d = 0; d < f->rank; d++) /* pure first: what follows may use them */
        up->lhs[d] = pure_var(g, d);
    for (int d = 0; d < f->rank; d++) {
        if (chance(r, 55))
            continue;
        fx *c = chance(r, 30) ? data_index(g, 2 + pick(r, 9)) : coordinate(g, d, 0);
        up->lhs[d] = has_pure_variable(c) ? pure_var(g, d) : c;
    }
    for (int d = 0; d < f->rank; d++) /* a pure variable that lost its own place may not be used */
        if (up->lhs[d]->kind != FX_VAR && has_pure_variable(up->lhs[d]))
            up->lhs[d] = literal(g, T_I32, pick(r, 5));
    up->assign = "=";
    if (chance(r, 45)) {
        up->assign = "+=";
        up->value = value(g, f->t, 1);
    } else {
        g->self = true;
        up->value = value(g, f->t, 2);
    }
    g->self = false;
    bool over_domain = has(up->value, FX_RVAR);
    for (int d = 0; d < f->rank; d++)
        over_domain |= has(up->lhs[d], FX_RVAR);
    if (up->nr && !over_domain) /* a domain that is not used is none */
        up->value = op2(g, FX_INFIX, f->t, "-", up->value, cast_to(g, f->t, node(g, FX_RVAR, T_I32, 0)));
    if (up->nr && chance(r, 30))
        up->where = condition(g, 1);
}

static void make_func(fz_case *k, int i)
{
    rng *r = &k->r;
    fz_func *f = &k->func[i];
    gen g = {.k = k, .func = i, .update = -1};
    f->t = types[pick(r, NTYPES)];
    f->rank = i == k->nfuncs - 1 ? 1 + pick(r, 3) : chance(r, 85) ? 1 + pick(r, 3) : 2;
    if (chance(r, 4) && i < k->nfuncs - 1)
        f->rank = 0;
    if (chance(r, 60))
        f->rank = 2;
    f->small = i < k->nfuncs - 1 && chance(r, 15);
    if (f->small) {
        f->t = types[pick(r, 2)];
        f->pure = clamped(&g, f->t, 2);
        return;
    }
    if (f->rank >= 1 && chance(r, 35))
        f->pure = stencil(&g, f->t);
    else
        f->pure = value(&g, f->t, 2 + pick(r, 2));
    if (chance(r, 30))
        f->nupdates = 1 + pick(r, 2);
    for (int u = 0; u < f->nupdates; u++)
        add_update(&g, u);
}

void fz_generate(fz_case *k, arena *a, uint64_t seed, uint64_t number)
{
    memset(k, 0, sizeof *k);
    k->a = a;
    rng *r = &k->r;
    k->r.state = seed;
    k->r.state = rng_next(r) ^ number * 0xd1342543de82ef95u;
    k->r.state = rng_next(r); /* streams of neighbours have nothing in common */
    k->ninputs = 1 + pick(r, 2);
    for (int i = 0; i < k->ninputs; i++) {
        k->input[i].t = types[pick(r, NTYPES)];
        k->input[i].rank = 1 + pick(r, 3);
        k->input[i].edge = chance(r, 30);
        k->input[i].edge_kind = pick(r, 3);
    }
    k->has_param = chance(r, 30);
    k->param = pick(r, 20) - 5;
    k->nfuncs = 1 + pick(r, MAX_FUNCS - 1);
    for (int i = 0; i < k->nfuncs; i++)
        make_func(k, i);
    for (int d = 0; d < 3; d++) {
        k->min[d] = chance(r, 70) ? 0 : pick(r, 9) - 4;
        k->extent[d] = d == 0 ? 1 + pick(r, 40) : d == 1 ? 1 + pick(r, 17) : 1 + pick(r, 4);
        if (chance(r, 2))
            k->extent[d] = 0;
    }
    k->padding = chance(r, 30) ? 1 + pick(r, 9) : 0;
    k->data_seed = rng_next(r);
    fz_plan(k);
}
