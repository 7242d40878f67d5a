/* lower/hoist.c: pass `hoist`: storage is allocated further out than it is used.
 *
 *     for y in [0, h)                            allocate f: i32[max over y of n(y)]
 *       allocate f: i32[n(y)]           =>         for y in [0, h)
 *         produce f ... consume f                    produce f ... consume f
 *
 * hoist_storage() moves the allocation only. What is computed and kept does not change: strides and mins
 * are those of each iteration, and the size is the largest that any iteration needs, found from the
 * ranges of the loops that are crossed. Those are never parallel (dsl/resolve_places.c).
 */
#include "lower.h"

#include <string.h>

typedef struct crossing { /* what lies between the place and the ALLOCATE: a loop, or a let */
    ir_sym sym;
    const ir *min, *extent; /* loop */
    const ir *value;        /* let */
} crossing;

typedef struct hoister {
    low *L;
    const low_func *f;
    bool root; /* to outside of all loops; else to the body of a loop of f->hoists */
    bool inside; /* the place was passed */
    vec(crossing) between;
    vec(const ir *) moved; /* ALLOCATEs with their new size */
} hoister;

static bool is_of(const low_func *f, ir_sym buffer)
{
    for (uint32_t v = 0; v < f->nvalues; v++)
        if (f->buffer && f->buffer[v] == buffer)
            return true;
    return false;
}

static void refuse(hoister *w, const ir *size)
{
    cb_context *c = w->L->ctx;
    const directive *from = w->f->plan->hoist.from;
    diag *g = low_error(w->L, DIAG_STORE_LEVEL, from->loc,
                        "the size of '%s' depends on data that is not known there: %s elements",
                        w->f->name, ir_text(c, size));
    if (from->excerpt)
        diag_excerpt(&c->diags, g, from->excerpt, from->loc.col ? from->loc.col - 1 : 0,
                     from->loc.col ? (int)strlen("hoist_storage") : 0);
    diag_help(&c->diags, g, "hoist to a loop further in, or bound the storage with bound_storage()");
    low_moves(w->L, g, from);
    diag_end(&c->diags, g);
}

/* The largest value of e over the loops crossed; NULL: there is no bound. */
static const ir *largest(hoister *w, const ir *e)
{
    cb_context *c = w->L->ctx;
    map names = {0};
    facts *known = facts_new(c, NULL);
    for (uint32_t i = 0; i < w->between.n; i++) {
        const crossing *k = &w->between.at[i];
        if (k->value)
            map_putp(c->a, &names, (const void *)(uintptr_t)k->sym, ir_substitute(c, k->value, &names));
        else
            facts_range(known, k->sym, ir_substitute(c, k->min, &names),
                        ir_addi(c, ir_substitute(c, ir_add(c, k->min, k->extent), &names), -1));
    }
    e = simplify(c, ir_substitute(c, e, &names), known);
    for (uint32_t i = w->between.n; i-- > 0 && e;) {
        const crossing *k = &w->between.at[i];
        if (k->value)
            continue;
        interval_env *E = interval_env_new(c, NULL, NULL);
        const ir *last = ir_addi(c, ir_add(c, k->min, k->extent), -1);
        interval_bind(E, k->sym, ir_substitute(c, k->min, &names), ir_substitute(c, last, &names));
        e = interval_of(E, e).hi;
        e = e ? simplify(c, e, known) : NULL;
    }
    for (uint32_t i = 0; i < w->between.n && e; i++)
        if (ir_uses(c, e, w->between.at[i].sym))
            e = NULL;
    return e;
}

static const ir *hoist_node(ir_mapper *m, const ir *n);

/* An ALLOCATE of the Func: taken away, remembered with the size it has out there. */
static const ir *take_away(ir_mapper *m, const ir *n)
{
    hoister *w = m->env;
    cb_context *c = m->ctx;
    const ir *size = largest(w, n->arg[0]);
    if (!size) {
        refuse(w, n->arg[0]);
        size = ir_i64(c, 0);
    }
    size = ir_max(c, size, ir_i64(c, 0));
    vec_push(c->a, &w->moved,
             ir_with_args(c, n, (const ir *[]){simplify(c, size, NULL), ir_bool(c, true), n->arg[2]}));
    return ir_apply(m, n->arg[2]);
}

static const ir *put_here(hoister *w, const ir *body)
{
    cb_context *c = w->L->ctx;
    for (uint32_t i = w->moved.n; i-- > 0 && body;) {
        const ir *a = w->moved.at[i];
        body = ir_with_args(c, a, (const ir *[]){a->arg[0], a->arg[1], body});
    }
    w->moved.n = 0;
    return body;
}

static bool is_place(const low_func *f, ir_sym loop)
{
    for (uint32_t i = 0; i < f->nhoists; i++)
        if (f->hoists[i].stage->loops[f->hoists[i].loop].sym == loop)
            return true;
    return false;
}

static const ir *hoist_for(ir_mapper *m, const ir *n)
{
    hoister *w = m->env;
    cb_context *c = m->ctx;
    bool here = !w->root && !w->inside && is_place(w->f, for_sym(n));
    if (!here && w->inside)
        vec_push(c->a, &w->between, (crossing){for_sym(n), for_min(n), for_extent(n), NULL});
    bool outer = w->inside;
    w->inside |= here;
    const ir *body = ir_apply(m, for_body(n));
    w->inside = outer;
    if (here)
        body = put_here(w, body);
    else if (w->inside)
        (void)vec_pop(&w->between);
    return ir_with_args(c, n, (const ir *[]){for_min(n), for_extent(n), body});
}

static const ir *hoist_node(ir_mapper *m, const ir *n)
{
    hoister *w = m->env;
    if (!ir_is_stmt(n))
        return n;
    if (n->op == IR_ALLOCATE && is_of(w->f, n->u.info->sym)) /* else the place was a loop of one iteration */
        return w->inside ? take_away(m, n) : ir_map(m, n);
    bool root = w->root && !w->inside && (n->op == IR_FOR || n->op == IR_PRODUCE || n->op == IR_ALLOCATE);
    if (root) {
        w->inside = true;
        const ir *all = put_here(w, hoist_node(m, n));
        w->inside = false;
        return all;
    }
    if (n->op == IR_FOR)
        return hoist_for(m, n);
    if (n->op == IR_LET_STMT && w->inside) {
        vec_push(m->ctx->a, &w->between, (crossing){n->u.info->sym, NULL, NULL, n->arg[0]});
        const ir *r = ir_map(m, n);
        (void)vec_pop(&w->between);
        return r;
    }
    return ir_map(m, n);
}

void low_hoist(low *L)
{
    for (uint32_t i = 0; i < L->funcs.n; i++) {
        const low_func *f = L->funcs.at[i];
        if (!f->plan || !f->plan->hoist.from || !f->buffer)
            continue;
        hoister w = {.L = L, .f = f, .root = !f->hoists[0].stage};
        ir_mapper m = {.ctx = L->ctx, .fn = hoist_node, .env = &w};
        L->body = ir_apply(&m, L->body);
    }
}
