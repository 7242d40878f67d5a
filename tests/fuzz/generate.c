/* tests/fuzz/generate.c: random programs that mean something.
 *
 * Integers use every operation of the language. Floats stay on small dyadic fractions unless a
 * function that rounds is applied, and only exact floats are compared or converted to integers: then
 * a mismatch of integers is a fault, whatever order the compiled code adds floats in. Expressions come from
 * the tables in gen_value.c and gen_index.c; here are the shapes of Funcs, updates and cases.
 *
 * Random numbers are drawn in an order that the text of a function fixes: never two in one list of arguments.
 */
#include "gen.h"

#include <carbide.h>

#include <string.h>

/* ---- nodes ---------------------------------------------------------------------------------------- */

fx *gen_node(gen *g, fx_kind kind, cb_type t, int nkids)
{
    fx *e = NEW(g->k->a, fx);
    e->kind = kind;
    e->t = t;
    e->nkids = nkids;
    return e;
}

fx *gen_literal(gen *g, cb_type t, double v)
{
    fx *e = gen_node(g, FX_LIT, t, 0);
    e->lit = v;
    return e;
}

fx *gen_small_literal(gen *g, cb_type t)
{
    if (type_is_float(t))
        return gen_literal(g, t, (pick(g->r, 33) - 16) / 4.0);
    int lo = type_is_uint(t) ? 0 : -9;
    return gen_literal(g, t, lo + pick(g->r, 10 - lo));
}

fx *gen_op1(gen *g, fx_kind kind, cb_type t, const char *op, fx *a)
{
    fx *e = gen_node(g, kind, t, 1);
    e->op = op;
    e->kid[0] = a;
    return e;
}

fx *gen_op2(gen *g, fx_kind kind, cb_type t, const char *op, fx *a, fx *b)
{
    fx *e = gen_node(g, kind, t, 2);
    e->op = op;
    e->kid[0] = a;
    e->kid[1] = b;
    return e;
}

fx *gen_op3(gen *g, cb_type t, const char *word, fx *a, fx *b, fx *c)
{
    fx *e = gen_node(g, FX_WORD, t, 3);
    e->op = word;
    e->kid[0] = a;
    e->kid[1] = b;
    e->kid[2] = c;
    return e;
}

fx *gen_cast(gen *g, cb_type t, fx *a) { return type_eq(a->t, t) ? a : gen_op1(g, FX_CAST, t, NULL, a); }

fx *gen_pure_var(gen *g, int d)
{
    fx *e = gen_node(g, FX_VAR, T_I32, 0);
    e->i = d;
    return e;
}

bool gen_has(const fx *e, fx_kind kind)
{
    if (e->kind == kind)
        return true;
    for (int i = 0; i < e->nkids; i++)
        if (gen_has(e->kid[i], kind))
            return true;
    return false;
}

/* ---- tables ----------------------------------------------------------------------------------------- */

static bool suits(gen_when when, cb_type t)
{
    switch (when) {
    case ANY: return true;
    case IS_INTEGER: return type_is_integer(t);
    case IS_SIGNED: return type_is_int(t);
    case IS_UNSIGNED: return type_is_uint(t) && !type_is_bool(t);
    case IS_NARROW: return type_is_integer(t) && !type_no_overflow(t);
    case IS_FLOAT: return type_is_float(t);
    }
    return false;
}

const gen_row *gen_choose(gen *g, const gen_row *rows, size_t n, cb_type t)
{
    int total = 0;
    for (size_t i = 0; i < n; i++)
        total += suits(rows[i].when, t) ? rows[i].weight : 0;
    int k = pick(g->r, total);
    const gen_row *row = rows;
    for (; !suits(row->when, t) || k >= row->weight; row++)
        k -= suits(row->when, t) ? row->weight : 0;
    if (strchr(row->name, ' '))
        fz_mark(g->k, row->name);
    return row;
}

