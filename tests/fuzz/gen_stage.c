/* tests/fuzz/gen_stage.c: what makes stages of its own or concerns a definition as a whole: reductions as values,
 * random numbers, several values, undef, scans, bounds and conditions that read data, several outputs.
 *
 *     f2(x, y) = (argmin(d2_0_0, in0(x + d2_0_0.x, y)) as s2_0_0[0], random_uint())
 *
 * Places of extremes are those of integers, which are exact.
 */
#include "gen.h"

#include <string.h>

/* ---- values ------------------------------------------------------------------------------------------ */

fx *gen_reduced(gen *g, const gen_row *row, cb_type t, int depth)
{
    if (g->plain || g->nred)
        return gen_value(g, t, 0);
    bool place = !strncmp(row->name, "arg", 3), self = g->self;
    int nd = 1 + pick(g->r, 2);
    cb_type of = place ? gen_types[pick(g->r, GEN_INTS)] : t;
    int value = place ? 1 + pick(g->r, nd + 1) : 0; /* which of its values, from 1 */
    fx *e = gen_node(g, FX_REDUCE, place && value <= nd ? T_I32 : of, 1 + 2 * nd);
    e->op = row->name;
    e->i = (chance(g->r, 70) ? FZ_NAMED : 0) | value << FZ_PICK_SHIFT;
    for (int d = 0; d < nd; d++) {
        e->kid[1 + 2 * d] = gen_literal(g, T_I32, pick(g->r, 5) - 2);
        e->kid[2 + 2 * d] = gen_literal(g, T_I32, chance(g->r, 4) ? 0 : 1 + pick(g->r, nd == 1 ? 6 : 3));
    }
    g->nred = nd;
    g->self = false; /* a stage that reads the Func would end its definitions */
    e->kid[0] = gen_value(g, of, depth - 1);
    g->nred = 0;
    g->self = self;
    return gen_cast(g, t, e);
}

fx *gen_random(gen *g, const gen_row *row, cb_type t, int depth)
{
    (void)depth;
    bool real = type_is_float(t), seeded = chance(g->r, 30);
    cb_type of = real ? T_F32 : !strcmp(row->name, "random_int") ? T_I32 : T_U32;
    fx *e = gen_node(g, FX_WORD, of, seeded);
    e->op = row->name;
    if (seeded)
        e->kid[0] = gen_literal(g, T_I32, pick(g->r, 1000));
    return gen_cast(g, t, e);
}

/* print(e), require(v != c, e): the requirement holds nearly everywhere. */
fx *gen_effect(gen *g, const gen_row *row, cb_type t, int depth)
{
    cb_type of = gen_types[2 + pick(g->r, 2)];
    fx *e = gen_value(g, t, depth - 1);
    if (g->plain)
        return e;
    if (!strcmp(row->name, "print"))
        return gen_op1(g, FX_WORD, t, row->name, e);
    fx *v = gen_value(g, of, depth - 1);
    v = gen_op2(g, FX_INFIX, T_BOOL, "!=", v, gen_literal(g, of, 1000 + pick(g->r, 20000)));
    return gen_op2(g, FX_WORD, t, row->name, v, e);
}

/* ---- updates ----------------------------------------------------------------------------------------- */

/* f(r, y) = f(r - 1, y) op e, forwards or backwards; false: not this time. */
bool gen_scan(gen *g, fz_update *up)
{
    static const char *const joins[] = {"min", "max", "+", "^"};
    const fz_func *f = &g->k->func[g->func];
    if (!f->rank || !chance(g->r, 12))
        return false;
    int d = pick(g->r, f->rank), back = chance(g->r, 40);
    up->nr = g->nr = 1;
    if (!up->rextent[0])
        up->rextent[0] = 4;
    for (int i = 0; i < f->rank; i++)
        up->lhs[i] = gen_pure_var(g, i);
    fx *r = gen_node(g, FX_RVAR, T_I32, 0);
    up->lhs[d] = back ? gen_op2(g, FX_INFIX, T_I32, "-", gen_literal(g, T_I32, 6), r) : r;
    up->assign = "=";
    for (int v = 0; v < f->nvalues; v++) {
        cb_type t = v ? f->t2 : f->t;
        fx *before = gen_node(g, v ? FX_SECOND : FX_CALL, t, f->rank);
        before->i = g->func;
        for (int i = 0; i < f->rank; i++)
            before->kid[i] = up->lhs[i];
        before->kid[d] = gen_offset(g, up->lhs[d], back ? 1 : -1);
        int kinds = type_is_float(t) || type_no_overflow(t) ? 2 : 4, k = pick(g->r, kinds);
        fx *e = gen_value(g, t, 1);
        e = gen_op2(g, k < 2 ? FX_WORD : FX_INFIX, t, joins[k], before, e);
        if (v)
            up->value2 = e;
        else
            up->value = e;
    }
    fz_mark(g->k, "scan over itself");
    return true;
}

