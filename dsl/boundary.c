/* dsl/boundary.c: edges. A boundary condition is an ordinary pure definition of a Func that the user
 * declared, so it can be scheduled like any other:
 *
 *     repeat_edge(c, in)             c(x, y) = in(clamp(x, lo, hi), clamp(y, ...))
 *     constant_exterior(c, in, 0)    c(x, y) = select(inside, in(clamp(x, ...), ...), 0)
 *     repeat_image(c, in)            c(x, y) = in(x inside, or by whole extents away; ...)
 *     mirror(c, in)                  c(x, y) = in(x inside, or reflected at the edge; ...)
 *     mirror_interior(c, in)         the same, reflected at the middle of the last element
 *
 * The parts that hold inside are marked likely, so that loops are partitioned there.
 */
#include "front.h"

typedef enum edge_kind {
    EDGE_REPEAT,
    EDGE_IMAGE,
    EDGE_MIRROR,
    EDGE_INTERIOR,
    EDGE_CONSTANT
} edge_kind;

static const char *const words[] = {"repeat_edge", "repeat_image", "mirror", "mirror_interior",
                                    "constant_exterior"};

typedef struct edging {
    edge_kind kind;
    cb_func_s *f, *src;
    cb_expr value;
    int n;
    const cb_expr *pairs;
    cb_site at;
    cb_stage out;
} edging;

static bool refuse(edging *E, cb_loc loc, const char *say, const char *help)
{
    cb_context *c = E->f->ctx;
    diag *d = diag_begin(&c->diags, DIAG_BAD_BOUNDARY, loc, "%s", say);
    diag_note(&c->diags, d, E->src->loc, "'%s' is declared here", E->src->name);
    diag_help(&c->diags, d, "%s", help);
    diag_end(&c->diags, d);
    E->f->poisoned = true;
    return false;
}

static bool possible(edging *E, cb_loc loc)
{
    cb_context *c = E->f->ctx;
    if (E->src->ctx != c) {
        diag *d = diag_begin(&c->diags, DIAG_CONTEXT_MIX, loc, "'%s' belongs to another context",
                             E->src->name);
        diag_help(&c->diags, d, "build a pipeline in one context");
        diag_end(&c->diags, d);
        return false;
    }
    if (E->f->poisoned || E->src->poisoned)
        return false;
    if (E->f->defs.n)
        return refuse(
            E, loc, arena_printf(c->a, "'%s' has a definition already", E->f->name),
            arena_printf(c->a,
                         "declare a Func for the continued image: Funcs(edge); %s(edge, in%s);",
                         words[E->kind], E->kind == EDGE_CONSTANT ? ", 0" : ""));
    if (!E->src->is_input && !E->src->defs.n) {
        diag *d = diag_begin(&c->diags, DIAG_UNDEFINED_FUNC, loc,
                             "'%s' is used before it is defined", E->src->name);
        diag_help(&c->diags, d, "define it first");
        diag_end(&c->diags, d);
        return false;
    }
    if (E->n == 0 && !E->src->is_input)
        return refuse(
            E, loc,
            arena_printf(c->a, "'%s' is not an input, so it has no edges of its own", E->src->name),
            arena_printf(c->a, "give the region: %s(f, src%s, (0, w), (0, h))", words[E->kind],
                         E->kind == EDGE_CONSTANT ? ", 0" : ""));
    if (E->n < 0 || (uint32_t)E->n > E->src->rank)
        return refuse(E, loc,
                      arena_printf(c->a, "%d pairs are given, but '%s' has %u dimension%s", E->n,
                                   E->src->name, E->src->rank, E->src->rank == 1 ? "" : "s"),
                      "give one pair (min, extent) for each dimension that is continued, the "
                      "innermost first");
    return true;
}

/* First and last coordinate of dimension d; false after a diagnostic. */
static bool range(edging *E, uint32_t d, cb_loc loc, const ir **lo, const ir **hi)
{
    cb_context *c = E->f->ctx;
    expr *e[2];
    for (int i = 0; i < 2; i++) {
        e[i] = E->n == 0 ? expr_extent(c, E->src, i ? FIELD_EXTENT : FIELD_MIN, d)
                         : expr_assign(c, T_I32, expr_in(c, E->pairs[2 * d + (uint32_t)i]),
                                       "a bound of an image");
        if (expr_report(c, e[i], loc))
            return false;
    }
    *lo = e[0]->node;
    *hi = ir_addi(c, ir_add(c, e[0]->node, e[1]->node), -1);
    return true;
}

static const ir *clamped(cb_context *c, const ir *x, const ir *lo, const ir *hi)
{
    return ir_max(c, ir_min(c, x, hi), lo);
}

static const ir *inside(cb_context *c, const ir *x, const ir *lo, const ir *hi)
{
    return ir_likely(c, ir_and(c, ir_le(c, lo, x), ir_le(c, x, hi)));
}

