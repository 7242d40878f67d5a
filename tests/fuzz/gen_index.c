/* tests/fuzz/gen_index.c: coordinates: sums, products and quotients of variables, or data clamped to a few
 * values; and the accesses that have them.
 *
 *     f2(2*x - 1, y/3)     in0(r1a.x, clamp(i32(f0(x)), 0, 9))
 */
#include "gen.h"

#include <string.h>

/* ---- variables ------------------------------------------------------------------------------------- */

/* Does the left side of the update have Var d, in its own place? */
static bool may_use(const gen *g, int d)
{
    if (g->update < 0)
        return true;
    const fx *l = g->k->func[g->func].update[g->update].lhs[d];
    return l && l->kind == FX_VAR && l->i == d;
}

static fx *some_rvar(gen *g)
{
    fx *e = gen_node(g, FX_RVAR, T_I32, 0);
    e->i = pick(g->r, g->nr);
    return e;
}

/* The variable that stands for dimension d where g is; RVars join in updates. */
fx *gen_variable(gen *g, int d)
{
    int npure = g->k->func[g->func].rank;
    if (g->nred && chance(g->r, 50)) {
        fx *e = gen_node(g, FX_RED, T_I32, 0);
        e->i = pick(g->r, g->nred);
        return e;
    }
    if (!npure && !g->nr)
        return gen_literal(g, T_I32, pick(g->r, 8));
    if (g->nr && (!npure || chance(g->r, 50)))
        return some_rvar(g);
    int which = d < npure ? d : pick(g->r, npure);
    if (may_use(g, which))
        return gen_pure_var(g, which);
    return g->nr ? some_rvar(g) : gen_literal(g, T_I32, pick(g->r, 8));
}

fx *gen_offset(gen *g, fx *e, int c)
{
    if (!c)
        return e;
    return gen_op2(g, FX_INFIX, T_I32, c < 0 ? "-" : "+", e, gen_literal(g, T_I32, c < 0 ? -c : c));
}

/* ---- forms ----------------------------------------------------------------------------------------- */

static int some_small(gen *g)
{
    for (int i = 0; i < g->func; i++)
        if (g->k->func[i].small && chance(g->r, 70))
            return i;
    return -1;
}

fx *gen_data_index(gen *g, int limit)
{
    int s = some_small(g);
    if (s >= 0)
        return gen_cast(g, T_I32, gen_call(g, s, 0));
    fx *e = gen_cast(g, T_I32, gen_value(g, gen_types[pick(g->r, 4)], 1));
    return gen_op3(g, T_I32, "clamp", e, gen_literal(g, T_I32, 0), gen_literal(g, T_I32, limit));
}

/* Rows of this table get, as their depth, the depth and the dimension whose coordinate is wanted. */
enum { DIM_BITS = 4 };
static int dim_of(int depth) { return depth & ((1 << DIM_BITS) - 1); }
static int depth_of(int depth) { return depth >> DIM_BITS; }

static fx *plain(gen *g, const gen_row *row, cb_type t, int at)
{
    (void)row;
    (void)t;
    return gen_variable(g, dim_of(at));
}

static fx *neighbour(gen *g, const gen_row *row, cb_type t, int at)
{
    (void)row;
    (void)t;
    fx *v = gen_variable(g, dim_of(at));
    return gen_offset(g, v, pick(g->r, 7) - 3);
}

static fx *downsample(gen *g, const gen_row *row, cb_type t, int at)
{
    (void)row;
    fx *by = gen_literal(g, T_I32, chance(g->r, 80) ? 2 : 3);
    fx *v = gen_op2(g, FX_INFIX, t, "*", gen_variable(g, dim_of(at)), by);
    return gen_offset(g, v, pick(g->r, 3) - 1);
}

static fx *upsample(gen *g, const gen_row *row, cb_type t, int at)
{
    fx *v = neighbour(g, row, t, at);
    v = gen_op2(g, FX_INFIX, t, "/", v, gen_literal(g, T_I32, 2 + pick(g->r, 2)));
    return gen_offset(g, v, chance(g->r, 80) ? 0 : pick(g->r, 3) - 1);
}

static fx *periodic(gen *g, const gen_row *row, cb_type t, int at)
{
    fx *v = neighbour(g, row, t, at);
    return gen_op2(g, FX_INFIX, t, "%", v, gen_literal(g, T_I32, 2 + pick(g->r, 6)));
}