static fx *reduced_further(gen *g, const fz_update *up, int value, bool narrow)
{
    static const char *const joins[] = {"min", "max", "&", "|", "^", "*"};
    const fz_func *f = &g->k->func[g->func];
    cb_type t = value ? f->t2 : f->t;
    fx *self = gen_node(g, value ? FX_SECOND : FX_CALL, t, f->rank);
    self->i = g->func;
    for (int i = 0; i < f->rank; i++)
        self->kid[i] = up->lhs[i];
    if (narrow && !type_is_float(t) && t.bits >= 16)
        return gen_op2(g, FX_INFIX, t, "+", self, gen_widened(g, t));
    fx *e = gen_value(g, t, 1);
    fx *r = gen_node(g, FX_RVAR, T_I32, 0);
    e = gen_op2(g, FX_INFIX, t, "-", e, gen_cast(g, t, r));
    int k = pick(g->r, type_is_float(t) ? 2 : type_no_overflow(t) ? 5 : 6);
    return gen_op2(g, k < 2 ? FX_WORD : FX_INFIX, t, joins[k], self, e);
}

/* f(x, y) = f(x, y) op e(r), an associative operation: it may be taken apart. False: not this time. */
bool gen_reduction(gen *g, fz_update *up)
{
    const fz_func *f = &g->k->func[g->func];
    if (!chance(g->r, 20))
        return false;
    up->nr = g->nr = 1 + pick(g->r, 2);
    for (int d = 0; d < up->nr; d++)
        up->rextent[d] = chance(g->r, 80) ? 4 + 2 * pick(g->r, 3) : 1 + pick(g->r, 8);
    bool narrow = f->t.bits >= 16 && !type_is_float(f->t) && f->nvalues == 1 && chance(g->r, 60);
    if (narrow) { /* as many lanes as fill a register */
        up->nr = g->nr = 1;
        up->rextent[0] = chance(g->r, 50) ? 16 : 32;
        fz_mark(g->k, "sum of narrow numbers");
    }
    for (int i = 0; i < f->rank; i++)
        up->lhs[i] = gen_pure_var(g, i);
    up->assign = "=";
    up->value = reduced_further(g, up, 0, narrow);
    if (f->nvalues > 1)
        up->value2 = reduced_further(g, up, 1, false);
    fz_mark(g->k, "associative reduction");
    return true;
}

/* out(5, 2) += (e(r), h(r)) over a domain so large that threads meet. */
void gen_crowd(gen *g, fz_update *up)
{
    fz_func *f = &g->k->func[g->func];
    for (int d = 0; d < f->rank; d++)
        up->lhs[d] = gen_literal(g, T_I32, g->k->min[d] + pick(g->r, g->k->extent[d]));
    up->nr = g->nr = 2;
    for (int d = 0; d < 2; d++)
        up->rextent[d] = 150 + pick(g->r, 60);
    up->assign = "+=";
    for (int v = 0; v < 2; v++) {
        cb_type t = v ? f->t2 : f->t;
        fx *a = gen_node(g, FX_RVAR, T_I32, 0), *b = gen_node(g, FX_RVAR, T_I32, 0);
        b->i = 1;
        fx *e = gen_op2(g, FX_INFIX, T_I32, v ? "^" : "+", a, b);
        *(v ? &up->value2 : &up->value) = gen_cast(g, t, e);
    }
    fz_mark(g->k, "crowded element");
}

/* e, or a choice of it and nothing. */
static fx *sometimes(gen *g, fx *e)
{
    fx *c = gen_condition(g, 1), *none = gen_node(g, FX_UNDEF, e->t, 0);
    return chance(g->r, 50) ? gen_op3(g, e->t, "select", c, e, none) : gen_op3(g, e->t, "select", c, none, e);
}