/* x itself inside, else its place in one of the copies of the region that lie side by side. Those of
 * mirrors run forth and back in turns, and where the edge is not doubled neighbours share an element:
 * a region of one has copies of no size, x/0 = 0 and x%0 = x, and the clamp gives that element.
 * Both sides are clamped, for the bounds; that of x goes where its condition holds. Nothing is as large
 * as two extents, so that no region is too large. */
static const ir *copied(cb_context *c, edge_kind kind, const ir *x, const ir *lo, const ir *hi)
{
    const ir *last = ir_sub(c, hi, lo), *far = ir_sub(c, x, lo);
    const ir *period = kind == EDGE_INTERIOR ? last : ir_addi(c, last, 1);
    const ir *at = ir_mod(c, far, period);
    if (kind != EDGE_IMAGE) {
        const ir *turn = ir_mod(c, ir_div(c, far, period), ir_i32(c, 2));
        at = ir_select(c, ir_eq(c, turn, ir_i32(c, 0)), at, ir_sub(c, last, at));
    }
    return ir_select(c, inside(c, x, lo, hi), clamped(c, ir_likely(c, x), lo, hi),
                     clamped(c, ir_add(c, at, lo), lo, hi));
}

static const ir *continued(cb_context *c, edge_kind kind, const ir *x, const ir *lo, const ir *hi)
{
    switch (kind) {
    case EDGE_REPEAT:
    case EDGE_CONSTANT:
        return clamped(c, ir_likely(c, x), lo, hi);
    case EDGE_IMAGE:
    case EDGE_MIRROR:
    case EDGE_INTERIOR:
        break;
    }
    return copied(c, kind, x, lo, hi);
}

static void define_edge(void *env)
{
    static const char *const letters[] = {"x", "y", "z", "w"};
    edging *E = env;
    cb_func_s *f = E->f, *src = E->src;
    cb_context *c = f->ctx;
    cb_loc loc = site_loc(c, E->at);
    if (!possible(E, loc))
        return;
    expr *vars[CB_MAX_RANK];
    const ir *coords[CB_MAX_RANK], *all = NULL;
    for (uint32_t d = 0; d < src->rank; d++) {
        const char *name = src->args ? ir_sym_name(c, src->args[d])
                           : d < 4   ? letters[d]
                                     : arena_printf(c->a, "d%u", d);
        const ir *x = coords[d] = ir_var(c, ir_sym_new(c, name, SYM_VAR, T_I32, NULL)), *lo, *hi;
        vars[d] = expr_new(c, x);
        if (E->n && d >= (uint32_t)E->n)
            continue;
        if (!range(E, d, loc, &lo, &hi)) {
            f->poisoned = true;
            return;
        }
        const ir *in = inside(c, x, lo, hi);
        all = all ? ir_and(c, all, in) : in;
        coords[d] = continued(c, E->kind, x, lo, hi);
    }
    expr **values = NEW_ARRAY(c->a, expr *, src->nvalues);
    for (uint32_t k = 0; k < src->nvalues; k++) {
        values[k] = expr_new(c, ir_call(c, src->sym, k, src->types[k], coords, src->rank));
        if (E->kind != EDGE_CONSTANT || !all)
            continue;
        expr *outer = expr_assign(c, src->types[k], expr_in(c, E->value),
                                  arena_printf(c->a, "'%s'", src->name));
        values[k] =
            outer->fault ? outer : expr_new(c, ir_select(c, all, values[k]->node, outer->node));
    }
    if (func_define(f, src->rank, vars, ASSIGN_SET, src->nvalues, values, loc, NULL))
        E->out = stage_handle(f, -1);
}

static cb_stage edge(edging E)
{
    if (!E.f || !E.src)
        front_null_func(E.at, "a boundary condition");
    else
        front_try(E.f->ctx, define_edge, &E);
    return E.out;
}

static cb_stage plain(edge_kind kind, cb_func f, cb_func src, int n, const cb_expr *pairs,
                      cb_site at)
{
    return edge((edging){.kind = kind, .f = f.p, .src = src.p, .n = n, .pairs = pairs, .at = at});
}

cb_stage cb_repeat_edge(cb_func f, cb_func src, int n, const cb_expr *pairs, cb_site at)
{
    return plain(EDGE_REPEAT, f, src, n, pairs, at);
}
cb_stage cb_repeat_image(cb_func f, cb_func src, int n, const cb_expr *pairs, cb_site at)
{
    return plain(EDGE_IMAGE, f, src, n, pairs, at);
}
cb_stage cb_mirror(cb_func f, cb_func src, int n, const cb_expr *pairs, cb_site at)
{
    return plain(EDGE_MIRROR, f, src, n, pairs, at);
}
cb_stage cb_mirror_interior(cb_func f, cb_func src, int n, const cb_expr *pairs, cb_site at)
{
    return plain(EDGE_INTERIOR, f, src, n, pairs, at);
}
cb_stage cb_constant_exterior(cb_func f, cb_func src, cb_expr value, int n, const cb_expr *pairs,
                              cb_site at)
{
    return edge((edging){.kind = EDGE_CONSTANT,
                         .f = f.p,
                         .src = src.p,
                         .value = value,
                         .n = n,
                         .pairs = pairs,
                         .at = at});
}