fx *gen_make(gen *g, const gen_row *rows, size_t n, cb_type t, int depth)
{
    const gen_row *row = gen_choose(g, rows, n, t);
    return row->make(g, row, t, depth);
}

void fz_mark(fz_case *k, const char *form)
{
    for (int i = 0; i < k->nmarks; i++)
        if (!strcmp(k->mark[i], form))
            return;
    if (k->nmarks < MAX_MARKS)
        k->mark[k->nmarks++] = form;
}

/* ---- shapes of pure definitions ------------------------------------------------------------------------ */

static fx *any_value(gen *g, const gen_row *row, cb_type t, int depth)
{
    (void)row;
    return gen_value(g, t, depth);
}

/* A stencil: the same Func or input at neighbouring places. */
static fx *stencil(gen *g, const gen_row *row, cb_type t, int depth)
{
    (void)row;
    int taps = 2 + pick(g->r, 3), d = pick(g->r, 2);
    bool of_func = g->func > 0 && chance(g->r, 75);
    int which = of_func ? g->func - 1 : pick(g->r, g->k->ninputs);
    cb_type ct = of_func ? g->k->func[which].t : g->k->input[which].t;
    int rank = of_func ? g->k->func[which].rank : g->k->input[which].rank;
    if (!g->k->func[g->func].rank || (type_is_float(ct) && !type_is_float(t)))
        return gen_value(g, t, depth);
    fx *sum = NULL;
    for (int i = 0; i < taps; i++) {
        fx *e = gen_node(g, of_func ? FX_CALL : FX_INPUT, ct, rank);
        e->i = which;
        for (int j = 0; j < rank; j++) {
            fx *v = j < g->k->func[g->func].rank ? gen_pure_var(g, j) : gen_literal(g, T_I32, 1);
            e->kid[j] = j == d && v->kind == FX_VAR ? gen_offset(g, v, i - taps / 2) : v;
        }
        e = gen_cast(g, t, e);
        sum = sum ? gen_op2(g, FX_INFIX, t, "+", sum, e) : e;
    }
    return sum;
}

static const gen_row shapes[] = {
    {"any value", 65, ANY, any_value},
    {"one stencil", 35, ANY, stencil},
};

/* ---- updates -------------------------------------------------------------------------------------------- */

/* Coordinates of the left side: its own variable, or something over the domain and data. */
static void left_side(gen *g, fz_update *up)
{
    const fz_func *f = &g->k->func[g->func];
    for (int d = 0; d < f->rank; d++) /* pure first: what follows may use them */
        up->lhs[d] = gen_pure_var(g, d);
    for (int d = 0; d < f->rank; d++) {
        if (chance(g->r, 55))
            continue;
        fx *c = chance(g->r, 30) ? gen_data_index(g, 2 + pick(g->r, 9)) : gen_coordinate(g, d, 0);
        up->lhs[d] = gen_has(c, FX_VAR) ? gen_pure_var(g, d) : c;
    }
    for (int d = 0; d < f->rank; d++) /* a pure variable that lost its own place may not be used */
        if (up->lhs[d]->kind != FX_VAR && gen_has(up->lhs[d], FX_VAR))
            up->lhs[d] = gen_literal(g, T_I32, pick(g->r, 5));
}

/* One of the coordinates that are no variable of their own becomes several; how many, 0: there is none. */
static int several_places(gen *g, fz_update *up)
{
    const fz_func *f = &g->k->func[g->func];
    int n = 2 + pick(g->r, 2);
    for (int tries = 0; tries < 3 && f->rank; tries++) {
        int d = pick(g->r, f->rank);
        if (up->lhs[d]->kind == FX_VAR)
            continue;
        fx *e = gen_node(g, FX_WORD, T_I32, n);
        e->op = "scatter";
        for (int i = 0; i < n; i++) {
            e->kid[i] = i ? gen_coordinate(g, d, 0) : up->lhs[d];
            if (gen_has(e->kid[i], FX_VAR))
                e->kid[i] = gen_literal(g, T_I32, pick(g->r, 5));
        }
        up->lhs[d] = e;
        fz_mark(g->k, "several places");
        return n;
    }
    return 0;
}