static fx *mirrored(gen *g, const gen_row *row, cb_type t, int at)
{
    (void)row;
    fx *from = gen_literal(g, T_I32, pick(g->r, 9));
    return gen_op2(g, FX_INFIX, t, "-", from, gen_variable(g, dim_of(at)));
}

static fx *cut_off(gen *g, const gen_row *row, cb_type t, int at)
{
    (void)row;
    fx *v = gen_variable(g, dim_of(at));
    return gen_op2(g, FX_WORD, t, "min", v, gen_literal(g, T_I32, pick(g->r, 20)));
}

static fx *from_data(gen *g, const gen_row *row, cb_type t, int at)
{
    (void)row;
    (void)t;
    return depth_of(at) > 0 ? gen_data_index(g, 3 + pick(g->r, 9)) : gen_variable(g, dim_of(at));
}

/* Another dimension's variable joins in: skewed and transposed regions. */
static fx *skewed(gen *g, const gen_row *row, cb_type t, int at)
{
    (void)row;
    fx *a = gen_variable(g, dim_of(at)), *b = gen_variable(g, dim_of(at) + 1);
    return gen_op2(g, FX_INFIX, t, chance(g->r, 70) ? "+" : "-", a, b);
}

static fx *fixed(gen *g, const gen_row *row, cb_type t, int at)
{
    (void)row;
    (void)at;
    return gen_literal(g, t, pick(g->r, 6));
}

static const gen_row coordinates[] = {
    {"variable as is",  44, ANY, plain},      {"constant offset", 33, ANY, neighbour}, {"downsampled index", 5, ANY, downsample},
    {"upsampled index",  6, ANY, upsample},   {"periodic index",   2, ANY, periodic},  {"mirrored index", 2, ANY, mirrored},
    {"cut-off index",    2, ANY, cut_off},    {"data as index",    4, ANY, from_data}, {"skewed index", 1, ANY, skewed},
    {"fixed index",      2, ANY, fixed},
};

fx *gen_coordinate(gen *g, int d, int depth)
{
    if (depth > 0 && some_small(g) >= 0 && chance(g->r, 10))
        return gen_data_index(g, 9);
    return GEN_ONE_OF(g, coordinates, T_I32, (depth > 0 ? depth : 0) << DIM_BITS | d);
}

void gen_index_forms(void (*fn)(void *env, const char *name), void *env)
{
    for (size_t i = 0; i < COUNT_OF(coordinates); i++)
        fn(env, coordinates[i].name);
}

/* ---- accesses -------------------------------------------------------------------------------------- */

fx *gen_call(gen *g, int callee, int depth)
{
    const fz_func *f = &g->k->func[callee];
    bool second = f->nvalues > 1 && chance(g->r, 50);
    fx *e = gen_node(g, second ? FX_SECOND : FX_CALL, second ? f->t2 : f->t, f->rank);
    e->i = callee;
    for (int d = 0; d < f->rank; d++)
        e->kid[d] = gen_coordinate(g, d, depth);
    return e;
}

fx *gen_input_read(gen *g, int depth)
{
    int i = pick(g->r, g->k->ninputs);
    fx *e = gen_node(g, FX_INPUT, g->k->input[i].t, g->k->input[i].rank);
    e->i = i;
    for (int d = 0; d < e->nkids; d++)
        e->kid[d] = gen_coordinate(g, d, depth);
    return e;
}

/* A read of itself: pure variables stand in their own places. */
fx *gen_self_read(gen *g)
{
    const fz_func *f = &g->k->func[g->func];
    const fz_update *u = &f->update[g->update];
    bool second = f->nvalues > 1 && chance(g->r, 50);
    fx *e = gen_node(g, second ? FX_SECOND : FX_CALL, second ? f->t2 : f->t, f->rank);
    e->i = g->func;
    for (int d = 0; d < f->rank; d++) {
        bool pure = u->lhs[d]->kind == FX_VAR;
        e->kid[d] = pure || chance(g->r, 60) || !g->nr ? u->lhs[d] : gen_coordinate(g, d, 0);
        if (!pure && gen_has(e->kid[d], FX_VAR))
            e->kid[d] = gen_literal(g, T_I32, pick(g->r, 5));
    }
    return e;
}