/* An extent: data at some fixed place. */
static fx *extent_from_data(gen *g)
{
    bool of_func = g->func > 0 && chance(g->r, 60);
    int which = of_func ? pick(g->r, g->func) : pick(g->r, g->k->ninputs);
    cb_type t = of_func ? g->k->func[which].t : g->k->input[which].t;
    fx *e = gen_node(g, of_func ? FX_CALL : FX_INPUT, t, of_func ? g->k->func[which].rank : g->k->input[which].rank);
    e->i = which;
    if (type_is_float(t)) /* not exact in general */
        return NULL;
    for (int d = 0; d < e->nkids; d++)
        e->kid[d] = gen_literal(g, T_I32, pick(g->r, 4));
    return gen_op3(g, T_I32, "clamp", gen_cast(g, T_I32, e), gen_literal(g, T_I32, 0), gen_literal(g, T_I32, 1 + pick(g->r, 6)));
}

/* A condition on the variables of the domain alone, which bounds the loops over them: r.x + c <= r.y*k. */
static fx *triangle(gen *g, const fz_update *up)
{
    static const char *const signs[] = {"<", "<=", ">", ">="};
    fx *a = gen_node(g, FX_RVAR, T_I32, 0), *b = gen_literal(g, T_I32, pick(g->r, 5) - 1);
    a->i = pick(g->r, up->nr);
    if (chance(g->r, 60)) a = gen_op2(g, FX_INFIX, T_I32, "+", a, gen_literal(g, T_I32, pick(g->r, 4)));
    if (up->nr > 1 && chance(g->r, 75)) {
        b = gen_node(g, FX_RVAR, T_I32, 0);
        b->i = pick(g->r, up->nr);
        if (chance(g->r, 30)) b = gen_op2(g, FX_INFIX, T_I32, "*", b, gen_literal(g, T_I32, 2));
    }
    return gen_op2(g, FX_INFIX, T_BOOL, signs[pick(g->r, 4)], a, b);
}

void gen_update_forms(gen *g, fz_update *up)
{
    g->plain = true;
    if (up->assign[0] == '=' && chance(g->r, 15)) {
        fz_mark(g->k, "undef in update");
        if (up->value && chance(g->r, 70))
            up->value = sometimes(g, up->value);
        else if (up->value2)
            up->value2 = sometimes(g, up->value2);
    }
    if (up->nr && chance(g->r, 15)) {
        up->extent0 = extent_from_data(g);
        if (up->extent0)
            fz_mark(g->k, "bounds from data");
    }
    if (up->where && chance(g->r, 30)) {
        up->where2 = gen_condition(g, 0);
        fz_mark(g->k, "second where");
    }
    if (up->nr && !up->where2 && chance(g->r, 12)) {
        *(up->where ? &up->where2 : &up->where) = triangle(g, up);
        fz_mark(g->k, "triangle");
    }
    g->plain = false;
}

/* ---- Funcs ------------------------------------------------------------------------------------------- */

void gen_func_forms(gen *g, bool output)
{
    fz_func *f = &g->k->func[g->func];
    if (chance(g->r, 15)) {
        f->nvalues = 2;
        f->t2 = gen_type(g->r);
        f->pure2 = gen_value(g, f->t2, 2);
        fz_mark(g->k, output ? "two values, output" : "two values");
    }
    if (!output && chance(g->r, 6) && f->rank) {
        f->output = true;
        fz_mark(g->k, "several outputs");
    }
    if (output && chance(g->r, 15)) {
        g->plain = true;
        fz_mark(g->k, "output in place");
        f->pure = chance(g->r, 40) ? gen_node(g, FX_UNDEF, f->t, 0) : sometimes(g, f->pure);
        g->plain = false;
    }
}

/* f(x, y) = undef, and everything by the first update. How many updates that makes. */
int gen_undef_first(gen *g, bool output)
{
    fz_func *f = &g->k->func[g->func];
    if (output || f->output || f->nvalues > 1 || !chance(g->r, 5))
        return 0;
    fz_mark(g->k, "undef, then defined");
    fz_update *up = &f->update[0];
    for (int d = 0; d < f->rank; d++)
        up->lhs[d] = gen_pure_var(g, d);
    up->assign = "=";
    up->value = f->pure;
    f->pure = gen_node(g, FX_UNDEF, f->t, 0);
    return 1;
}

void gen_stage_forms(void (*fn)(void *env, const char *name), void *env)
{
    static const char *const forms[] = {"one value of two", "scan over itself", "undef in update", "bounds from data",
                                        "second where", "triangle", "several places", "associative reduction", "sum of narrow numbers", "crowded element", "two values",
                                        "two values, output", "several outputs", "output in place", "undef, then defined",
                                        "C stage"};
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        fn(env, forms[i]);
}