/* A value for each place, or one for all. */
static fx *value_at_places(gen *g, const fz_update *up, cb_type t, int depth, int places)
{
    if (!places || chance(g->r, 25))
        return gen_value(g, t, depth);
    fx *e = gen_node(g, FX_WORD, t, places);
    e->op = "gather";
    for (int i = 0; i < places; i++)
        e->kid[i] = gen_value(g, t, depth - 1);
    if (up->assign[0] == '=' && chance(g->r, 15))
        e->kid[pick(g->r, places)] = gen_node(g, FX_UNDEF, t, 0);
    return e;
}

static bool over_domain(const fz_update *up, int rank)
{
    bool found = (up->value && gen_has(up->value, FX_RVAR)) || (up->value2 && gen_has(up->value2, FX_RVAR));
    for (int d = 0; d < rank; d++)
        found |= gen_has(up->lhs[d], FX_RVAR);
    return found;
}

/* What the update stores: values of the Func's types, or one of them alone. */
static void any_update(gen *g, fz_update *up)
{
    const fz_func *f = &g->k->func[g->func];
    left_side(g, up);
    int places = chance(g->r, 25) ? several_places(g, up) : 0;
    up->assign = chance(g->r, 45) ? "+=" : "=";
    if (f->nvalues > 1 && chance(g->r, 40)) {
        up->pick = 1 + pick(g->r, 2);
        fz_mark(g->k, "one value of two");
    }
    g->self = up->assign[0] == '=';
    int depth = g->self ? 2 : 1;
    if (up->pick != 2)
        up->value = value_at_places(g, up, f->t, depth, places);
    if (up->pick == 2 || (f->nvalues > 1 && !up->pick))
        up->value2 = value_at_places(g, up, f->t2, depth, places);
    g->self = false;
}

/* A part of a value that undef has no part in. */
static fx **stored(fx **value)
{
    if (!gen_has(*value, FX_UNDEF))
        return value;
    fx *e = *value; /* gather(undef(u8), 4): what value_at_places() makes */
    int i = 0;
    while (i + 1 < e->nkids && e->kid[i]->kind == FX_UNDEF)
        i++;
    return &e->kid[i];
}

static void add_update(gen *g, int u)
{
    fz_func *f = &g->k->func[g->func];
    fz_update *up = &f->update[u];
    g->update = u;
    g->self = false;
    up->nr = chance(g->r, 5) ? 3 : pick(g->r, 3);
    if (!f->rank && !up->nr)
        up->nr = 1;
    g->nr = up->nr;
    for (int d = 0; d < up->nr; d++) {
        up->rmin[d] = pick(g->r, 5) - 2;
        up->rextent[d] = pick(g->r, 20) == 0 ? 0 : 1 + pick(g->r, d < 2 ? 7 : 3);
    }
    if (!gen_scan(g, up) && !gen_reduction(g, up))
        any_update(g, up);
    if (up->nr && !over_domain(up, f->rank)) { /* a domain that is not used is none */
        fx **v = stored(up->value ? &up->value : &up->value2);
        *v = gen_op2(g, FX_INFIX, (*v)->t, "-", *v, gen_cast(g, (*v)->t, gen_node(g, FX_RVAR, T_I32, 0)));
    }
    g->plain = true;
    if (up->nr && chance(g->r, 30))
        up->where = gen_condition(g, 1);
    g->plain = false;
    gen_update_forms(g, up);
}

/* ---- Funcs ------------------------------------------------------------------------------------------------- */

static int some_rank(rng *r, bool output)
{
    if (!output && chance(r, 4))
        return 0;
    if (chance(r, 3))
        return 4 + pick(r, MAX_RANK - 3);
    return chance(r, 60) ? 2 : 1 + pick(r, 3);
}

/* A merge after rfactor() runs over the whole of a Func for every element of the domain: it is to end in seconds. */
static bool suits_crowd(const fz_case *k, int rank)
{
    int64_t elements = 1;
    for (int d = 0; d < rank; d++)
        elements *= k->extent[d];
    return elements > 0 && elements <= 4096;
}

static void make_func(fz_case *k, int i)
{
    rng *r = &k->r;
    fz_func *f = &k->func[i];
    gen g = {.k = k, .r = r, .func = i, .update = -1};
    bool output = i == k->nfuncs - 1;
    if (chance(r, 5) && gen_extern(&g))
        return;
    f->t = f->t2 = gen_type(r);
    f->nvalues = 1;
    f->rank = some_rank(r, output);
    bool crowd = output && chance(r, 4) && suits_crowd(k, f->rank);
    if (crowd)
        f->t = gen_types[pick(r, 4)];
    f->small = !output && chance(r, 15);
    if (f->small) {
        f->t = gen_types[pick(r, 2)];
        f->pure = gen_clamped(&g, f->t, 2);
        return;
    }
    if (i > 0 && k->func[i - 1].nupdates && f->rank && chance(r, 50)) /* windows slide over what updates wrote */
        f->pure = stencil(&g, &shapes[1], f->t, 2);
    else
        f->pure = GEN_ONE_OF(&g, shapes, f->t, 2 + pick(r, 2));
    gen_func_forms(&g, output);
    if (crowd) {
        f->nvalues = 2;
        f->t2 = gen_types[pick(r, 4)];
        f->pure2 = gen_value(&g, f->t2, 1);
    }
    if (chance(r, 30))
        f->nupdates = 1 + pick(r, chance(r, 20) ? MAX_UPDATES : 2);
    int first = gen_undef_first(&g, output);
    if (f->nupdates < first)
        f->nupdates = first;
    for (int u = first; u < f->nupdates; u++)
        add_update(&g, u);
    if (crowd && f->nupdates < MAX_UPDATES) {
        g.update = f->nupdates++;
        gen_crowd(&g, &f->update[g.update]);
    }
}

/* ---- cases --------------------------------------------------------------------------------------------------- */

static void make_region(fz_case *k)
{
    static const int largest[MAX_RANK] = {40, 17, 4, 3, 2, 2};
    rng *r = &k->r;
    for (int d = 0; d < MAX_RANK; d++) {
        k->min[d] = chance(r, 70) ? 0 : pick(r, 9) - 4;
        k->extent[d] = 1 + pick(r, largest[d]);
        if (chance(r, 2))
            k->extent[d] = 0;
    }
    k->padding = chance(r, 30) ? 1 + pick(r, 9) : 0;
}

static void plan(fz_case *k)
{
    cb_context *c = fz_context();
    pipeline *p = c ? fz_build(c, k) : NULL;
    propose_options o = {k->min, k->extent};
    proposal q;
    if (p && propose(&q, p, &k->r, &o))
        k->plan = proposal_copy(k->a, &q);
    cb_context_free(c);
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
        k->input[i].t = gen_type(r);
        k->input[i].rank = chance(r, 3) ? 4 : 1 + pick(r, 3);
        k->input[i].edge = chance(r, 30);
        k->input[i].edge_kind = pick(r, EDGES);
    }
    k->has_param = chance(r, 30);
    k->param = pick(r, 20) - 5;
    k->nfuncs = 1 + pick(r, chance(r, 8) ? MAX_FUNCS : 6);
    make_region(k);
    for (int i = 0; i < k->nfuncs; i++)
        make_func(k, i);
    k->data_seed = rng_next(r);
    gen_sayings(k);
    plan(k);
}

void fz_each_form(void (*fn)(void *env, const char *name), void *env)
{
    gen_value_forms(fn, env);
    gen_stage_forms(fn, env);
    gen_index_forms(fn, env);
    gen_sayings_forms(fn, env);
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        fn(env, shapes[i].name);
}
